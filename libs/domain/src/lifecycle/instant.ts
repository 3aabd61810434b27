/** An instant as people read it: `2027-03-10 09:00 UTC`. */
export const sayInstant = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
