import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One assistant of a customer. */
@Entity({ name: 'instance' })
export class Instance {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text' }) name!: string;
  @Column({ type: 'text' }) subdomain!: string;
  @Column({ type: 'text', name: 'plan_id' }) planId!: string;
  @Column({ type: 'text' }) provider!: string;
  @Column({ type: 'text' }) model!: string;
  @Column({ type: 'jsonb' }) settings!: unknown;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'text', name: 'status_reason', nullable: true }) statusReason!: string | null;
  @Column({ type: 'timestamptz', name: 'status_since' }) statusSince!: Date;
  @Column({ type: 'text', name: 'desired_state' }) desiredState!: string;
  @Column({ type: 'integer' }) generation!: number;
  @Column({ type: 'text', name: 'host_id', nullable: true }) hostId!: string | null;
  @Column({ type: 'text', nullable: true }) image!: string | null;
  @Column({ type: 'text', nullable: true }) url!: string | null;
  @Column({ type: 'bigint' }) version!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'gone_at', nullable: true }) goneAt!: Date | null;
}

/** A step of provisioning or teardown as the customer sees it. */
@Entity({ name: 'instance_step' })
export class InstanceStep {
  @PrimaryColumn({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @PrimaryColumn({ type: 'integer' }) generation!: number;
  @PrimaryColumn({ type: 'text' }) kind!: string;
  @PrimaryColumn({ type: 'text' }) step!: string;
  @Column({ type: 'integer' }) position!: number;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'timestamptz', name: 'started_at', nullable: true }) startedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'ended_at', nullable: true }) endedAt!: Date | null;
  @Column({ type: 'text', nullable: true }) error!: string | null;
}

/** Messages and tokens of an instance per UTC day. */
@Entity({ name: 'usage_daily' })
export class UsageDaily {
  @PrimaryColumn({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @PrimaryColumn({ type: 'date' }) day!: string;
  @Column({ type: 'integer' }) messages!: number;
  @Column({ type: 'bigint', name: 'input_tokens' }) inputTokens!: string;
  @Column({ type: 'bigint', name: 'output_tokens' }) outputTokens!: string;
  @Column({ type: 'boolean' }) estimated!: boolean;
}

/** A tar of an instance's data that its owner can fetch. */
@Entity({ name: 'export' })
export class Export {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'text', name: 'instance_name' }) instanceName!: string;
  @Column({ type: 'integer' }) generation!: number;
  @Column({ type: 'text' }) path!: string;
  @Column({ type: 'bigint' }) bytes!: string;
  @Column({ type: 'text' }) sha256!: string;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}
