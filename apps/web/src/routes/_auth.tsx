import { createFileRoute, Outlet } from '@tanstack/react-router';
import { AuthLayout } from '../features/account/AuthLayout.js';

export const Route = createFileRoute('/_auth')({
  component: () => <AuthLayout><Outlet /></AuthLayout>,
});
