const KEY = 'clawkeep.plan';

/** Keeps the plan that was clicked on the pricing page until the wizard opens, maybe in another tab by the mail's link. */
export function rememberPlan(planId: string | undefined): void {
  try {
    if (planId !== undefined) localStorage.setItem(KEY, planId);
  } catch {
    // Nothing is kept: the wizard opens with its default.
  }
}

/** The plan remembered, once. */
export function takePlan(): string | null {
  try {
    const planId = localStorage.getItem(KEY);
    localStorage.removeItem(KEY);
    return planId;
  } catch {
    return null;
  }
}
