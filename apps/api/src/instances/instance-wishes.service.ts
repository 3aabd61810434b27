import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Database } from '../database/database.js';
import { conflict } from '../http/problem.js';
import { OutboxDispatcher } from '../outbox/outbox-dispatcher.service.js';
import { putIntoOutbox } from '../outbox/outbox.js';
import type { Member } from '../policy/caller.js';
import { DESIRED_BY, judgeWish, type OwnerWish } from './instance-wishes.js';
import { InstancesService, tellStatus } from './instances.service.js';
import type { InstanceDto } from './instance.dto.js';

/** Start, stop, restart, reprovision, remove: the wish is stored with a message to the workflow, which acts. */
@Injectable()
export class InstanceWishes {
  constructor(
    private readonly database: Database,
    private readonly instances: InstancesService,
    private readonly outbox: OutboxDispatcher,
  ) {}

  /** Stores the wish; what is so already is no new wish. 409 where it does not go with the status. */
  async wish(member: Member, id: string, wish: OwnerWish): Promise<InstanceDto> {
    await this.database.transaction(async (manager) => {
      const row = await this.instances.row(member, id, manager);
      const verdict = judgeWish(wish, row.status, row.desired_state);
      if (verdict === 'already') return;
      if (verdict !== 'do') throw conflict(verdict.code, verdict.detail);
      await manager.query('UPDATE instance SET desired_state = $2, version = version + 1 WHERE id = $1', [id, DESIRED_BY[wish]]);
      await tellStatus(manager, await this.instances.row(member, id, manager));
      await putIntoOutbox(manager, member.customerId, { topic: 'instanceWished', payload: { requestId: randomUUID(), instanceId: id, wish, actor: `user:${member.userId}` } });
    });
    this.outbox.wake();
    return this.instances.read(member, id);
  }
}
