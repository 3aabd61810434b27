import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { Brand } from '../../ui/Brand.js';
import { usePageHeading } from '../../ui/Page.js';
import { WIZARD_STEPS, type WizardStep } from './draft.js';
import classes from './Wizard.module.css';

/** Frame of the wizard: nothing but the way on, back, and out. */
export function WizardLayout({ narrow = false, children }: { readonly narrow?: boolean; readonly children: ReactNode }) {
  const t = useTranslations('onboarding');
  return (
    <div className={classes.layout}>
      <header className={classes.top}>
        <Brand href="/app" />
        <Link className={classes.exit} to="/app">{t('exit')}</Link>
      </header>
      <main className={classes.body} data-narrow={narrow}>{children}</main>
    </div>
  );
}

interface WizardPageProps {
  readonly step: WizardStep;
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}

/** One step: where one is, its question. Steps that are done are links, so that the way back is always open. */
export function WizardPage({ step, title, lead, children }: WizardPageProps) {
  const t = useTranslations('onboarding');
  const heading = usePageHeading(title);
  const current = WIZARD_STEPS.indexOf(step);
  return (
    <>
      <nav className={classes.progress} aria-label={t('stepsLabel')}>
        {WIZARD_STEPS.map((name, index) => {
          const word = <span>{t(`steps.${name}`)}</span>;
          if (index < current) return <Link key={name} className={classes.step} data-state="done" to="/app/new/$step" params={{ step: name }} aria-label={t(`steps.${name}`)}>{word}</Link>;
          return <div key={name} className={classes.step} data-state={index === current ? 'current' : 'next'} aria-current={index === current ? 'step' : undefined}>{word}</div>;
        })}
      </nav>
      <div className={classes.head}>
        <p>{t('progress', { current: current + 1, total: WIZARD_STEPS.length })}</p>
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        <p>{lead}</p>
      </div>
      {children}
    </>
  );
}
