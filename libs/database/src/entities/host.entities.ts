import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A Docker host: capacity, address, port range. */
@Entity({ name: 'host' })
export class Host {
  @PrimaryColumn({ type: 'text' }) id!: string;
  @Column({ type: 'text', name: 'docker_url' }) dockerUrl!: string;
  @Column({ type: 'text', name: 'gateway_url' }) gatewayUrl!: string;
  @Column({ type: 'text' }) engine!: string;
  @Column({ type: 'text' }) image!: string;
  @Column({ type: 'integer', name: 'capacity_slots' }) capacitySlots!: number;
  @Column({ type: 'integer', name: 'used_slots' }) usedSlots!: number;
  @Column({ type: 'integer', name: 'first_port' }) firstPort!: number;
  @Column({ type: 'integer', name: 'last_port' }) lastPort!: number;
  @Column({ type: 'boolean' }) draining!: boolean;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** A slot on a host: held until checkout ends, then taken. */
@Entity({ name: 'slot_reservation' })
export class SlotReservation {
  @PrimaryColumn({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'uuid', name: 'customer_id' }) customerId!: string;
  @Column({ type: 'text', name: 'host_id' }) hostId!: string;
  @Column({ type: 'text' }) state!: string;
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'created_at' }) createdAt!: Date;
}

/** A published loopback port of a host. */
@Entity({ name: 'host_port' })
export class HostPort {
  @PrimaryColumn({ type: 'text', name: 'host_id' }) hostId!: string;
  @PrimaryColumn({ type: 'integer' }) port!: number;
  @Column({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
}

/** Where chat and the address of an instance lead. */
@Entity({ name: 'route' })
export class Route {
  @PrimaryColumn({ type: 'uuid', name: 'instance_id' }) instanceId!: string;
  @Column({ type: 'text' }) subdomain!: string;
  @Column({ type: 'text', name: 'host_id' }) hostId!: string;
  @Column({ type: 'text' }) address!: string;
  @Column({ type: 'integer' }) port!: number;
  @Column({ type: 'timestamptz', name: 'published_at' }) publishedAt!: Date;
}
