#!/bin/sh
# Starts a real Docker Engine for the contract suite: installs Debian's docker.io where dockerd is missing and starts it by hand
# (as root, no init system needed), on a unix socket only. Running it again while it answers changes nothing.
#
#   .ci/docker-engine.sh start | stop | status
#
# DOCKER_ENGINE_SOCKET     socket to listen on             (default /var/run/docker.sock)
# DOCKER_ENGINE_DATA_ROOT  where images and volumes lie    (default /var/lib/docker)
# DOCKER_ENGINE_RUN_DIR    pid file, log, exec root        (default /var/run/clawkeep-docker)
set -eu

SOCKET="${DOCKER_ENGINE_SOCKET:-/var/run/docker.sock}"
DATA_ROOT="${DOCKER_ENGINE_DATA_ROOT:-/var/lib/docker}"
RUN_DIR="${DOCKER_ENGINE_RUN_DIR:-/var/run/clawkeep-docker}"
PID_FILE="$RUN_DIR/dockerd.pid"
LOG_FILE="$RUN_DIR/dockerd.log"
ANSWER_SECONDS=60
STOP_SECONDS=30

say() { echo "docker-engine: $*"; }
answers() { curl -fsS --max-time 3 --unix-socket "$SOCKET" http://docker/_ping >/dev/null 2>&1; }
ours_runs() { [ -s "$PID_FILE" ] && kill -0 "$(cat "$PID_FILE")" 2>/dev/null; }

install_engine() {
  missing=''
  command -v dockerd >/dev/null 2>&1 || missing='docker.io'
  command -v curl >/dev/null 2>&1 || missing="$missing curl"
  command -v iptables >/dev/null 2>&1 || missing="$missing iptables"
  [ -n "$missing" ] || return 0
  say "installing $missing"
  # A package that starts its service while being installed would take the socket from us.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  # shellcheck disable=SC2086 # a list of package names
  apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update >/dev/null
    # shellcheck disable=SC2086
    apt-get install -y --no-install-recommends $missing >/dev/null
  }
}

start() {
  if answers; then say "already answers at $SOCKET"; return 0; fi
  [ "$(id -u)" -eq 0 ] || { say 'must be root to start dockerd' >&2; exit 1; }
  install_engine
  mkdir -p "$RUN_DIR" "$DATA_ROOT"
  if ours_runs; then
    say 'dockerd runs but does not answer yet'
  else
    rm -f "$PID_FILE"
    # Small subnets: the default pools hold about 30 networks, and every instance has its own.
    # setsid: the engine outlives this script and the shell that called it.
    setsid dockerd --host "unix://$SOCKET" --data-root "$DATA_ROOT" --exec-root "$RUN_DIR/exec" --pidfile "$PID_FILE" \
      --default-address-pool base=10.201.0.0/16,size=28 --live-restore --icc=false --log-level warn \
      >>"$LOG_FILE" 2>&1 </dev/null &
  fi
  waited=0
  until answers; do
    waited=$((waited + 1))
    if [ "$waited" -gt "$ANSWER_SECONDS" ]; then
      say "no answer after $ANSWER_SECONDS s; last lines of $LOG_FILE:" >&2
      tail -n 20 "$LOG_FILE" >&2
      exit 1
    fi
    sleep 1
  done
  say "answers at $SOCKET"
}

stop() {
  if ! ours_runs; then say 'not started by this script, nothing to stop'; return 0; fi
  pid="$(cat "$PID_FILE")"
  kill -TERM "$pid"
  waited=0
  while kill -0 "$pid" 2>/dev/null; do
    waited=$((waited + 1))
    if [ "$waited" -gt "$STOP_SECONDS" ]; then say "did not stop within $STOP_SECONDS s" >&2; exit 1; fi
    sleep 1
  done
  rm -f "$PID_FILE"
  say 'stopped'
}

case "${1:-start}" in
  start) start ;;
  stop) stop ;;
  status) if answers; then say "answers at $SOCKET"; else say "no answer at $SOCKET"; exit 1; fi ;;
  *) echo "usage: $0 start|stop|status" >&2; exit 2 ;;
esac
