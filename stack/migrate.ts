import { createDataSource } from '#database/data-source.js';

/** Process entry: brings the database of DATABASE_URL to the newest schema. Its memory goes back when it ends. */
const dataSource = createDataSource(process.env['DATABASE_URL'] ?? '', 1);
await dataSource.initialize();
try {
  const done = await dataSource.runMigrations({ transaction: 'each' });
  for (const { name } of done) console.log(`migrated: ${name}`);
} finally {
  await dataSource.destroy();
}
