import 'reflect-metadata';
import { loadEnvironment } from '#config/environment.js';
import { createApplication } from './application.js';

const environment = loadEnvironment();
const app = await createApplication(environment);
await app.listen(environment.PORT, environment.BIND_ADDRESS);
