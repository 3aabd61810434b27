import { createFileRoute, redirect, useNavigate } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { plansQuery, subscriptionQuery } from '../api/billing.js';
import { instancesQuery, modelsQuery, providerKeysQuery } from '../api/instances.js';
import { dropDraft, firstOpenStep, isWizardStep, loadDraft, saveDraft, WIZARD_STEPS, type WizardDraft } from '../features/onboarding/draft.js';
import { KeyStep } from '../features/onboarding/KeyStep.js';
import { NameStep } from '../features/onboarding/NameStep.js';
import { PlanStep } from '../features/onboarding/PlanStep.js';
import { ReviewStep } from '../features/onboarding/ReviewStep.js';
import { WizardLayout } from '../features/onboarding/WizardLayout.js';

export const Route = createFileRoute('/app/new/$step')({
  validateSearch: ({ canceled }: Record<string, unknown>): { canceled?: true } => (canceled === undefined ? {} : { canceled: true }),
  loader: async ({ context: { queryClient }, params }) => {
    if (!isWizardStep(params.step)) throw redirect({ to: '/app/new/$step', params: { step: 'plan' } });
    const [plans, keys, , instances] = await Promise.all([
      queryClient.ensureQueryData(plansQuery()), queryClient.ensureQueryData(providerKeysQuery()), queryClient.ensureQueryData(modelsQuery()), queryClient.ensureQueryData(instancesQuery()),
      queryClient.ensureQueryData(subscriptionQuery()),
    ]);
    let draft = loadDraft();
    // An assistant that waits for its payment: its answers are the draft, whichever device began it.
    const waiting = instances.find(({ status }) => status === 'awaiting_payment');
    if (waiting !== undefined && draft.name === '') {
      draft = { ...draft, planId: waiting.planId, provider: waiting.provider, model: waiting.model, name: waiting.name, subdomain: waiting.subdomain };
    }
    saveDraft(draft);
    // Nobody is let past a question that has no answer yet.
    const open = firstOpenStep(draft, keys.map(({ provider }) => provider), plans);
    if (WIZARD_STEPS.indexOf(params.step) > WIZARD_STEPS.indexOf(open)) throw redirect({ to: '/app/new/$step', params: { step: open }, replace: true });
    return { step: params.step };
  },
  component: Wizard,
});

function Wizard() {
  const { step } = Route.useLoaderData();
  const { canceled } = Route.useSearch();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(loadDraft);
  const { data: sold } = useSuspenseQuery(plansQuery());
  const { data: { trialUsed } } = useSuspenseQuery(subscriptionQuery());
  // A trial is given once: nobody is promised a second one and then charged at once.
  const plans = trialUsed ? sold.map((plan) => ({ ...plan, trialHours: 0 })) : sold;
  const { data: keys } = useSuspenseQuery(providerKeysQuery());
  const { data: models } = useSuspenseQuery(modelsQuery());
  const change = (patch: Partial<WizardDraft>) => setDraft((old) => {
    const next = { ...old, ...patch };
    saveDraft(next);
    return next;
  });
  const go = (next: (typeof WIZARD_STEPS)[number]) => () => void navigate({ to: '/app/new/$step', params: { step: next } });
  const plan = plans.find(({ id }) => id === draft.planId);
  return (
    <WizardLayout narrow={step !== 'plan'}>
      {step === 'plan' && <PlanStep draft={draft} plans={plans} onChange={change} onNext={go('key')} />}
      {step === 'key' && <KeyStep draft={draft} models={models} keys={keys} onChange={change} onNext={go('name')} />}
      {step === 'name' && <NameStep draft={draft} onChange={change} onNext={go('review')} />}
      {step === 'review' && plan !== undefined && (
        <ReviewStep
          draft={draft}
          plan={plan}
          providerKey={keys.find(({ provider }) => provider === draft.provider)}
          canceled={canceled === true}
          onCreated={(instanceId) => {
            dropDraft();
            void navigate({ to: '/app/instances/$instanceId', params: { instanceId }, replace: true });
          }}
          onPay={(checkoutUrl) => window.location.assign(checkoutUrl)}
        />
      )}
    </WizardLayout>
  );
}
