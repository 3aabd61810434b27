import settings from '../../../locales/en/settings.json';

export default { settings };
