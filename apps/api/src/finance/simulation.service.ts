import { Injectable } from '@nestjs/common';
import { unavailable } from '../http/problem.js';
import type { SimulateDto, SimulationDto } from './simulation.dto.js';

@Injectable()
export class SimulationService {
  run(_: SimulateDto): Promise<SimulationDto> { return Promise.reject(unavailable('NOT_YET', 'The simulator is being set up.')); }
}
