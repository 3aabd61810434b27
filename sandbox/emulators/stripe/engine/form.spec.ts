import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForm, splitKey } from './form.js';

describe('Stripe’s form encoding', () => {
  it('nests objects and arrays', () => {
    const parsed = parseForm('a=1&b[c]=2&b[d][e]=3&list[]=x&list[]=y&items[0][price]=p1&items[0][quantity]=2&items[1][price]=p2&sp+ace=%2B%20');
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({ a: '1', b: { c: '2', d: { e: '3' } }, list: ['x', 'y'], items: { 0: { price: 'p1', quantity: '2' }, 1: { price: 'p2' } }, 'sp ace': '+ ' });
  });

  it('starts a new element where an unindexed array of objects repeats a name', () => {
    expect(JSON.parse(JSON.stringify(parseForm('i[][p]=1&i[][q]=2&i[][p]=3')))).toEqual({ i: [{ p: '1', q: '2' }, { p: '3' }] });
  });

  it('takes broken brackets as part of the name', () => {
    expect(splitKey('a[b')).toEqual(['a[b']);
    expect(splitKey('a[b]c')).toEqual(['a[b]c']);
    expect(splitKey('a[b][]')).toEqual(['a', 'b', '']);
  });

  it('never touches a prototype and never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseForm(text)));
    parseForm('__proto__[polluted]=1&constructor[prototype][polluted]=1');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
