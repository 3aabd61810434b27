import type { NextStepCode } from '#domain/lifecycle/lifecycle.types.js';
import type { NoticeFacts } from './notice-text.js';

/** Что будет дальше и когда. See upcomingEn. */
export function upcomingRu(facts: NoticeFacts, fallback: NextStepCode | null = null): string | null {
  const { date, smallerPlan } = facts;
  if (date === null) return null;
  switch (facts.next ?? fallback) {
    case 'pay_again': return `Следующая попытка оплаты: ${date}.`;
    case 'grace': return `Если не оплатить до ${date}, начнутся последние дни полного обслуживания.`;
    case 'downgrade': return `Если не оплатить до ${date}, ассистент перейдёт на меньшие лимиты${smallerPlan === null ? '' : ` тарифа «${smallerPlan}»`}. Его данные не изменятся.`;
    case 'suspension': return `Если не оплатить до ${date}, ассистент будет остановлен. Его данные сохранятся.`;
    case 'end': return `Если не оплатить до ${date}, подписка закончится. Данные можно скачать и до, и после этого.`;
    case 'move_to_free': return `Если не оплатить до ${date}, подписка закончится, и ассистент продолжит работу на ${smallerPlan === null ? 'бесплатном тарифе' : `тарифе «${smallerPlan}»`}.`;
    case 'payment_processing': return `Банк ещё обрабатывает платёж. Мы проверим снова: ${date}. До этого ничего не изменится.`;
    case 'dispute': return `Мы вернёмся к этому: ${date}.`;
    case 'paused': return `Пауза закончится ${date}.`;
    case 'trial_end': return `Пробный период закончится ${date}, тогда пройдёт первый платёж.`;
    case 'renewal': return `Следующее продление: ${date}.`;
    case 'cancellation': return `Всё продолжит работать до ${date}.`;
    case 'teardown': return `Мы храним данные до ${date}. Затем удалим их. Если вы оформите подписку раньше, всё вернётся в прежнем виде.`;
    default: return `Следующий шаг: ${date}.`;
  }
}
