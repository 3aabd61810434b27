import { createFileRoute } from '@tanstack/react-router';
import { ForgotPasswordScreen } from '../features/account/PasswordScreens.js';

export const Route = createFileRoute('/_auth/forgot-password')({ component: ForgotPasswordScreen });
