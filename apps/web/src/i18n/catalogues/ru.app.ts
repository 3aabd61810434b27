import billing from '../../../locales/ru/billing.json';
import chat from '../../../locales/ru/chat.json';
import home from '../../../locales/ru/home.json';
import instance from '../../../locales/ru/instance.json';
import onboarding from '../../../locales/ru/onboarding.json';

export default { billing, chat, home, instance, onboarding };
