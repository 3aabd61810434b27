import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { i18n, type Part } from './locale.js';

/** A part of a page that comes with its own code and words when it is first shown; `preload` fetches both on hover or focus. */
export interface LazyPart<P> {
  readonly Part: LazyExoticComponent<ComponentType<P>>;
  readonly preload: () => void;
}

export function lazyPart<P>(words: Part, load: () => Promise<{ readonly default: ComponentType<P> }>): LazyPart<P> {
  const both = async () => {
    const [module] = await Promise.all([load(), i18n.ensure(words)]);
    return module;
  };
  // A hover that finds no network fails silently: the click tries again and tells.
  return { Part: lazy(both), preload: () => void both().catch(() => undefined) };
}
