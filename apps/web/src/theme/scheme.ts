import { localStorageColorSchemeManager } from '@mantine/core';

/** The choice of light, dark or the system's; the key is shared with public/theme.js, which reads it before the first paint. */
export const colourScheme = localStorageColorSchemeManager({ key: 'clawkeep.theme' });
