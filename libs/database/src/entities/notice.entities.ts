import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person's phone, whether it is theirs, and what they agreed to get on it. */
@Entity({ name: 'phone_consent' })
export class PhoneConsent {
  @PrimaryColumn({ type: 'text', name: 'user_id' }) userId!: string;
  @Column({ type: 'text' }) phone!: string;
  @Column({ type: 'timestamptz', name: 'verified_at', nullable: true }) verifiedAt!: Date | null;
  @Column({ type: 'text' }) channel!: string;
  @Column({ type: 'timestamptz', name: 'consented_at', nullable: true }) consentedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'opted_out_at', nullable: true }) optedOutAt!: Date | null;
  @Column({ type: 'integer', name: 'opt_out_code', nullable: true }) optOutCode!: number | null;
  @Column({ type: 'timestamptz', name: 'updated_at' }) updatedAt!: Date;
}

/** The one-time code that shows that a phone is its user's. */
@Entity({ name: 'phone_code' })
export class PhoneCode {
  @PrimaryColumn({ type: 'text', name: 'user_id' }) userId!: string;
  @Column({ type: 'text' }) phone!: string;
  @Column({ type: 'bytea', name: 'code_hash' }) codeHash!: Buffer;
  @Column({ type: 'integer', name: 'tries_left' }) triesLeft!: number;
  @Column({ type: 'timestamptz', name: 'sent_at' }) sentAt!: Date;
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt!: Date;
}

/** One notice to one person by one channel. */
@Entity({ name: 'notice_delivery' })
export class NoticeDelivery {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'text', name: 'notice_key' }) noticeKey!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text', name: 'user_id' }) userId!: string;
  @Column({ type: 'text' }) channel!: string;
  @Column({ type: 'text' }) kind!: string;
  @Column({ type: 'text', nullable: true }) phone!: string | null;
  @Column({ type: 'text' }) body!: string;
  @Column({ type: 'text', nullable: true }) template!: string | null;
  @Column({ type: 'jsonb' }) variables!: unknown;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'integer' }) attempts!: number;
  @Column({ type: 'timestamptz', name: 'next_attempt_at' }) nextAttemptAt!: Date;
  @Column({ type: 'timestamptz', name: 'first_tried_at', nullable: true }) firstTriedAt!: Date | null;
  @Column({ type: 'text', name: 'provider_id', nullable: true }) providerId!: string | null;
  @Column({ type: 'integer', name: 'error_code', nullable: true }) errorCode!: number | null;
  @Column({ type: 'text', nullable: true }) error!: string | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'updated_at' }) updatedAt!: Date;
}

/** A status callback of Twilio, stored once. */
@Entity({ name: 'twilio_event' })
export class TwilioEvent {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'text', name: 'message_sid' }) messageSid!: string;
  @Column({ type: 'text' }) status!: string;
  @Column({ type: 'integer', name: 'error_code', nullable: true }) errorCode!: number | null;
  @Column({ type: 'uuid', name: 'delivery_id', nullable: true }) deliveryId!: string | null;
  @Column({ type: 'timestamptz', name: 'received_at' }) receivedAt!: Date;
}
