import type { Instance, Plan, PlanPrice, Provider } from '../../api/types.js';
import { readDraft, writeDraft } from '../../ui/drafts.js';
import { takePlan } from '../../ui/wanted-plan.js';

/** What the wizard has been told so far. Kept for this tab; the key is not part of it: it goes to the server once, and stays there. */
export interface WizardDraft {
  readonly planId: string;
  readonly priceId: string;
  readonly provider: Provider | '';
  readonly model: string;
  readonly name: string;
  readonly subdomain: string;
}

export const WIZARD_STEPS = ['plan', 'key', 'name', 'review'] as const;
export type WizardStep = (typeof WIZARD_STEPS)[number];
export const isWizardStep = (text: string): text is WizardStep => (WIZARD_STEPS as readonly string[]).includes(text);

const KEY = 'wizard';
const EMPTY: WizardDraft = { planId: '', priceId: '', provider: '', model: '', name: '', subdomain: '' };

/** The draft of this tab; a plan chosen on the pricing page is taken over once. */
export function loadDraft(): WizardDraft {
  const draft = readDraft(KEY, EMPTY);
  const wanted = takePlan();
  return wanted === null ? draft : { ...draft, planId: wanted, priceId: '' };
}
export const saveDraft = (draft: WizardDraft): void => writeDraft(KEY, draft);
export const dropDraft = (): void => writeDraft(KEY, null);

/** DNS label as the API takes it: 3 to 32, a letter first, no doubled or trailing hyphen. */
const SUBDOMAIN = /^[a-z](?!.*--)[a-z0-9-]{1,30}[a-z0-9]$/;
export const isSubdomain = (text: string): boolean => SUBDOMAIN.test(text);

const CYRILLIC: Readonly<Record<string, string>> = {
  а: 'a', б: 'b', в: 'v', г: 'g', д: 'd', е: 'e', ё: 'e', ж: 'zh', з: 'z', и: 'i', й: 'y', к: 'k', л: 'l', м: 'm', н: 'n', о: 'o', п: 'p', р: 'r',
  с: 's', т: 't', у: 'u', ф: 'f', х: 'h', ц: 'ts', ч: 'ch', ш: 'sh', щ: 'sch', ъ: '', ы: 'y', ь: '', э: 'e', ю: 'yu', я: 'ya',
};

/** An address made from a name, Cyrillic transliterated; may be shorter than an address must be. */
export function subdomainFrom(name: string): string {
  return [...name.toLowerCase().normalize('NFC')].map((letter) => CYRILLIC[letter] ?? letter).join('')
    .normalize('NFKD').replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').slice(0, 32).replace(/-+$/, '');
}

/** The price that is chosen: the one of the draft if the plan has it, else the plan's first; null for a free plan. */
export function chosenPrice(plan: Plan, priceId: string): PlanPrice | null {
  return plan.prices.find(({ id }) => id === priceId) ?? plan.prices[0] ?? null;
}

/** The first step whose answer is still missing; `review` where nothing is. */
export function firstOpenStep(draft: WizardDraft, keysOnFile: readonly string[], plans: readonly { readonly id: string }[]): WizardStep {
  if (!plans.some(({ id }) => id === draft.planId)) return 'plan';
  if (draft.provider === '' || !keysOnFile.includes(draft.provider)) return 'key';
  return draft.name.trim() === '' || !isSubdomain(draft.subdomain) ? 'name' : 'review';
}

/** The payment has not reached it yet: a new assistant, or a kept one that is subscribed to again. */
export const waitsForPayment = ({ status }: Pick<Instance, 'status'>): boolean => status === 'awaiting_payment' || status === 'suspended';
