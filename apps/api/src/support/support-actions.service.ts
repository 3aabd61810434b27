import { Injectable } from '@nestjs/common';
import { extendGraceUpdate, pauseDunningUpdate, payNowUpdate, retryInstanceStepUpdate, setStageUpdate, waiveInvoiceUpdate } from '#workflows/contracts/customer-lifecycle.js';
import { invalid, notFound } from '../http/problem.js';
import { effectIdOf } from '../idempotency/idempotency.service.js';
import type { CalledRequest, Caller } from '../policy/caller.js';
import { TemporalService } from '../temporal/temporal.service.js';
import { SUPPORT_VERBS, type SupportActionDto, type SupportCustomerDetailDto, type SupportVerb } from './support.dto.js';
import { SupportService } from './support.service.js';

/** Support's verbs: each is an update of `customer/<id>`, which puts actor and reason on record before anything follows. */
@Injectable()
export class SupportActions {
  constructor(private readonly support: SupportService, private readonly temporal: TemporalService) {}

  /** Answers with the customer as it is afterwards. The same Idempotency-Key acts once. */
  async act(caller: Caller, customerId: string, verb: string, action: SupportActionDto, request: CalledRequest): Promise<SupportCustomerDetailDto> {
    if (!isVerb(verb)) throw notFound('action');
    await this.support.mustExist(customerId);
    await this.ask(verb, customerId, action, { actor: `support:${caller.userId}`, reason: action.reason }, effectIdOf(request, customerId));
    return this.support.read(customerId);
  }

  private ask(verb: SupportVerb, customerId: string, action: SupportActionDto, by: { actor: string; reason: string }, updateId: string): Promise<unknown> {
    const { temporal } = this;
    switch (verb) {
      case 'pay-now': return temporal.updateCustomer(customerId, payNowUpdate, by, updateId);
      case 'extend-grace': return temporal.updateCustomer(customerId, extendGraceUpdate, { ...by, days: needed(action, 'days') }, updateId);
      case 'pause-dunning': return temporal.updateCustomer(customerId, pauseDunningUpdate, { ...by, days: needed(action, 'days') }, updateId);
      case 'waive-invoice': return temporal.updateCustomer(customerId, waiveInvoiceUpdate, { ...by, invoiceId: needed(action, 'invoiceId') }, updateId);
      case 'set-stage': return temporal.updateCustomer(customerId, setStageUpdate, { ...by, stage: needed(action, 'stage') }, updateId);
      case 'retry-step': return temporal.updateCustomer(customerId, retryInstanceStepUpdate, { ...by, instanceId: needed(action, 'instanceId') }, updateId);
    }
  }
}

const isVerb = (verb: string): verb is SupportVerb => SUPPORT_VERBS.some((known) => known === verb);

function needed<Field extends Exclude<keyof SupportActionDto, 'reason'>>(action: SupportActionDto, field: Field): NonNullable<SupportActionDto[Field]> {
  const value = action[field];
  if (value === undefined || value === null) throw invalid({ [field]: `Give ${field} for this action.` });
  return value;
}
