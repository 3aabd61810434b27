import classes from './Brand.module.css';

/** Mark and name, leading to `href`. */
export function Brand({ href }: { readonly href: string }) {
  return (
    <a className={classes.brand} href={href}>
      <img src="/favicon.svg" width={28} height={28} alt="" />
      Clawkeep
    </a>
  );
}
