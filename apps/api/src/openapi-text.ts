import { loadEnvironment } from '#config/environment.js';
import { createApplication } from './application.js';
import { openapiDocument } from './openapi-document.js';

/** The OpenAPI document as text, from the application itself; neither database nor Temporal is asked. */
export async function openapiText(): Promise<string> {
  const app = await createApplication(loadEnvironment({
    CLAWKEEP_SANDBOX: '1', LOG_LEVEL: 'silent', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', SMTP_URL: 'smtp://127.0.0.1:1', STORAGE_DIR: '.', METRICS_PORT: '0',
  }));
  return `${JSON.stringify(openapiDocument(app), null, 2)}\n`;
}
