import finance from '../../../locales/ru/finance.json';
import support from '../../../locales/ru/support.json';

export default { finance, support };
