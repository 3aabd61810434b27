/**
 * A number from 0 to 1 that depends on the seed, the customer and what is asked, and on nothing else: not on how many draws came before. So two policies meet the very same
 * people, and only what the policies do differs. FNV-1a over the words, mixed by the finalizer of MurmurHash3.
 */
export function draw(seed: number, customer: number, what: string): number {
  let hash = Math.imul(seed ^ 0x811c9dc5, 0x01000193) ^ Math.imul(customer + 1, 0x9e3779b1);
  for (let index = 0; index < what.length; index += 1) hash = Math.imul(hash ^ what.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 4_294_967_296;
}
