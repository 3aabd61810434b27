import billing from '../../../locales/en/billing.json';
import chat from '../../../locales/en/chat.json';
import home from '../../../locales/en/home.json';
import instance from '../../../locales/en/instance.json';
import onboarding from '../../../locales/en/onboarding.json';

export default { billing, chat, home, instance, onboarding };
