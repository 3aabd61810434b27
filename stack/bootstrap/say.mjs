/** Plain words on the screen, before and after anything is installed. */

const started = process.hrtime.bigint();
const seconds = () => (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1).padStart(6);

/** One line with the seconds since the start in front. */
export function say(line) {
  process.stdout.write(`${seconds()}s  ${line}\n`);
}

/**
 * Runs a long step and says every two seconds that it is still at work.
 * @template T
 * @param {string} what what is being done, for a person
 * @param {(progress: (detail: string) => void) => Promise<T>} work gets a function that sets the detail behind the line
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const begin = Date.now();
  let detail = '';
  say(`${what} …`);
  const timer = setInterval(() => say(`${what} … ${Math.round((Date.now() - begin) / 1000)} s${detail === '' ? '' : `, ${detail}`}`), 2_000);
  try {
    const result = await work((text) => { detail = text; });
    if (Date.now() - begin > 2_000) say(`${what}: done in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
