import { Injectable } from '@nestjs/common';
import { unavailable } from '../http/problem.js';
import type { Page } from '../http/list.dto.js';
import type { AgeingDto, ChainCheckDto, DunningCaseDto, FinanceSummaryDto, LedgerRowDto, TieOutDto, AsOfQuery, DunningQuery, LedgerQuery, MonthQuery, SummaryQuery } from './finance.dto.js';

const soon = () => Promise.reject(unavailable('NOT_YET', 'The books are being opened.'));

@Injectable()
export class FinanceService {
  summary(_: SummaryQuery): Promise<FinanceSummaryDto> { return soon(); }
  dunning(_: DunningQuery): Promise<Page<DunningCaseDto>> { return soon(); }
  ageing(_: AsOfQuery): Promise<AgeingDto> { return soon(); }
  ledger(_: LedgerQuery): Promise<Page<LedgerRowDto>> { return soon(); }
  verify(): Promise<ChainCheckDto> { return soon(); }
  tieOut(_: MonthQuery): Promise<TieOutDto> { return soon(); }
}
