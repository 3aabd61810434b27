import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** Append-only: each move of a customer, with its reason. */
@Entity({ name: 'lifecycle_ledger' })
export class LifecycleLedger {
  @PrimaryGeneratedColumn({ type: 'bigint' }) seq!: string;
  @Column({ type: 'text' }) key!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text', name: 'from_stage' }) fromStage!: string;
  @Column({ type: 'text', name: 'to_stage' }) toStage!: string;
  @Column({ type: 'text', name: 'service_level' }) serviceLevel!: string;
  @Column({ type: 'text', array: true }) overlays!: string[];
  @Column({ type: 'text', name: 'plan_id', nullable: true }) planId!: string | null;
  @Column({ type: 'text', name: 'policy_version' }) policyVersion!: string;
  @Column({ type: 'text' }) reason!: string;
  @Column({ type: 'text' }) actor!: string;
  /** What support did; null = a move of the policy. */
  @Column({ type: 'text', nullable: true }) verb!: string | null;
  @Column({ type: 'jsonb' }) details!: unknown;
  @Column({ type: 'jsonb', name: 'next_step', nullable: true }) nextStep!: unknown;
  @Column({ type: 'timestamptz', name: 'customer_time', nullable: true }) customerTime!: Date | null;
  @Column({ type: 'timestamptz', name: 'recorded_at' }) recordedAt!: Date;
}

/** A mail owed or sent, once per key. */
@Entity({ name: 'notice' })
export class Notice {
  @PrimaryColumn({ type: 'text' }) key!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'uuid', name: 'instance_id', nullable: true }) instanceId!: string | null;
  @Column({ type: 'text' }) kind!: string;
  /** Empty while it is only owed. */
  @Column({ type: 'text' }) subject!: string;
  /** The facts for its text, as the move knew them. */
  @Column({ type: 'jsonb' }) data!: unknown;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'integer' }) attempts!: number;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'sent_at', nullable: true }) sentAt!: Date | null;
  @Column({ type: 'text', nullable: true }) error!: string | null;
}

/** A message to a workflow, written with the change that caused it. */
@Entity({ name: 'outbox' })
export class Outbox {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id!: string;
  @Column({ type: 'text' }) topic!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'jsonb' }) payload!: unknown;
  @Column({ type: 'integer' }) attempts!: number;
  @Column({ type: 'timestamptz', name: 'next_attempt_at' }) nextAttemptAt!: Date;
  @Column({ type: 'text', name: 'last_error', nullable: true }) lastError!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** What the dashboard is told, in order. */
@Entity({ name: 'event' })
export class Event {
  @PrimaryGeneratedColumn({ type: 'bigint' }) id!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text' }) type!: string;
  @Column({ type: 'text', name: 'entity_id' }) entityId!: string;
  @Column({ type: 'bigint' }) version!: string;
  @Column({ type: 'jsonb' }) data!: unknown;
  @Column({ type: 'timestamptz' }) at!: Date;
}

/** The answer of a write that came with an Idempotency-Key. */
@Entity({ name: 'idempotency_key' })
export class IdempotencyKey {
  @PrimaryColumn({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @PrimaryColumn({ type: 'text' }) key!: string;
  @Column({ type: 'text', name: 'request_hash' }) requestHash!: string;
  @Column({ type: 'integer', nullable: true }) status!: number | null;
  @Column({ type: 'jsonb', nullable: true }) body!: unknown;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}
