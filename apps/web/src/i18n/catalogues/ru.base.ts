import account from '../../../locales/ru/account.json';
import common from '../../../locales/ru/common.json';

export default { account, common };
