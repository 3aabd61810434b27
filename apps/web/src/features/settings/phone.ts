/** A number as people write it, with what only parts it taken away: "+49 (151) 123-456" → "+49151123456". "00" stands for "+". */
export const phoneFrom = (text: string): string => text.replace(/[\s().\-/]/g, '').replace(/^00/, '+');

/** E.164 as the API takes it. */
export const isPhone = (text: string): boolean => /^\+[1-9]\d{7,14}$/.test(text);
