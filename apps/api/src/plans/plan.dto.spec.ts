import { expect, it } from 'vitest';
import { STORY_CATALOGUE } from '#domain/lifecycle/lifecycle.story.js';
import { planView } from './plan.dto.js';

it('tells of a plan what a cancel leads to, and keeps the machine sizes to itself', () => {
  const plans = STORY_CATALOGUE.plans.map(planView);
  const [free, soft] = ['free', 'soft'].map((wanted) => plans.find(({ id }) => id === wanted));
  expect(free).toMatchObject({ id: 'free', onCancel: 'end', afterCancelDays: 7 });
  expect(soft).toMatchObject({ id: 'soft', onCancel: 'free', afterCancelDays: 7, downgradeTo: 'free' });
  expect(Object.keys(soft ?? {}).filter((key) => /size/i.test(key))).toEqual([]);
});
