import { useTranslations } from 'use-intl';
import type { InstanceStep } from '../../api/types.js';
import { useFormats } from '../../i18n/Provider.js';
import { VisuallyHidden } from '../../ui/Layout.js';
import { Steps } from '../../ui/Steps.js';
import { useNow } from '../../ui/Time.js';
import { currentStep, spanOf } from './steps.js';

/** The words of a step; a step that this release does not know is shown by its name, never hidden. */
export function useStepTitle(): (name: string) => string {
  const t = useTranslations('instance.steps.name');
  return (name) => (t.has(name as 'announce') ? t(name as 'announce') : name.replaceAll('_', ' '));
}

/** The steps of set-up or removal with the state and time of each; only a change of step is announced. */
export function StepList({ steps }: { readonly steps: readonly InstanceStep[] }) {
  const t = useTranslations('instance.steps');
  const title = useStepTitle();
  const format = useFormats();
  const now = useNow(steps.some((step) => step.state === 'running') ? 200 : 60_000);
  const current = currentStep(steps);
  return (
    <>
      <VisuallyHidden><span role="status">{current !== null && t('announce', { step: title(current.name), state: t(`state.${current.state}`) })}</span></VisuallyHidden>
      <Steps
        label={t('label')}
        rows={steps.map((step) => {
          const span = spanOf(step, now);
          return {
            key: step.name,
            title: title(step.name),
            state: step.state,
            stateWord: t(`state.${step.state}`),
            took: span === null || step.state === 'undone' ? null : format.span(span),
            detail: typeof step.error === 'string' && step.error !== '' ? step.error : undefined,
          };
        })}
      />
    </>
  );
}
