import settings from '../../../locales/ru/settings.json';

export default { settings };
