import { defineSearchAttributeKey } from '@temporalio/common';

/** Typed search attributes (api.md). Never personal data: they are stored in clear. */
export const CustomerStage = defineSearchAttributeKey('CustomerStage', 'KEYWORD');
export const ServiceLevelAttribute = defineSearchAttributeKey('ServiceLevel', 'KEYWORD');
export const PlanId = defineSearchAttributeKey('PlanId', 'KEYWORD');
export const HostId = defineSearchAttributeKey('HostId', 'KEYWORD');
export const InstanceStatusAttribute = defineSearchAttributeKey('InstanceStatus', 'KEYWORD');
export const NeedsAttention = defineSearchAttributeKey('NeedsAttention', 'BOOL');
export const NextStepAt = defineSearchAttributeKey('NextStepAt', 'DATETIME');
/** Since when the customer is in its stage; customer time. */
export const StageSince = defineSearchAttributeKey('StageSince', 'DATETIME');
export const ReleaseId = defineSearchAttributeKey('ReleaseId', 'KEYWORD');

/** Name → type as the server's `--search-attribute` flag and `addSearchAttributes` want them. */
export const SEARCH_ATTRIBUTES = {
  CustomerStage: 'Keyword', ServiceLevel: 'Keyword', PlanId: 'Keyword', HostId: 'Keyword', InstanceStatus: 'Keyword',
  NeedsAttention: 'Bool', NextStepAt: 'Datetime', StageSince: 'Datetime', ReleaseId: 'Keyword',
} as const;
