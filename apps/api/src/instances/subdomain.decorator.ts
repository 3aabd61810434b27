import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { SUBDOMAIN_RULE, subdomainFault } from './subdomain.js';

/** A subdomain that is well formed and not reserved; capitals are made small. */
export const IsSubdomain = (): PropertyDecorator => applyDecorators(
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toLowerCase() : value)),
  ValidateBy({
    name: 'subdomain',
    validator: {
      validate: (value) => typeof value === 'string' && subdomainFault(value) === null,
      defaultMessage: (details) => (typeof details?.value === 'string' ? subdomainFault(details.value) : null) ?? SUBDOMAIN_RULE,
    },
  }),
);
