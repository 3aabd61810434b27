export * from './customer.entities.js';
export * from './host.entities.js';
export * from './instance.entities.js';
export * from './secret.entities.js';
export * from './billing.entities.js';
export * from './record.entities.js';
export * from './notice.entities.js';
