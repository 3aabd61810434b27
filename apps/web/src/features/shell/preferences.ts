import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import type { Me } from '../../api/types.js';
import { i18n } from '../../i18n/locale.js';
import { hasOwnScheme } from '../../theme/scheme.js';

/** A browser that has no choice of its own yet takes over language and appearance from the profile. */
export function usePreferences({ locale, theme }: Pick<Me, 'locale' | 'theme'>): void {
  // The kit would switch transitions off by a <style> element, which our Content-Security-Policy refuses.
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  useEffect(() => {
    if (!i18n.chosenHere()) void i18n.setLocale(locale);
    if (!hasOwnScheme()) setColorScheme(theme);
    // Once a visit: afterwards the person decides on this page.
  }, []);
}
