import { Injectable, type PipeTransform } from '@nestjs/common';
import { notFound } from './problem.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id in a path. What is no id at all is not there either: the answer tells the two apart for nobody. */
@Injectable()
export class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly what: string) {}

  transform(value: string): string {
    const id = String(value).toLowerCase();
    if (!UUID.test(id)) throw notFound(this.what);
    return id;
  }
}
