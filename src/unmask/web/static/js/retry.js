/** Retries of requests to a busy server. */
import { HttpError } from "./api.js";

const MAX_TRIES = 30;

/** The result of `work`. After a response with Retry-After, wait, call `onWait(secondsLeft)` each second, and retry. */
export async function retryWhileBusy(work, signal, onWait) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof HttpError && error.retryAfter && tries < MAX_TRIES && !signal.aborted;
      if (!again) throw error;
      for (let left = error.retryAfter; left > 0 && !signal.aborted; left -= 1) {
        onWait(left);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }
}
