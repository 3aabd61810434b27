import { localStorageColorSchemeManager } from '@mantine/core';

/** The choice of light, dark or the system's; the key is shared with public/theme.js, which reads it before the first paint. */
const KEY = 'clawkeep.theme';
export const colourScheme = localStorageColorSchemeManager({ key: KEY });

/** True where somebody has chosen in this browser before. */
export function hasOwnScheme(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}
