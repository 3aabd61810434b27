import { NativeSelect, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'use-intl';
import { updateMe, type ProfilePatch } from '../../api/account.js';
import { asProblem } from '../../api/errors.js';
import type { Me } from '../../api/types.js';
import { i18n, LOCALES, type Locale } from '../../i18n/locale.js';
import { useLocale } from '../../i18n/Provider.js';
import { layout } from '../../ui/Layout.js';
import { Card } from '../../ui/Page.js';
import { toast } from '../../ui/Toasts.js';
import { useProblemText } from '../../ui/useProblemText.js';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/** Language, appearance and zone: taken over at once, and kept in the profile for the next device. */
export function DisplayCard({ me }: { readonly me: Me }) {
  const t = useTranslations('settings.display');
  const common = useTranslations('common');
  const text = useProblemText();
  const locale = useLocale();
  const queries = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const mutation = useMutation({
    mutationFn: (patch: ProfilePatch) => updateMe(patch),
    onSuccess: (next) => {
      queries.setQueryData(['me'], next);
      toast(t('saved'));
    },
    onError: (error) => toast(text(asProblem(error))),
  });
  const zones = [...new Set([me.timeZone, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
  return (
    <Card title={t('title')}>
      <div className={layout.form}>
        <NativeSelect
          label={t('language')}
          value={locale}
          data={LOCALES.map((value) => ({ value, label: common(`languages.${value}`) }))}
          onChange={(event) => {
            const next = event.currentTarget.value as Locale;
            void i18n.setLocale(next);
            mutation.mutate({ locale: next });
          }}
        />
        <NativeSelect
          label={t('theme')}
          value={colorScheme}
          data={THEMES.map((value) => ({ value, label: t(`themes.${value}`) }))}
          onChange={(event) => {
            const next = event.currentTarget.value as Theme;
            setColorScheme(next);
            mutation.mutate({ theme: next });
          }}
        />
        <NativeSelect
          label={t('timeZone')}
          description={t('timeZoneHint')}
          value={me.timeZone}
          data={zones}
          onChange={(event) => mutation.mutate({ timeZone: event.currentTarget.value })}
        />
      </div>
    </Card>
  );
}
