import { describe, expect, it } from 'vitest';
import { EMPTY, reduceTranscript, restTranscript, type TranscriptAction } from '../../src/features/chat/transcript.js';
import { splitBlocks } from '../../src/ui/markdown-blocks.js';

const play = (...actions: TranscriptAction[]) => actions.reduce(reduceTranscript, EMPTY);
const send = { type: 'send', id: 'm1', text: 'hello' } as const;

describe('transcript', () => {
  it('goes from sending over answering to sent', () => {
    expect(play(send).messages).toEqual([{ id: 'm1', from: 'me', text: 'hello', state: 'sending' }]);
    const streaming = play(send, { type: 'delta', id: 'm1', text: 'Hi' }, { type: 'delta', id: 'm1', text: ' there' });
    expect(streaming.messages.map(({ text, state }) => [text, state])).toEqual([['hello', 'sent'], ['Hi there', 'answering']]);
    const done = reduceTranscript(streaming, { type: 'done', id: 'm1', conversationId: 'c1' });
    expect(done).toMatchObject({ conversationId: 'c1', messages: [{ state: 'sent' }, { state: 'sent' }] });
  });
  it('tells a message that was never sent from an answer that broke off', () => {
    expect(play(send, { type: 'fail', id: 'm1', reason: 'down' }).messages).toMatchObject([{ from: 'me', state: 'failed', reason: 'down' }]);
    const broken = play(send, { type: 'delta', id: 'm1', text: 'Hi' }, { type: 'fail', id: 'm1', reason: 'down' });
    expect(broken.messages).toMatchObject([{ from: 'me', state: 'sent' }, { from: 'assistant', text: 'Hi', state: 'failed' }]);
  });
  it('shows a message sent again once', () => {
    expect(play(send, { type: 'fail', id: 'm1', reason: 'down' }, send).messages).toHaveLength(1);
  });
  it('leaves nothing in flight after a reload', () => {
    const rest = restTranscript(play(send, { type: 'delta', id: 'm1', text: 'Hi' }));
    expect(rest.messages.map(({ state }) => state)).toEqual(['sent', 'stopped']);
  });
});

describe('splitBlocks', () => {
  it('cuts at blank lines but not in code or inside a list', () => {
    expect(splitBlocks('one\n\ntwo')).toHaveLength(2);
    expect(splitBlocks('```\na\n\nb\n```')).toHaveLength(1);
    expect(splitBlocks('- a\n\n- b\n\n  more')).toHaveLength(1);
  });
  it('loses no line', () => {
    const text = '# a\n\ntext\n\n```js\nx\n\ny\n```\n\n| a |\n| - |\n| b |';
    expect(splitBlocks(text).join('\n').replace(/\n+/g, '\n')).toBe(text.replace(/\n+/g, '\n'));
  });
});
