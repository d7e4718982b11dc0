// The signals that ask a command to end.

/** Ctrl-C, a request to end, and a terminal that is closed. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does what holds the thread and keeps nothing, such as drawing a picture: meanwhile a signal, which could not be heard,
 * ends the process at once.
 */
export async function endingAtOnce<T>(work: () => T | Promise<T>): Promise<T> {
  const listeners = SIGNALS.map((name) => [name, process.listeners(name)] as const);
  for (const name of SIGNALS) process.removeAllListeners(name);
  try {
    return await work();
  } finally {
    for (const [name, all] of listeners) for (const listener of all) process.on(name, listener);
  }
}
