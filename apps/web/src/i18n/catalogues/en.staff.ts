import finance from '../../../locales/en/finance.json';
import support from '../../../locales/en/support.json';

export default { finance, support };
