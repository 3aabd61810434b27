import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A webhook as it came, once. */
@Entity({ name: 'stripe_event' })
export class StripeEvent {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'text' }) type!: string;
  @Column({ type: 'text', name: 'api_version', nullable: true }) apiVersion!: string | null;
  @Column({ type: 'boolean' }) livemode!: boolean;
  @Column({ type: 'timestamptz' }) created!: Date;
  @Column({ type: 'text', name: 'object_id', nullable: true }) objectId!: string | null;
  @Column({ type: 'text', name: 'stripe_customer_id', nullable: true }) stripeCustomerId!: string | null;
  @Column({ type: 'jsonb' }) payload!: unknown;
  @Column({ type: 'timestamptz', name: 'received_at' }) receivedAt!: Date;
}

/** A Checkout Session that we opened. */
@Entity({ name: 'checkout' })
export class Checkout {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'text', name: 'plan_id' }) planId!: string;
  @Column({ type: 'text', name: 'price_id' }) priceId!: string;
  @Column({ type: 'text' }) url!: string;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt!: Date;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** Stripe's invoice as last fetched. */
@Entity({ name: 'invoice' })
export class Invoice {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'text', name: 'stripe_customer_id', nullable: true }) stripeCustomerId!: string | null;
  @Column({ type: 'text', name: 'subscription_id', nullable: true }) subscriptionId!: string | null;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text', nullable: true }) number!: string | null;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'bigint', name: 'amount_due_cents' }) amountDueCents!: string;
  @Column({ type: 'bigint', name: 'amount_paid_cents' }) amountPaidCents!: string;
  @Column({ type: 'bigint', name: 'amount_remaining_cents' }) amountRemainingCents!: string;
  @Column({ type: 'bigint', name: 'amount_refunded_cents' }) amountRefundedCents!: string;
  @Column({ type: 'text' }) currency!: string;
  @Column({ type: 'text', nullable: true }) description!: string | null;
  @Column({ type: 'timestamptz', name: 'period_start', nullable: true }) periodStart!: Date | null;
  @Column({ type: 'timestamptz', name: 'period_end', nullable: true }) periodEnd!: Date | null;
  @Column({ type: 'timestamptz' }) created!: Date;
  @Column({ type: 'text', name: 'hosted_invoice_url', nullable: true }) hostedInvoiceUrl!: string | null;
  @Column({ type: 'text', name: 'invoice_pdf', nullable: true }) invoicePdf!: string | null;
  @Column({ type: 'text', name: 'receipt_url', nullable: true }) receiptUrl!: string | null;
}

/** Stripe's subscription as last fetched. */
@Entity({ name: 'subscription' })
export class Subscription {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'text', name: 'stripe_customer_id', nullable: true }) stripeCustomerId!: string | null;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'text', name: 'plan_id', nullable: true }) planId!: string | null;
  @Column({ type: 'text', name: 'price_id', nullable: true }) priceId!: string | null;
  @Column({ type: 'bigint', name: 'amount_cents', nullable: true }) amountCents!: string | null;
  @Column({ type: 'text', nullable: true }) currency!: string | null;
  @Column({ type: 'text', nullable: true }) interval!: string | null;
  @Column({ type: 'integer', name: 'interval_count', nullable: true }) intervalCount!: number | null;
  @Column({ type: 'timestamptz', name: 'current_period_end', nullable: true }) currentPeriodEnd!: Date | null;
  @Column({ type: 'timestamptz', name: 'trial_end', nullable: true }) trialEnd!: Date | null;
  @Column({ type: 'boolean', name: 'cancel_at_period_end' }) cancelAtPeriodEnd!: boolean;
  @Column({ type: 'jsonb', name: 'scheduled_change', nullable: true }) scheduledChange!: unknown;
  @Column({ type: 'jsonb', name: 'payment_method', nullable: true }) paymentMethod!: unknown;
  @Column({ type: 'timestamptz' }) created!: Date;
  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true }) endedAt!: Date | null;
}
