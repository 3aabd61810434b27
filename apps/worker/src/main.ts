import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { Logger } from 'nestjs-pino';
import { loadEnvironment } from '#config/environment.js';
import { WorkerModule } from './worker.module.js';

// Before any native connection: Temporal's runtime would otherwise swallow SIGTERM.
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN') });

const environment = loadEnvironment();
const app = await NestFactory.create(WorkerModule.with(environment), { bufferLogs: true });
app.useLogger(app.get(Logger));
app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
await app.listen(environment.WORKER_INTERNAL_PORT, '127.0.0.1');
