import { Button, TextInput } from '@mantine/core';
import { useDeferredValue, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { useFormats } from '../i18n/Provider.js';
import '../theme/mono.css';
import classes from './LogView.module.css';
import { Status, type Tone } from './Status.js';

export interface LogLine {
  /** Grows by one a line, so that what has been seen can be counted. */
  readonly seq: number;
  readonly at: string | null;
  readonly text: string;
}

/** `silent`: connected, but nothing has come yet. */
export type LogState = 'connecting' | 'silent' | 'lines' | 'cut' | 'ended';
const TONES: Record<LogState, Tone> = { connecting: 'info', silent: 'ok', lines: 'ok', cut: 'warn', ended: 'idle' };

interface LogViewProps {
  readonly lines: readonly LogLine[];
  readonly state: LogState;
  readonly label: string;
  /** File name of the download, without a path. */
  readonly fileName: string;
}

/** Close enough to the end to be "at the end", in pixels. */
const AT_END_PX = 24;
const levelOf = (text: string) => (/\b(error|fatal)\b/i.test(text) ? 'error' : /\bwarn(ing)?\b/i.test(text) ? 'warn' : undefined);

/** Log lines that follow only while the reader is at the end; otherwise new lines are counted and offered. */
export function LogView({ lines, state, label, fileName }: LogViewProps) {
  const t = useTranslations('instance.logs');
  const format = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const [wrap, setWrap] = useState(true);
  const [search, setSearch] = useState('');
  const needle = useDeferredValue(search.trim().toLowerCase());
  const last = lines.at(-1)?.seq ?? 0;

  const shown = useMemo(() => {
    const upTo = pausedAt === null ? lines : lines.filter((line) => line.seq <= pausedAt);
    return needle === '' ? upTo : upTo.filter((line) => line.text.toLowerCase().includes(needle));
  }, [lines, needle, pausedAt]);

  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (following && pausedAt === null) setSeen(last);
  }, [following, last, pausedAt]);
  useLayoutEffect(() => {
    if (following && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [following, shown]);

  const onScroll = () => {
    const element = box.current;
    if (element !== null) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX);
  };
  const toEnd = () => {
    setPausedAt(null);
    setFollowing(true);
  };
  const download = () => {
    const text = lines.map((line) => `${line.at ?? ''} ${line.text}`.trimStart()).join('\n');
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = fileName;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  const newer = following && pausedAt === null ? 0 : Math.max(0, last - seen);

  return (
    <div>
      <div className={classes.tools}>
        <TextInput className={classes.search} size="sm" type="search" aria-label={t('search')} placeholder={t('search')} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <Button size="sm" variant="default" aria-pressed={pausedAt !== null} onClick={() => (pausedAt === null ? setPausedAt(last) : toEnd())}>{pausedAt === null ? t('pause') : t('follow')}</Button>
        <Button size="sm" variant="default" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>{wrap ? t('noWrap') : t('wrap')}</Button>
        <Button size="sm" variant="default" onClick={download} disabled={lines.length === 0}>{t('download')}</Button>
        <span className={classes.state}><Status tone={TONES[state]} pulse={state === 'connecting'}>{t(`state.${state}`)}</Status></span>
      </div>
      <div className={classes.frame}>
        <div ref={box} className={classes.log} data-wrap={wrap} onScroll={onScroll} tabIndex={0} role="region" aria-label={label}>
          {shown.map((line) => (
            <div key={line.seq} className={classes.line} data-level={levelOf(line.text)}>
              {line.at !== null && <time dateTime={line.at}>{format.instant(line.at, 'clock')}</time>}
              <span>{line.text}</span>
            </div>
          ))}
          {shown.length === 0 && <p className={classes.note}>{needle === '' ? t(`empty.${state}`) : t('noMatch')}</p>}
        </div>
        {newer > 0 && <Button className={classes.newer} size="xs" onClick={toEnd}>{t('newLines', { count: newer })}</Button>}
      </div>
    </div>
  );
}
