import { memo, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { useTranslations } from 'use-intl';
import '../theme/mono.css';
import { splitBlocks } from './markdown-blocks.js';
import classes from './Markdown.module.css';

const PLUGINS = [remarkGfm];

/** A finished block never changes, so it is parsed once. */
const Block = memo(function Block({ text, components }: { readonly text: string; readonly components: Components }) {
  return <ReactMarkdown remarkPlugins={PLUGINS} components={components}>{text}</ReactMarkdown>;
});

/**
 * Markdown of a model: no HTML, links open apart, and images are named but never fetched, because the address of
 * a remote image can carry the conversation away. Always loaded lazily.
 */
export default function Markdown({ text }: { readonly text: string }) {
  const t = useTranslations('chat');
  const components = useMemo<Components>(() => ({
    a: ({ href, children }) => <a href={href} target="_blank" rel="noopener noreferrer nofollow">{children}</a>,
    img: ({ alt }) => <span className={classes.image}>{t('image', { alt: alt === undefined || alt === '' ? '…' : alt })}</span>,
    table: ({ children }) => <div className={classes.scroll} tabIndex={0} role="region" aria-label={t('table')}><table>{children}</table></div>,
    pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  }), [t]);
  return <div className={classes.markdown}>{splitBlocks(text).map((block, index) => <Block key={index} text={block} components={components} />)}</div>;
}
