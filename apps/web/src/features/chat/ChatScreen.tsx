import { Button } from '@mantine/core';
import { IconPlayerStopFilled, IconSend2 } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslations } from 'use-intl';
import type { Instance } from '../../api/types.js';
import { readDraft, writeDraft } from '../../ui/drafts.js';
import { VisuallyHidden } from '../../ui/Layout.js';
import classes from './ChatScreen.module.css';
import type { ChatMessage } from './transcript.js';
import { useChat } from './useChat.js';

const Markdown = lazy(() => import('../../ui/Markdown.js'));
const SUGGESTIONS = ['a', 'b', 'c'] as const;
const AT_END_PX = 48;

interface MessageProps {
  readonly message: ChatMessage;
  readonly name: string;
  readonly onRetry: () => void;
}

function Message({ message, name, onRetry }: MessageProps) {
  const t = useTranslations('chat');
  return (
    <li className={classes.message} data-from={message.from}>
      <span className={classes.who}>{message.from === 'me' ? t('you') : name}</span>
      <div className={classes.bubble}>
        {message.from === 'me' ? message.text : <Suspense fallback={message.text}><Markdown text={message.text} /></Suspense>}
      </div>
      {message.state === 'stopped' && <span className={classes.state}>{t('state.stopped')}</span>}
      {message.state === 'failed' && (
        <span className={classes.state} data-state="failed" role="alert">
          {message.from === 'assistant' ? t('failed', { reason: message.reason ?? '' }) : `${t('state.failed')}. ${message.reason ?? ''}`}
          <button type="button" className={classes.plain} onClick={onRetry}>{t('retry')}</button>
        </span>
      )}
    </li>
  );
}

/** The conversation with the assistant. The finished answer is announced, its pieces are not. */
export function ChatScreen({ instance }: { readonly instance: Instance }) {
  const t = useTranslations('chat');
  const { messages, busy, send, stop, clear } = useChat(instance.id);
  const draftKey = `chat-draft.${instance.id}`;
  const [text, setText] = useState(() => readDraft(draftKey, { text: '' }).text);
  useEffect(() => writeDraft(draftKey, text === '' ? null : { text }), [draftKey, text]);

  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (atEnd.current && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [messages]);

  const running = instance.status === 'running';
  const last = messages.at(-1);
  const finished = last?.from === 'assistant' && last.state === 'sent' ? last.text : '';
  const submit = (message = text) => {
    if (message.trim() === '' || busy || !running) return;
    atEnd.current = true;
    send(message.trim());
    setText('');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const retry = (message: ChatMessage) => {
    const mine = message.from === 'me' ? message : messages[messages.indexOf(message) - 1];
    if (mine !== undefined) send(mine.text, message.from === 'me' ? mine.id : crypto.randomUUID());
  };

  return (
    <section className={classes.chat} aria-label={t('label', { name: instance.name })}>
      <VisuallyHidden><span role="status">{finished !== '' && t('announce', { name: instance.name, text: finished })}</span></VisuallyHidden>
      <div
        ref={log}
        className={classes.log}
        tabIndex={0}
        role="region"
        aria-label={t('label', { name: instance.name })}
        onScroll={({ currentTarget: box }) => { atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX; }}
      >
        {messages.length === 0 ? (
          <div className={classes.empty}>
            <p>{running ? t('empty', { name: instance.name }) : t('notRunning', { name: instance.name })}</p>
            {running && (
              <div className={classes.suggestions}>
                {SUGGESTIONS.map((key) => <button key={key} type="button" className={classes.suggestion} onClick={() => submit(t(`suggestions.${key}`))}>{t(`suggestions.${key}`)}</button>)}
              </div>
            )}
          </div>
        ) : (
          <ol className={classes.messages}>
            {messages.map((message) => <Message key={message.id} message={message} name={instance.name} onRetry={() => retry(message)} />)}
            {last?.state === 'sending' && (
              <li className={classes.message} data-from="assistant">
                <span className={classes.who}>{instance.name}</span>
                <span className={classes.thinking} aria-label={t('state.answering')} role="img"><i /><i /><i /></span>
              </li>
            )}
          </ol>
        )}
      </div>
      <form className={classes.composer} onSubmit={(event) => { event.preventDefault(); submit(); }}>
        {!running && messages.length > 0 && <p className={classes.under}>{t('notRunning', { name: instance.name })}</p>}
        <div className={classes.box}>
          <textarea
            className={classes.input}
            rows={1}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            placeholder={t('placeholder', { name: instance.name })}
            aria-label={t('placeholder', { name: instance.name })}
            maxLength={20_000}
          />
          {busy
            ? <Button size="md" variant="default" leftSection={<IconPlayerStopFilled size={16} aria-hidden="true" />} onClick={stop}>{t('stop')}</Button>
            : <Button size="md" type="submit" disabled={!running || text.trim() === ''} leftSection={<IconSend2 size={17} aria-hidden="true" />}>{t('send')}</Button>}
        </div>
        <div className={classes.under}>
          <span>{t('hint')}</span>
          {messages.length > 0 && <button type="button" className={classes.plain} onClick={clear}>{t('new')}</button>}
        </div>
      </form>
    </section>
  );
}
