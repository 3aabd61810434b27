import { DefaultFailureConverter } from '@temporalio/common';

/** Error messages and stack traces go through the codec too: by default Temporal leaves them in clear. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
