import account from '../../../locales/en/account.json';
import common from '../../../locales/en/common.json';

export default { account, common };
