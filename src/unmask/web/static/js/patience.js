/** Ask a busy server again, after the time it names. */
import { Refused } from "./api.js";

const MOST_TRIES = 30;

/** The result of `work`; while the server is busy `waits(seconds left)` is called, until `signal` aborts it. */
export async function patiently(work, signal, waits) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const again = error instanceof Refused && error.retryAfter && tries < MOST_TRIES && !signal.aborted;
      if (!again) throw error;
      for (let left = error.retryAfter; left > 0 && !signal.aborted; left -= 1) {
        waits(left);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }
}
