import payments from '../../../locales/ru/payments.json';

export default { payments };
