import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Catalogue } from '#domain/plan/plan.types.js';
import { Public } from '../policy/policy.decorators.js';
import { CATALOGUE } from '../tokens.js';
import { PlanListDto, planView } from './plan.dto.js';

@ApiTags('plans')
@Controller('plans')
export class PlansController {
  constructor(@Inject(CATALOGUE) private readonly catalogue: Catalogue) {}

  /** The plans that are sold, in the order of the catalogue. */
  @Get() @Public()
  @ApiOkResponse({ type: PlanListDto })
  listPlans(): PlanListDto {
    return { data: this.catalogue.plans.filter((plan) => plan.sold).map(planView), nextCursor: null };
  }
}
