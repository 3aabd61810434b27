/** Asks the person to sign in again; true when they did. */
type Ask = () => Promise<boolean>;

let ask: Ask | null = null;
let asking: Promise<boolean> | null = null;

/** The page that can show the dialog says so, and takes it back when it goes. */
export function onSignedOut(handler: Ask): () => void {
  ask = handler;
  return () => {
    if (ask === handler) ask = null;
  };
}

/** Called when a write met 401. However many writes meet it at once, the person is asked once. */
export function signedOut(): Promise<boolean> {
  asking ??= (ask?.() ?? Promise.resolve(false)).finally(() => {
    asking = null;
  });
  return asking;
}
