import type { NextStepCode } from '#domain/lifecycle/lifecycle.types.js';
import { given, type MoneyKind, type NoticeFacts, type NoticeTexts } from './notice-text.js';
import { upcomingRu } from './ru-next.js';

const named = (name: string | null): string => (name === null ? '' : ` «${name}»`);
const assistant = (facts: NoticeFacts): string => `Ваш ассистент${named(facts.assistant)}`;
const open = (facts: NoticeFacts): string => `Платёж${facts.amount === null ? '' : ` на ${facts.amount}`} за тариф${named(facts.plan)} всё ещё не прошёл.`;
const failed = (facts: NoticeFacts): string =>
  [`Не удалось списать ${facts.amount ?? 'оплату'} за тариф${named(facts.plan)}${facts.card === null ? '' : ` с карты, номер которой заканчивается на ${facts.card}`}.`, ...given(facts.decline, (why) => why)].join(' ');
const next = (facts: NoticeFacts, code: NextStepCode): string[] => given(upcomingRu(facts, code), (sentence) => sentence);
const PAY = { label: 'Оплатить или сменить карту', page: 'billing' } as const;
const BILLING = { label: 'Открыть оплату', page: 'billing' } as const;
const BACK = 'После оплаты полный тариф сразу вернётся.';

/** Неудавшиеся платежи: что случилось, что будет дальше и когда, что пропадёт и что останется. */
export const RU_MONEY: NoticeTexts<MoneyKind> = {
  payment_failed: (facts) => ({
    subject: facts.attempt === null ? 'Платёж не прошёл' : `Платёж не прошёл, следующая попытка: ${facts.attempt}`,
    paragraphs: [
      failed(facts),
      facts.attempt === null ? 'Пока всё продолжает работать.' : `Следующая попытка: ${facts.attempt}. До неё всё продолжает работать.`,
      ...(facts.date === facts.attempt ? [] : next(facts, 'grace')),
      'Можно оплатить сейчас или указать другую карту на странице оплаты — тогда больше ничего не произойдёт.',
    ],
    action: PAY,
  }),
  payment_action_needed: (facts) => ({
    subject: 'Для оплаты нужно ваше участие',
    paragraphs: [
      failed(facts),
      'Повторная попытка с этой картой не поможет, поэтому мы её не делаем. Укажите другую карту или подтвердите платёж в банке на странице оплаты.',
      'Пока всё продолжает работать.',
      ...next(facts, 'grace'),
    ],
    action: PAY,
  }),
  grace_began: (facts) => ({
    subject: facts.date === null ? 'Тариф не оплачен' : `Тариф не оплачен: полное обслуживание до ${facts.date}`,
    paragraphs: [`${open(facts)} Пока всё продолжает работать.`, ...next(facts, 'downgrade'), 'Оплатите или смените карту, и всё останется как прежде.'],
    action: PAY,
  }),
  downgrade_soon: (facts) => ({
    subject: facts.date === null ? 'Скоро лимиты ассистента уменьшатся' : `Лимиты ассистента уменьшатся ${facts.date}`,
    paragraphs: [open(facts), ...next(facts, 'downgrade'), 'Что пропадёт: память, скорость и сообщения сверх этих лимитов. Что останется: ассистент, его данные и все переписки.'],
    action: PAY,
  }),
  downgraded: (facts) => ({
    subject: 'Лимиты ассистента уменьшены',
    paragraphs: [`${open(facts)} Поэтому ассистент теперь работает с ${facts.smallerPlan === null ? 'меньшими лимитами' : `лимитами тарифа «${facts.smallerPlan}»`}. Его данные и все переписки сохранены.`, ...next(facts, 'suspension'), BACK],
    action: PAY,
  }),
  suspension_soon: (facts) => ({
    subject: facts.date === null ? 'Ассистент скоро будет остановлен' : `Ассистент будет остановлен ${facts.date}`,
    paragraphs: [open(facts), ...next(facts, 'suspension'), 'Что пропадёт: ассистент перестанет отвечать. Что останется: его данные, переписки и адрес.'],
    action: PAY,
  }),
  suspended: (facts) => ({
    subject: 'Ассистент остановлен',
    paragraphs: [`${open(facts)} Поэтому ассистент${named(facts.assistant)} остановлен. Его данные сохранены, их можно скачать.`, ...next(facts, 'end'), BACK],
    action: PAY,
  }),
  end_soon: (facts) => ({
    subject: facts.date === null ? 'Подписка скоро закончится' : `Подписка закончится ${facts.date}`,
    paragraphs: [open(facts), ...next(facts, 'end'), 'Что пропадёт: подписка и работающий ассистент. Что ещё некоторое время останется: его данные, готовые к скачиванию, и возможность вернуться, оформив подписку снова.'],
    action: PAY,
  }),
  ended_unpaid: (facts) => ({
    subject: 'Подписка закончилась: ваши данные можно скачать',
    paragraphs: [`Подписка на тариф${named(facts.plan)} закончилась, потому что не была оплачена. Неоплаченный счёт аннулирован: вы ничего не должны.`, 'Архив с данными ассистента готов.', ...next(facts, 'teardown')],
    action: { label: 'Скачать архив', page: 'exports' },
  }),
  payment_recovered: (facts) => ({
    subject: 'Оплачено: всё снова как прежде',
    paragraphs: [`Мы получили ${facts.amount ?? 'ваш платёж'} за тариф${named(facts.plan)}. ${assistant(facts)} снова работает на полном тарифе, его данные не пострадали.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  payment_waived: (facts) => ({
    subject: 'Этот счёт оплачивать не нужно',
    paragraphs: [`Мы отказались от ${facts.amount === null ? 'оплаты счёта' : `получения ${facts.amount}`} за тариф${named(facts.plan)}: списания не будет. ${assistant(facts)} работает на полном тарифе.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  dunning_paused: (facts) => ({
    subject: facts.until === null ? 'У вас больше времени на оплату' : `Оплатить можно до ${facts.until}`,
    paragraphs: [
      `Как договорились с поддержкой, ${facts.until === null ? 'пока' : `до ${facts.until}`} ничего не произойдёт: попыток списать${facts.amount === null ? ' оплату' : ` ${facts.amount}`} не будет, обслуживание не изменится.`,
      ...(facts.date === facts.until ? [] : next(facts, 'paused')), 'Оплатить раньше можно в любой момент.',
    ],
    action: PAY,
  }),
  grace_extended: (facts) => ({
    subject: facts.until === null ? 'У вас больше времени на оплату' : `Оплатить можно до ${facts.until}`,
    paragraphs: [`Поддержка дала вам больше времени${facts.until === null ? '' : `: ${facts.until}`}. Обслуживание не изменится.${facts.amount === null ? '' : ` Не оплачено: ${facts.amount}.`}`, ...next(facts, 'downgrade')],
    action: PAY,
  }),
  dispute_opened: (facts) => ({
    subject: 'Платёж оспаривается',
    paragraphs: [
      `Банк сообщил, что платёж${facts.amount === null ? '' : ` на ${facts.amount}`} за тариф${named(facts.plan)} оспаривается. Пока вопрос открыт, ассистент работает как прежде, ничего не удаляется и новых списаний не будет.`,
      ...next(facts, 'dispute'), 'Если это ошибка, сообщите банку и ответьте на это письмо.',
    ],
    action: BILLING,
  }),
  dispute_closed: (facts) => ({
    subject: 'Спор о платеже закрыт',
    paragraphs: [`Спор о платеже${facts.amount === null ? '' : ` на ${facts.amount}`} за тариф${named(facts.plan)} закрыт. Что действует теперь, видно на странице оплаты.`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
  subscription_paused: (facts) => ({
    subject: 'Подписка приостановлена',
    paragraphs: [`Подписка на тариф${named(facts.plan)} приостановлена. Ассистент остановлен, его данные сохранены. Укажите карту на странице оплаты, и он снова заработает.`, ...next(facts, 'paused')],
    action: PAY,
  }),
  plan_change_scheduled: (facts) => ({
    subject: facts.date === null ? 'Тариф изменится' : `Тариф изменится ${facts.date}`,
    paragraphs: [
      `Ваш тариф сменится на ${facts.plan === null ? 'новый' : `«${facts.plan}»`}: ${facts.date ?? 'в конце периода'}.`,
      `До этого всё остаётся как есть.${facts.amount === null ? '' : ` Затем период будет стоить ${facts.amount}.`} Изменение можно отозвать заранее.`,
    ],
    action: BILLING,
  }),
  plan_changed: (facts) => ({
    subject: facts.plan === null ? 'Тариф изменён' : `Теперь ваш тариф: ${facts.plan}`,
    paragraphs: [`Действует ${facts.plan === null ? 'новый тариф' : `тариф «${facts.plan}»`} и его лимиты. Данные ассистента сохранены.${facts.amount === null ? '' : ` Период стоит ${facts.amount}.`}`, ...next(facts, 'renewal')],
    action: BILLING,
  }),
};
