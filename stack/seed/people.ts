/** How far a demo subscriber's life has gone. */
export type Wanted = 'prospect' | 'free' | 'trialing' | 'active' | 'canceling' | 'ended';

/** A story of the sandbox panel on the person's own test clock, up to a stage. */
export interface Play { story: string; until?: 'retrying' | 'grace' | 'downgraded' | 'suspended'; overlay?: 'dispute_hold' }

export interface DemoPerson {
  email: string;
  name: string;
  /** For the table of sign-ins. */
  shows: string;
  life: { kind: 'subscriber'; wanted: Wanted; assistant?: string; play?: Play } | { kind: 'staff'; role: 'support' | 'finance' | 'operator' };
}

const unpaid = (email: string, name: string, shows: string, play: Play): DemoPerson => ({
  email: `${email}@clawkeep.test`, name, shows, life: { kind: 'subscriber', wanted: 'trialing', assistant: `${name.split(' ')[0] ?? ''}’s helper`, play },
});

/** Money that went wrong: they move in after the others, while the stack is in use. */
export const MONEY_PEOPLE: readonly DemoPerson[] = [
  unpaid('retrying', 'Rita Retrying', 'Pro, a payment failed and is tried again', { story: 'never-pays', until: 'retrying' }),
  unpaid('grace', 'Greta Grace', 'Pro, unpaid, in grace', { story: 'never-pays', until: 'grace' }),
  unpaid('downgraded', 'Dora Downgraded', 'Pro, unpaid, with the limits of Free', { story: 'never-pays', until: 'downgraded' }),
  unpaid('suspended', 'Susi Suspended', 'Pro, paused at Stripe, the assistant rests', { story: 'pauses', until: 'suspended' }),
  unpaid('dispute', 'Dino Dispute', 'Pro, a charge is disputed', { story: 'dispute-open', overlay: 'dispute_hold' }),
];

/** One subscriber in each interesting stage, and the staff. Addresses below .test reach nobody (RFC 2606). */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  { email: 'support@clawkeep.test', name: 'Sam Support', shows: 'support staff', life: { kind: 'staff', role: 'support' } },
  { email: 'finance@clawkeep.test', name: 'Fiona Finance', shows: 'finance staff', life: { kind: 'staff', role: 'finance' } },
  { email: 'operator@clawkeep.test', name: 'Otto Operator', shows: 'operator', life: { kind: 'staff', role: 'operator' } },
  { email: 'prospect@clawkeep.test', name: 'Petra Prospect', shows: 'has just signed up', life: { kind: 'subscriber', wanted: 'prospect' } },
  { email: 'free@clawkeep.test', name: 'Frida Free', shows: 'Free, a running assistant', life: { kind: 'subscriber', wanted: 'free', assistant: 'Frida’s helper' } },
  { email: 'trial@clawkeep.test', name: 'Tom Trial', shows: 'Pro in its trial, a running assistant', life: { kind: 'subscriber', wanted: 'trialing', assistant: 'Tom’s helper' } },
  { email: 'pro@clawkeep.test', name: 'Paula Pro', shows: 'Pro, paid, a running assistant', life: { kind: 'subscriber', wanted: 'active', assistant: 'Paula’s helper' } },
  { email: 'canceling@clawkeep.test', name: 'Carl Canceling', shows: 'Pro, canceled to the end of the period', life: { kind: 'subscriber', wanted: 'canceling', assistant: 'Carl’s helper' } },
  { email: 'ended@clawkeep.test', name: 'Edda Ended', shows: 'ended, export offered', life: { kind: 'subscriber', wanted: 'ended', assistant: 'Edda’s helper' } },
];

export const subdomainOf = (person: DemoPerson): string => `demo-${person.email.split('@')[0] ?? ''}`;
