import type { CSSProperties, ReactNode } from 'react';
import classes from './layout.module.css';

/** Children under each other; `gap` in rem. */
export function Stack({ gap = 1, children }: { readonly gap?: number; readonly children: ReactNode }) {
  return <div className={classes.stack} style={{ '--gap': `${gap}rem` } as CSSProperties}>{children}</div>;
}
export const Row = ({ children }: { readonly children: ReactNode }) => <div className={classes.row}>{children}</div>;
export const Between = ({ children }: { readonly children: ReactNode }) => <div className={classes.between}>{children}</div>;
export const Meta = ({ children }: { readonly children: ReactNode }) => <p className={classes.meta}>{children}</p>;
export const Soft = ({ children }: { readonly children: ReactNode }) => <p className={classes.soft}>{children}</p>;
export const Strong = ({ children }: { readonly children: ReactNode }) => <span className={classes.strong}>{children}</span>;
export const Mono = ({ children }: { readonly children: ReactNode }) => <span className={classes.mono}>{children}</span>;
export const VisuallyHidden = ({ children }: { readonly children: ReactNode }) => <span className={classes.srOnly}>{children}</span>;

/** Names and values in two columns, under each other on a phone. */
export function Facts({ rows }: { readonly rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => [<dt key={`${name}/name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
    </dl>
  );
}

export function Bullets({ items }: { readonly items: readonly ReactNode[] }) {
  return <ul className={classes.bullets}>{items.map((item, index) => <li key={index}>{item}</li>)}</ul>;
}

export { classes as layout };
