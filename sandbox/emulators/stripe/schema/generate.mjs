/**
 * Writes `params.generated.ts` and `shapes.generated.ts` from the declarations of the installed `stripe` package:
 * which parameters each emulated endpoint takes, and which fields each object has. Run by hand after an upgrade:
 * `node sandbox/emulators/stripe/schema/generate.mjs`
 *
 * Notation of a type: s string · i number · d decimal string · b boolean · n null · * anything · m map of strings ·
 * 'x' literal · `[T]` array · `{a:T;b?:T}` object · `A|B` either · `@Name` a named object · `""` empty string unsets.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const esm = join(dirname(require.resolve('stripe')), '../esm');
const version = JSON.parse(readFileSync(join(esm, '../package.json'), 'utf8')).version;

/** Resource files whose endpoints the emulator serves. */
const files = [
  'Customers', 'Products', 'Prices', 'Coupons', 'PromotionCodes', 'Checkout/Sessions', 'SetupIntents', 'PaymentIntents', 'PaymentMethods',
  'Charges', 'Subscriptions', 'SubscriptionItems', 'Invoices', 'InvoiceItems', 'InvoicePayments', 'Refunds', 'CreditNotes', 'BalanceTransactions',
  'Balance', 'Disputes', 'BillingPortal/Sessions', 'BillingPortal/Configurations', 'Events', 'WebhookEndpoints', 'TestHelpers/TestClocks', 'SubscriptionSchedules', 'Mandates',
];
/** Parts of parameters that the emulator takes without looking inside. */
const opaque = new Set(['payment_method_options', 'schedule_details', 'payment_method_data', 'wallet_options', 'automatic_surcharge', 'shipping_options', 'custom_fields', 'evidence']);

const program = ts.createProgram(files.map((file) => join(esm, `resources/${file}.d.ts`)), {
  module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, strictNullChecks: true, types: [],
});
const checker = program.getTypeChecker();

/** Interfaces that carry an `object` literal are objects with an id of their own and are named, not inlined. */
const named = new Map();
const isNamed = (type) => {
  const property = type.getProperty?.('object');
  if (!property || !type.symbol || type.symbol.name === '__type') return false;
  const t = checker.getTypeOfSymbol(property);
  return t.isStringLiteral?.() ?? false;
};

function write(type, opts, trail = []) {
  const F = ts.TypeFlags;
  if (type.flags & F.Any || type.flags & F.Unknown) return '*';
  if (type.isUnion()) {
    const open = type.types.some((part) => part.flags & F.Intersection || (part.flags & F.Object && part.symbol?.name === 'OtherString'));
    const parts = type.types.filter((part) => !(part.flags & F.Undefined)).map((part) => write(part, opts, trail));
    const unique = [...new Set(parts)].map((part) => (part === "'true'" || part === "'false'" ? 'b' : part));
    const out = [...new Set(unique)].filter((part) => !(open && part === '*'));
    if (open && opts.shape) return out.filter((p) => !p.startsWith("'")).concat('s').join('|');
    return out.join('|');
  }
  if (type.isStringLiteral()) return type.value === '' ? '""' : `'${type.value}'`;
  if (type.flags & F.BooleanLiteral) return 'b';
  if (type.isNumberLiteral()) return 'i';
  if (type.flags & F.String || type.flags & F.TemplateLiteral) return 's';
  if (type.flags & F.Number) return 'i';
  if (type.flags & F.Boolean) return 'b';
  if (type.flags & F.Null) return 'n';
  if (type.flags & F.Intersection) return opts.shape ? 's' : '*';
  if (checker.isArrayType(type)) return `[${write(checker.getTypeArguments(type)[0], opts, trail)}]`;
  const name = type.symbol?.name ?? '';
  if (name === 'Decimal') return 'd';
  if (name === 'Date') return 'i';
  const index = type.getStringIndexType?.();
  if (index && type.getProperties().length === 0) return (index.isUnion() ? index.types : [index]).some((part) => part.flags & F.String) ? 'm' : '*';
  if (name === 'ApiList') return `@@${write(checker.getTypeArguments(type)[0] ?? type.aliasTypeArguments?.[0], opts, trail)}`;
  if (opts.shape && trail.length > 0 && isNamed(type)) {
    const key = qualified(type);
    if (!named.has(key)) { named.set(key, null); named.set(key, write(type, opts, [])); }
    return `@${key}`;
  }
  if (trail.includes(type) || trail.length > 9) return '*';
  const members = type.getProperties().map((property) => {
    if (!opts.shape && opaque.has(property.name)) return `${property.name}?:*`;
    const declared = checker.getTypeOfSymbol(property);
    const decimal = /_decimal$/.test(property.name);
    const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
    return `${property.name}${optional}:${decimal && !opts.shape ? 'd' : write(declared, opts, [...trail, type])}`;
  });
  return `{${members.join(';')}}`;
}
/** Two interfaces of one name (Session) are told apart by their folder. */
function qualified(type) {
  const file = type.symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
  const folder = /resources\/(\w+)\/\w+\.d\.ts$/.exec(file)?.[1];
  return (folder ? `${folder}_` : '') + type.symbol.name;
}

const endpoints = [];
for (const file of files) {
  const source = program.getSourceFile(join(esm, `resources/${file}.d.ts`));
  const js = readFileSync(join(esm, `resources/${file}.js`), 'utf8');
  source.forEachChild((node) => {
    if (ts.isInterfaceDeclaration(node)) {
      const type = checker.getTypeAtLocation(node);
      if (isNamed(type) && !/[a-z]Event$/.test(node.name.text) && !named.has(qualified(type))) { named.set(qualified(type), null); named.set(qualified(type), write(type, { shape: true }, [])); }
    }
    if (!ts.isClassDeclaration(node)) return;
    for (const member of node.members) {
      if (!ts.isMethodDeclaration(member)) continue;
      const method = member.name.getText();
      const found = new RegExp(`\\n    ${method}\\([^)]*\\) \\{[\\s\\S]*?_makeRequest\\('(\\w+)', [\`']([^\`']+)[\`']`).exec(js);
      if (!found) continue;
      const path = found[2].replace(/\$\{[^}]*\}/g, ':id');
      const params = member.parameters.find((p) => p.name.getText() === 'params');
      let type = params ? checker.getNonNullableType(checker.getTypeAtLocation(params)) : undefined;
      // `params?: X | RequestOptions` overloads: take the part that is not RequestOptions
      if (type?.isUnion()) type = type.types.find((part) => part.symbol?.name !== 'RequestOptions') ?? type.types[0];
      const line = `${found[1]} ${path} ${type ? write(type, { shape: false }, []) : '{expand?:[s]}'}`;
      if (!endpoints.includes(line)) endpoints.push(line);
    }
  });
}
const escape = (text) => text.replace(/\\/g, '\\\\').replace(/`/g, '\\`').replace(/\$\{/g, '\\${');
const head = (what) => `/** ${what} Written by schema/generate.mjs from stripe ${version}; do not edit. The notation is explained there. */\n`;
writeFileSync(join(here, 'params.generated.ts'), `${head('Parameters of each endpoint.')}export const endpointParams = \`\n${escape(endpoints.join('\n'))}\n\`;\n`);
const shapes = [...named].filter(([name]) => !/[a-z]Event$/.test(name)).map(([name, text]) => `${name} ${text}`).sort();
writeFileSync(join(here, 'shapes.generated.ts'), `${head('Fields of each object.')}export const objectShapes = \`\n${escape(shapes.join('\n'))}\n\`;\n`);
console.log(`${endpoints.length} endpoints, ${shapes.length} objects`);
