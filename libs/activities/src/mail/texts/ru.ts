import type { NoticeKind } from '#domain/lifecycle/lifecycle.types.js';
import { given, type MoneyKind, type NoticeTexts } from './notice-text.js';

const named = (name: string | null): string => (name === null ? '' : ` «${name}»`);
const assistant = (name: string | null): string => `Ваш ассистент${named(name)}`;

/** The life of a customer without trouble. */
export const RU: NoticeTexts<Exclude<NoticeKind, MoneyKind>> = {
  trial_started: (facts) => ({
    subject: `Пробный период начался${facts.plan === null ? '' : `: тариф ${facts.plan}`}`,
    paragraphs: [
      `Пробный период тарифа${named(facts.plan)} начался. Деньги не списаны.`,
      ...given(facts.date, (date) => `Он закончится ${date}. Тогда пройдёт первый платёж${facts.amount === null ? '' : ` на ${facts.amount}`}. Если отменить подписку раньше, платить не придётся.`),
    ],
    action: { label: 'Открыть оплату', page: 'billing' },
  }),
  trial_ending: (facts) => ({
    subject: facts.date === null ? 'Пробный период скоро закончится' : `Пробный период закончится ${facts.date}`,
    paragraphs: [
      `Пробный период тарифа${named(facts.plan)} закончится${facts.date === null ? ' скоро' : ` ${facts.date}`}.`,
      `Затем мы спишем ${facts.amount ?? 'стоимость тарифа'}${facts.card === null ? '' : ` с карты, номер которой заканчивается на ${facts.card}`}. Если вы не хотите продолжать, отмените подписку до этого дня — платить не придётся.`,
    ],
    action: { label: 'Открыть оплату', page: 'billing' },
  }),
  payment_received: (facts) => ({
    subject: 'Мы получили ваш платёж',
    paragraphs: [
      `Мы получили ${facts.amount ?? 'ваш платёж'} за тариф${named(facts.plan)}. Чек находится на странице оплаты.`,
      ...given(facts.date, (date) => `Следующее продление: ${date}.`),
    ],
    action: { label: 'Открыть оплату', page: 'billing' },
  }),
  cancel_scheduled: (facts) => ({
    subject: 'Подписка отменена',
    paragraphs: [
      `Вы отменили тариф${named(facts.plan)}. Новых списаний не будет.`,
      ...given(facts.date, (date) => `Всё продолжит работать до ${date}. До этого времени отмену можно отозвать.`),
    ],
    action: { label: 'Отозвать отмену', page: 'billing' },
  }),
  cancel_undone: (facts) => ({
    subject: 'Подписка продолжается',
    paragraphs: [`Отмена тарифа${named(facts.plan)} отозвана. Для вашего ассистента ничего не меняется.`, ...given(facts.date, (date) => `Следующее продление: ${date}.`)],
    action: { label: 'Открыть оплату', page: 'billing' },
  }),
  ended_export_offered: (facts) => ({
    subject: 'Подписка закончилась: ваши данные можно скачать',
    paragraphs: [
      `Подписка на тариф${named(facts.plan)} закончилась, ассистент остановлен.`,
      'Мы подготовили для вас архив с его данными.',
      ...given(facts.date, (date) => `Мы храним данные до ${date}, затем удалим их. Если вы оформите подписку раньше, всё вернётся в прежнем виде.`),
    ],
    action: { label: 'Скачать архив', page: 'exports' },
  }),
  moved_to_free: (facts) => ({
    subject: 'Ассистент продолжает работать на бесплатном тарифе',
    paragraphs: [`Подписка закончилась, и ваш ассистент перешёл на ${facts.plan === null ? 'бесплатный тариф' : `тариф «${facts.plan}»`}. Платить не нужно.`, 'Его данные сохранены; действуют ограничения бесплатного тарифа.'],
    action: { label: 'Открыть кабинет', page: 'home' },
  }),
  teardown_soon: (facts) => ({
    subject: facts.date === null ? 'Ваши данные скоро будут удалены' : `Ваши данные будут удалены ${facts.date}`,
    paragraphs: [
      `Ваша подписка закончилась. ${facts.date === null ? 'Скоро мы удалим' : `${facts.date} мы удалим`} ассистента и его данные.`,
      'Архив останется доступен. Если вы оформите подписку раньше, всё вернётся в прежнем виде.',
    ],
    action: { label: 'Скачать архив', page: 'exports' },
  }),
  torn_down: () => ({
    subject: 'Ассистент и его данные удалены',
    paragraphs: ['Ассистент и его данные удалены, как мы и предупреждали. Ваша учётная запись и архив сохранены.', 'Вы можете создать нового ассистента в любое время.'],
    action: { label: 'Открыть архивы', page: 'exports' },
  }),
  assistant_ready: (facts) => ({
    subject: `${assistant(facts.assistant)} готов к работе`,
    paragraphs: [`${assistant(facts.assistant)} запущен и уже дал первый ответ.`, 'Ему можно писать.'],
    action: { label: 'Открыть чат', page: 'instance' },
  }),
  provisioning_failed_refunded: (facts) => ({
    subject: 'Не удалось запустить ассистента: мы возвращаем деньги',
    paragraphs: [
      `${assistant(facts.assistant)} не запустился. Это наша ошибка; всё, что было создано, мы удалили.`,
      facts.amount === null ? 'Подписка отменена, деньги не списаны.' : `Подписка отменена, мы возвращаем вам ${facts.amount}. Обычно банку нужно от 5 до 10 дней.`,
      'Мы разбираемся в причине. Вы можете попробовать снова в любое время.',
    ],
    action: { label: 'Открыть кабинет', page: 'home' },
  }),
  provisioning_failed: (facts) => ({
    subject: 'Не удалось запустить ассистента',
    paragraphs: [`${assistant(facts.assistant)} не запустился. Это наша ошибка; всё, что было создано, мы удалили. За это ничего не списано.`, 'Мы разбираемся в причине. Вы можете попробовать снова в любое время.'],
    action: { label: 'Открыть кабинет', page: 'home' },
  }),
  needs_attention: (facts) => ({
    subject: `${assistant(facts.assistant)}: требуется внимание специалиста`,
    paragraphs: [`${assistant(facts.assistant)} работает не так, как должен, и автоматическое восстановление не помогло. Наши специалисты уже знают об этом.`, 'Ваши данные в сохранности. От вас ничего не требуется.'],
    action: { label: 'Посмотреть состояние', page: 'instance' },
  }),
};
