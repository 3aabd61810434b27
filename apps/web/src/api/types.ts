/** Our names for the shapes of the API. They are the generated ones: nothing is described twice. */
export type {
  ChangePreviewDto as ChangePreview,
  CustomerDto as Customer,
  ExportDto as ExportFile,
  InstanceDto as Instance,
  InstanceStepDto as InstanceStep,
  InvoiceDto as Invoice,
  MeDto as Me,
  ModelDto as Model,
  NextStepDto as NextStep,
  PlanDto as Plan,
  PlanPriceDto as PlanPrice,
  ProviderKeyDto as ProviderKey,
  UsageDto as Usage,
} from './generated/types.gen.js';
export type { DesiredState, InstanceStatus, Provider } from '#domain/instance/instance.types.js';

import type { SubscriptionDto, SubscriptionStateDto } from './generated/types.gen.js';

/** A change of plan that is booked for the end of the paid period. */
export interface ScheduledChange { readonly planId: string | null; readonly priceId: string | null; readonly at: string }
export type Subscription = SubscriptionDto & { readonly scheduledChange?: ScheduledChange | null };
export type SubscriptionState = Omit<SubscriptionStateDto, 'subscription'> & { readonly subscription: Subscription | null };
