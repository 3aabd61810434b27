import './theme/styles.js';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api/query-client.js';
import { i18n } from './i18n/locale.js';
import { I18nProvider } from './i18n/Provider.js';
import { router } from './router.js';
import { colourScheme } from './theme/scheme.js';
import { theme } from './theme/theme.js';
import { Toasts } from './ui/Toasts.js';

// A chunk that is gone after a deploy: load the new release once; drafts are in sessionStorage and stay.
window.addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem('clawkeep.reloaded') === location.pathname) return;
  sessionStorage.setItem('clawkeep.reloaded', location.pathname);
  event.preventDefault();
  location.reload();
});

const root = document.getElementById('root');
if (root === null) throw new Error('app.html has no #root');

await i18n.start();
createRoot(root).render(
  <MantineProvider theme={theme} colorSchemeManager={colourScheme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
    <I18nProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </I18nProvider>
  </MantineProvider>,
);
