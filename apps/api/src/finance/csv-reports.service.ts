import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { unavailable } from '../http/problem.js';
import type { CsvQuery, LedgerCsvQuery } from './finance.dto.js';

const soon = () => Promise.reject(unavailable('NOT_YET', 'The books are being opened.'));

@Injectable()
export class CsvReports {
  dunning(_: CsvQuery, _r: Response): Promise<void> { return soon(); }
  ageing(_: CsvQuery, _r: Response): Promise<void> { return soon(); }
  ledger(_: LedgerCsvQuery, _r: Response): Promise<void> { return soon(); }
  dunningChecksum(_: CsvQuery, _r: Response): Promise<void> { return soon(); }
  ageingChecksum(_: CsvQuery, _r: Response): Promise<void> { return soon(); }
  ledgerChecksum(_: LedgerCsvQuery, _r: Response): Promise<void> { return soon(); }
}
