import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Unlimited } from '../limits/unlimited.decorator.js';
import { Public } from '../policy/policy.decorators.js';
import { HealthDto, ReadinessDto } from './health.dto.js';
import { ReadinessService } from './readiness.service.js';

@ApiTags('health') @Unlimited()
@Controller()
export class HealthController {
  constructor(private readonly readiness: ReadinessService) {}

  /** The process is up. */
  @Get('health') @Public()
  @ApiOkResponse({ type: HealthDto })
  getHealth(): HealthDto {
    return this.readiness.health();
  }

  /** The product can truly work: database, Temporal, a live poller on each queue. 503 names what is missing. */
  @Get('ready') @Public()
  @ApiOkResponse({ type: ReadinessDto }) @ApiServiceUnavailableResponse({ type: ReadinessDto })
  async getReadiness(@Res({ passthrough: true }) response: Response): Promise<ReadinessDto> {
    const answer = await this.readiness.check();
    response.status(answer.ready ? 200 : 503);
    return answer;
  }
}
