import { anthropicDialect } from './anthropic.dialect.js';
import { googleDialect } from './google.dialect.js';
import { openaiDialect } from './openai.dialect.js';
import type { VendorDialect, VendorName } from './vendor.types.js';

export const DIALECTS: Readonly<Record<VendorName, VendorDialect>> = { openai: openaiDialect, anthropic: anthropicDialect, google: googleDialect };

/** Base URL of each vendor's API, version included, no trailing slash. */
export type VendorBaseUrls = Readonly<Record<VendorName, string>>;
