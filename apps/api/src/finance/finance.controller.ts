import { Body, Controller, Get, HttpCode, Post, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import type { Page } from '../http/list.dto.js';
import { ApiProblems } from '../http/problem.dto.js';
import { Staff } from '../policy/policy.decorators.js';
import {
  AgeingDto, AsOfQuery, ChainCheckDto, CsvQuery, DunningCaseDto, DunningPageDto, DunningQuery, FinanceSummaryDto, LedgerCsvQuery, LedgerPageDto, LedgerQuery, LedgerRowDto,
  MonthQuery, SummaryQuery, TieOutDto,
} from './finance.dto.js';
import { CsvReports } from './csv-reports.service.js';
import { FinanceService } from './finance.service.js';
import { SimulateDto, SimulationDto } from './simulation.dto.js';
import { SimulationService } from './simulation.service.js';

const CSV = { schema: { type: 'string' as const, format: 'binary' } };
const CHECKSUM = { schema: { type: 'string' as const, example: '<sha256 in hex>  ageing.csv\n# rows 12\n' } };

/** What finance sees; read only, but for the policy that is tried on paper. An operator may see it too. */
@ApiTags('finance')
@Controller('finance')
@Staff('finance')
export class FinanceController {
  constructor(
    private readonly finance: FinanceService,
    private readonly reports: CsvReports,
    private readonly simulations: SimulationService,
  ) {}

  /** MRR, what of it is at risk, receivables, what was recovered and lost: each currency for itself. */
  @Get('summary')
  @ApiOkResponse({ type: FinanceSummaryDto }) @ApiProblems(400, 401, 403)
  getFinanceSummary(@Query() query: SummaryQuery): Promise<FinanceSummaryDto> {
    return this.finance.summary(query);
  }

  /** Cases of failed payments as they stand now, newest first. */
  @Get('dunning')
  @ApiOkResponse({ type: DunningPageDto }) @ApiProblems(400, 401, 403)
  listDunningCases(@Query() query: DunningQuery): Promise<Page<DunningCaseDto>> {
    return this.finance.dunning(query);
  }

  /** Open invoices by their age; each invoice stands in one bucket, and the buckets add up to the total. */
  @Get('ageing')
  @ApiOkResponse({ type: AgeingDto }) @ApiProblems(400, 401, 403)
  getAgeing(@Query() query: AsOfQuery): Promise<AgeingDto> {
    return this.finance.ageing(query);
  }

  /** The append-only ledger, newest first. */
  @Get('ledger')
  @ApiOkResponse({ type: LedgerPageDto }) @ApiProblems(400, 401, 403)
  listLedger(@Query() query: LedgerQuery): Promise<Page<LedgerRowDto>> {
    return this.finance.ledger(query);
  }

  /** Computes every hash of the ledger anew and holds it against the chain and its daily marks. */
  @Get('ledger/verify')
  @ApiOkResponse({ type: ChainCheckDto }) @ApiProblems(401, 403)
  verifyLedger(): Promise<ChainCheckDto> {
    return this.finance.verify();
  }

  /** The ledger of a month held against Stripe's balance: 0, or each difference by its id. */
  @Get('tie-out')
  @ApiOkResponse({ type: TieOutDto }) @ApiProblems(400, 401, 403)
  getTieOut(@Query() query: MonthQuery): Promise<TieOutDto> {
    return this.finance.tieOut(query);
  }

  /** Cases that were open at `asOf`, from the ledger. */
  @Get('dunning.csv')
  @ApiProduces('text/csv') @ApiOkResponse(CSV) @ApiProblems(400, 401, 403)
  downloadDunning(@Query() query: CsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.dunning(query, response);
  }

  /** Open invoices at `asOf`, each with its bucket. */
  @Get('ageing.csv')
  @ApiProduces('text/csv') @ApiOkResponse(CSV) @ApiProblems(400, 401, 403)
  downloadAgeing(@Query() query: CsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.ageing(query, response);
  }

  /** Rows of the ledger, oldest first. */
  @Get('ledger.csv')
  @ApiProduces('text/csv') @ApiOkResponse(CSV) @ApiProblems(400, 401, 403)
  downloadLedger(@Query() query: LedgerCsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.ledger(query, response);
  }

  /** SHA-256 and row count of what `dunning.csv` answers to the same question. */
  @Get('dunning.csv.sha256')
  @ApiProduces('text/plain') @ApiOkResponse(CHECKSUM) @ApiProblems(400, 401, 403)
  checksumDunning(@Query() query: CsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.dunningChecksum(query, response);
  }

  /** SHA-256 and row count of what `ageing.csv` answers to the same question. */
  @Get('ageing.csv.sha256')
  @ApiProduces('text/plain') @ApiOkResponse(CHECKSUM) @ApiProblems(400, 401, 403)
  checksumAgeing(@Query() query: CsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.ageingChecksum(query, response);
  }

  /** SHA-256 and row count of what `ledger.csv` answers to the same question. */
  @Get('ledger.csv.sha256')
  @ApiProduces('text/plain') @ApiOkResponse(CHECKSUM) @ApiProblems(400, 401, 403)
  checksumLedger(@Query() query: LedgerCsvQuery, @Res() response: Response): Promise<void> {
    return this.reports.ledgerChecksum(query, response);
  }

  /** Tries a changed policy beside today's on past cases or on a generated book, with the very decisions that production takes. Nothing is written. 503 BUSY while another one runs. */
  @Post('simulate') @HttpCode(200)
  @ApiOkResponse({ type: SimulationDto }) @ApiProblems(400, 401, 403, 503)
  simulatePolicy(@Body() body: SimulateDto): Promise<SimulationDto> {
    return this.simulations.run(body);
  }
}
