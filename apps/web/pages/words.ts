import { createTranslator } from 'use-intl/core';
import type { Plan, PlanPrice } from '#domain/plan/plan.types.js';
import enCommon from '../locales/en/common.json';
import enOnboarding from '../locales/en/onboarding.json';
import enSite from '../locales/en/site.json';
import ruCommon from '../locales/ru/common.json';
import ruOnboarding from '../locales/ru/onboarding.json';
import ruSite from '../locales/ru/site.json';
import { formatMoney } from '../src/i18n/format.js';
import type { Locale } from '../src/i18n/locale.js';

const CATALOGUES = {
  en: { common: enCommon, onboarding: enOnboarding, site: enSite },
  ru: { common: ruCommon, onboarding: ruOnboarding, site: ruSite },
} as const;

/** Words of the public pages in one language. */
export function wordsOf(locale: Locale) {
  const messages = CATALOGUES[locale];
  const site = createTranslator({ locale, messages, namespace: 'site' });
  const plan = createTranslator({ locale, messages, namespace: 'onboarding.plan' });
  const interval = createTranslator({ locale, messages, namespace: 'common.interval' });
  const every = (price: PlanPrice) => interval(price.interval, { count: price.intervalCount });
  const money = (price: PlanPrice) => formatMoney(locale, price.amountCents, price.currency);
  return {
    locale,
    site,
    plan,
    money,
    every,
    limits: ({ limits }: Plan): string[] => [
      limits.messagesPerDay !== null ? plan('limit.messagesPerDay', { count: limits.messagesPerDay })
        : limits.messagesPerMonth !== null ? plan('limit.messagesPerMonth', { count: limits.messagesPerMonth }) : plan('limit.messagesUnlimited'),
      limits.skills === null ? plan('limit.skillsUnlimited') : plan('limit.skills', { count: limits.skills }),
      plan('limit.agents', { count: limits.agents }),
      ...(limits.subAgents > 0 ? [plan('limit.subAgents', { count: limits.subAgents })] : []),
      ...(limits.seats > 1 ? [plan('limit.seats', { count: limits.seats })] : []),
    ],
  };
}

export type Words = ReturnType<typeof wordsOf>;
