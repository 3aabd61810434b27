import payments from '../../../locales/en/payments.json';

export default { payments };
