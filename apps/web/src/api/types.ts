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
  ScheduledChangeDto as ScheduledChange,
  SubscriptionDto as Subscription,
  SubscriptionStateDto as SubscriptionState,
  UsageDto as Usage,
} from './generated/types.gen.js';
export type { DesiredState, InstanceStatus, Provider } from '#domain/instance/instance.types.js';
