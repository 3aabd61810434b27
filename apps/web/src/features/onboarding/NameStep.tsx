import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { availabilityQuery } from '../../api/instances.js';
import { useFields } from '../../ui/fields.js';
import { useDebounced } from '../../ui/useDebounced.js';
import { isSubdomain, subdomainFrom, type WizardDraft } from './draft.js';
import classes from './Wizard.module.css';
import { WizardPage } from './WizardLayout.js';

interface NameStepProps {
  readonly draft: WizardDraft;
  readonly onChange: (patch: Partial<WizardDraft>) => void;
  readonly onNext: () => void;
}

const SETTLE_MS = 300;

/** Whether the address is free, asked while it is typed; the last word comes when the assistant is created. */
function useAvailability(subdomain: string): { tone: 'ok' | 'bad' | 'idle'; key: 'checking' | 'free' | 'taken' | 'reserved' | 'unknown' } | null {
  const settled = useDebounced(subdomain, SETTLE_MS);
  const query = useQuery({ ...availabilityQuery(settled), enabled: isSubdomain(settled) });
  if (!isSubdomain(subdomain)) return null;
  if (settled !== subdomain || query.isPending) return { tone: 'idle', key: 'checking' };
  if (query.isError) return { tone: 'idle', key: 'unknown' };
  if (query.data.available) return { tone: 'ok', key: 'free' };
  return { tone: 'bad', key: /reserved/i.test(query.data.reason ?? '') ? 'reserved' : 'taken' };
}

export function NameStep({ draft, onChange, onNext }: NameStepProps) {
  const t = useTranslations('onboarding.name');
  const common = useTranslations('common');
  // The address follows the name until somebody writes one.
  const [own, setOwn] = useState(draft.subdomain !== '' && draft.subdomain !== subdomainFrom(draft.name));
  const { values, set, form, field } = useFields({
    initial: { name: draft.name, subdomain: draft.subdomain },
    check: ({ name, subdomain }) => ({
      name: name.trim() === '' ? t('nameMissing') : [...name.trim()].length > 60 ? t('nameLong') : null,
      subdomain: !isSubdomain(subdomain) ? t('subdomainShape') : availability?.tone === 'bad' ? t(availability.key, { subdomain }) : null,
    }),
    onSubmit: ({ name, subdomain }) => {
      onChange({ name: name.trim(), subdomain });
      onNext();
    },
  });
  const availability = useAvailability(values.subdomain);
  const name = field('name');
  const address = field('subdomain');
  return (
    <WizardPage step="name" title={t('title')} lead={t('lead')}>
      <form {...form} className={classes.form}>
        <div className={classes.card}>
          <TextInput
            {...name}
            label={t('name')}
            autoComplete="off"
            onChange={(event) => {
              const next = event.currentTarget.value;
              name.onChange(event);
              const patch = own ? {} : { subdomain: subdomainFrom(next) };
              set({ name: next, ...patch });
              onChange({ name: next, ...patch });
            }}
          />
          <div>
            <TextInput
              {...address}
              label={t('subdomain')}
              description={t('hint')}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => {
                const next = event.currentTarget.value.toLowerCase().replace(/\s/g, '-');
                setOwn(next !== '');
                address.onChange(event);
                set({ subdomain: next });
                onChange({ subdomain: next });
              }}
            />
            <p className={classes.live} data-tone={availability?.tone} role="status">
              {availability !== null && address.error === null && t(availability.key, { subdomain: values.subdomain })}
            </p>
          </div>
        </div>
        <div className={classes.foot}>
          <Button component={Link} to="/app/new/key" variant="default" size="md">{common('back')}</Button>
          <Button type="submit" size="md">{common('continue')}</Button>
        </div>
      </form>
    </WizardPage>
  );
}
