import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The paying party. */
@Entity({ name: 'customer' })
export class Customer {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'text' }) name!: string;
  @Column({ type: 'text', name: 'stripe_customer_id', nullable: true }) stripeCustomerId!: string | null;
  @Column({ type: 'text' }) stage!: string;
  @Column({ type: 'text', name: 'service_level' }) serviceLevel!: string;
  @Column({ type: 'text', array: true }) overlays!: string[];
  @Column({ type: 'text', name: 'plan_id', nullable: true }) planId!: string | null;
  @Column({ type: 'text', name: 'subscription_id', nullable: true }) subscriptionId!: string | null;
  @Column({ type: 'jsonb', name: 'next_step', nullable: true }) nextStep!: unknown;
  @Column({ type: 'text', name: 'needs_attention', nullable: true }) needsAttention!: string | null;
  @Column({ type: 'boolean', name: 'on_test_clock' }) onTestClock!: boolean;
  @Column({ type: 'text', name: 'test_clock_id', nullable: true }) testClockId!: string | null;
  @Column({ type: 'timestamptz', name: 'trial_ends_at', nullable: true }) trialEndsAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'current_period_ends_at', nullable: true }) currentPeriodEndsAt!: Date | null;
  @Column({ type: 'boolean', name: 'cancel_at_period_end' }) cancelAtPeriodEnd!: boolean;
  @Column({ type: 'bigint' }) version!: string;
  @Column({ type: 'timestamptz', name: 'deletion_requested_at', nullable: true }) deletionRequestedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** A user of a customer. */
@Entity({ name: 'member' })
export class Member {
  @PrimaryColumn({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @PrimaryColumn({ type: 'text', name: 'user_id' }) userId!: string;
  @Column({ type: 'text' }) role!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}
