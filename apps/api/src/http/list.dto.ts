import type { Type } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type as Cast } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { invalid } from './problem.js';

export const DEFAULT_LIMIT = 50;

/** `?limit=&cursor=` of every list. */
export class ListQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: DEFAULT_LIMIT })
  @IsOptional() @Cast(() => Number)
  @IsInt({ message: 'limit must be a whole number from 1 to 100.' })
  @Min(1, { message: 'limit must be a whole number from 1 to 100.' })
  @Max(100, { message: 'limit must be a whole number from 1 to 100.' })
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: '`nextCursor` of the page before.' })
  @IsOptional()
  @IsString({ message: 'cursor must be the nextCursor of the page before.' })
  @MaxLength(200, { message: 'cursor must be the nextCursor of the page before.' })
  cursor?: string;
}

export interface Page<Item> { data: Item[]; nextCursor: string | null }

/** A class for the OpenAPI document: one page of `Item`s. */
export function PageOf<Item extends object>(item: Type<Item>, name: string): Type<Page<Item>> {
  class PageDto {
    @ApiProperty({ type: [item] }) data!: Item[];
    @ApiProperty({ type: 'string', nullable: true, description: 'null = the last page.' }) nextCursor!: string | null;
  }
  Object.defineProperty(PageDto, 'name', { value: name });
  return PageDto;
}

/** Where a page ends: the time (ISO, microseconds kept as text) and id of its last row. Lists are sorted newest first. */
export interface Place { at: string; id: string }

/** As Postgres writes a timestamptz. */
const TIMESTAMP = /^\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01]) (?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?$/;

const encode = ({ at, id }: Place): string => Buffer.from(JSON.stringify([at, id])).toString('base64url');

/** Reads a cursor. Throws a 400 that names the field when it is not one of ours. */
export function placeOf(cursor: string | undefined): Place | null {
  if (cursor === undefined || cursor === '') return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.length === 2 && parsed.every((part) => typeof part === 'string' && part.length <= 100 && !part.includes('\u0000'))) {
      const [at, id] = parsed as [string, string];
      if (TIMESTAMP.test(at)) return { at, id };
    }
  } catch {
    // Told below, like any other text that is no cursor.
  }
  throw invalid({ cursor: 'Use the nextCursor of the page before, unchanged, or leave it out.' });
}

/** Makes a page of rows that were read with one more than `limit`. */
export function pageOf<Row, Item>(rows: Row[], limit: number, place: (row: Row) => Place, item: (row: Row) => Item): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { data: shown.map(item), nextCursor: rows.length > limit && last !== undefined ? encode(place(last)) : null };
}
