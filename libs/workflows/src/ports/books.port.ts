/** Stripe's own books, queue `billing`: what finance's tie-out is held against. */
export interface BooksPort {
  /** Reads Stripe's balance transactions of these months (`2027-03`; by default this one and the last) and keeps them by id. Safe to repeat. */
  syncBalance(input: { months?: readonly string[] }): Promise<{ months: readonly string[]; transactions: number }>;
}
