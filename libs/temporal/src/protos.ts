import proto from '@temporalio/proto';

/** `@temporalio/proto` is CommonJS without named exports. */
export const { temporal } = proto;
