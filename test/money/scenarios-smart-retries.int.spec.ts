import { SMART_RETRIES_DIARIES } from '#domain/lifecycle/scenarios/smart-retries.diaries.js';
import { playScenarios } from './play-scenarios.js';

/** The scenarios in which it matters who owns the retries, where Stripe does. */
playScenarios('policies/smart-retries.yaml', SMART_RETRIES_DIARIES, ['2b', '4', '4b', '5', '5b', '6', '7', '9b', '10', '13', '21b', '22', '25']);
