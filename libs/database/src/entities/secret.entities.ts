import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A data key of a customer, wrapped by the key-encryption key. */
@Entity({ name: 'customer_data_key' })
export class CustomerDataKey {
  @PrimaryColumn({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text', name: 'kek_id' }) kekId!: string;
  @Column({ type: 'bytea', name: 'wrapped_key' }) wrappedKey!: Buffer;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** An encrypted secret; others hold its id. */
@Entity({ name: 'secret' })
export class Secret {
  @PrimaryColumn({ type: 'uuid' }) id!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text' }) kind!: string;
  @Column({ type: 'text' }) subject!: string;
  @Column({ type: 'bytea' }) record!: Buffer;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** Which model keys a customer has, masked. */
@Entity({ name: 'provider_key' })
export class ProviderKey {
  @PrimaryColumn({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @PrimaryColumn({ type: 'text' }) provider!: string;
  @Column({ type: 'uuid', name: 'secret_id' }) secretId!: string;
  @Column({ type: 'text' }) masked!: string;
  @Column({ type: 'timestamptz', name: 'tested_at' }) testedAt!: Date;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** Hash of the token with which an instance calls the gateway. */
@Entity({ name: 'gateway_token' })
export class GatewayToken {
  @PrimaryColumn({ type: 'bytea', name: 'token_hash' }) tokenHash!: Buffer;
  @Column({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'integer' }) generation!: number;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
}
