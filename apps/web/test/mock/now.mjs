/** The frozen "now" of every scene. */
export const NOW = Date.parse('2026-11-21T10:00:00Z');
