import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { openCheckout } from '../../api/billing.js';
import { asProblem, type ProblemError } from '../../api/errors.js';
import { createInstance } from '../../api/instances.js';
import { PROVIDER_NAMES } from '../../api/providers.js';
import type { Plan, Provider, ProviderKey } from '../../api/types.js';
import { Mono } from '../../ui/Layout.js';
import { Notice } from '../../ui/Status.js';
import { useProblemText } from '../../ui/useProblemText.js';
import { chosenPrice, type WizardDraft, type WizardStep } from './draft.js';
import { usePlanWords } from './plan-words.js';
import classes from './Wizard.module.css';
import { WizardPage } from './WizardLayout.js';

interface ReviewStepProps {
  readonly draft: WizardDraft;
  readonly plan: Plan;
  readonly providerKey: ProviderKey | undefined;
  /** The person came back from the pay page without paying. */
  readonly canceled: boolean;
  /** The assistant is being set up (a free plan): show it. */
  readonly onCreated: (instanceId: string) => void;
  readonly onPay: (checkoutUrl: string) => void;
}

interface FieldRow {
  readonly step: WizardStep;
  readonly name: string;
  readonly value: ReactNode;
}

export function ReviewStep({ draft, plan, providerKey, canceled, onCreated, onPay }: ReviewStepProps) {
  const t = useTranslations('onboarding.review');
  const common = useTranslations('common');
  const words = usePlanWords();
  const queries = useQueryClient();
  const price = chosenPrice(plan, draft.priceId);
  const provider = draft.provider as Provider;

  const mutation = useMutation({
    mutationFn: async () => {
      const wish = { name: draft.name, subdomain: draft.subdomain, planId: plan.id, provider, ...(draft.model === '' ? {} : { model: draft.model }) };
      // The same wish again answers with the same instance, so a second try never makes a second one.
      const instance = await createInstance(wish);
      if (instance.next !== 'checkout') return { instanceId: instance.id, checkoutUrl: null };
      const { checkoutUrl } = await openCheckout({ planId: plan.id, instanceId: instance.id, ...(price === null ? {} : { priceId: price.id }) });
      return { instanceId: instance.id, checkoutUrl };
    },
    onSuccess: ({ instanceId, checkoutUrl }) => (checkoutUrl === null ? onCreated(instanceId) : onPay(checkoutUrl)),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ['instances'] }), queries.invalidateQueries({ queryKey: ['me'] })]),
  });
  const problem = mutation.isError ? asProblem(mutation.error) : null;

  const rows: readonly FieldRow[] = [
    { step: 'plan', name: t('plan'), value: plan.name },
    { step: 'key', name: t('key'), value: <>{PROVIDER_NAMES[provider]}, {draft.model}{providerKey !== undefined && <> <Mono>{providerKey.masked}</Mono></>}</> },
    { step: 'name', name: t('name'), value: draft.name },
    { step: 'name', name: t('address'), value: <Mono>{draft.subdomain}</Mono> },
  ];
  const money = price === null ? null : { price: words.price(price), interval: words.every(price) };
  const trial = price !== null && plan.trialHours > 0;
  return (
    <WizardPage step="review" title={price === null ? t('titleFree') : t('title')} lead={price === null ? t('leadFree') : t('lead')}>
      {canceled && problem === null && <Notice tone="info" title={t('canceledTitle')}>{t('canceled')}</Notice>}
      {problem !== null && <Refused problem={problem} />}
      <dl className={`${classes.card} ${classes.rows}`}>
        {rows.map((row) => (
          <div key={row.name} className={classes.row}>
            <dt>{row.name}</dt>
            <dd>{row.value}</dd>
            <dd><Link to="/app/new/$step" params={{ step: row.step }} aria-label={`${t('change')}: ${row.name}`}>{t('change')}</Link></dd>
          </div>
        ))}
        <div className={classes.row} data-total="true">
          <dt>{t('today')}</dt>
          <dd>{price === null || trial ? t('nothing') : words.price(price)}</dd>
        </div>
        {money !== null && (
          <div className={classes.row}>
            <dt>{t('then')}</dt>
            <dd>{trial ? t('thenValue', { ...money, hours: plan.trialHours }) : t('thenNow', money)}</dd>
          </div>
        )}
      </dl>
      {price !== null && <p className={classes.trial}>{t('cancelAny')}</p>}
      <div className={classes.foot}>
        <Button component={Link} to="/app/new/name" variant="default" size="md">{common('back')}</Button>
        <Button size="md" variant={price === null ? 'filled' : 'cta'} loading={mutation.isPending || (mutation.isSuccess && mutation.data.checkoutUrl !== null)} onClick={() => mutation.mutate()}>
          {price === null ? t('create') : t('pay')}
        </Button>
      </div>
    </WizardPage>
  );
}

/** Why it did not go on; each reason with the way out of it. */
function Refused({ problem }: { readonly problem: ProblemError }) {
  const t = useTranslations('onboarding.review');
  const text = useProblemText();
  switch (problem.code) {
    case 'NO_CAPACITY':
      return <Notice tone="warn" live="assertive" title={t('noCapacityTitle')}>{t('noCapacity')}</Notice>;
    case 'INSTANCE_LIMIT':
    case 'ALREADY_SUBSCRIBED':
      return <Notice tone="warn" live="assertive" title={t('existsTitle')} actions={<Button component={Link} to="/app" size="xs" variant="default">{t('openHome')}</Button>}>{t('exists')}</Notice>;
    case 'PROVIDER_KEY_MISSING':
      return <Notice tone="bad" live="assertive" actions={<Button component={Link} to="/app/new/key" size="xs" variant="default">{t('change')}</Button>}>{t('keyMissing')}</Notice>;
    case 'NAME_TAKEN':
    case 'SUBDOMAIN_TAKEN':
      return <Notice tone="bad" live="assertive" actions={<Button component={Link} to="/app/new/name" size="xs" variant="default">{t('change')}</Button>}>{text(problem)}</Notice>;
    default:
      return <Notice tone="bad" live="assertive">{[text(problem), ...Object.values(problem.fields)].join(' ')}</Notice>;
  }
}
