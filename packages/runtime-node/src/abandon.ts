// Giving up what engines have under way, for a program that is asked to end.

export interface Abandonable {
  /** Rejects what is under way and all later requests; returns whether native code goes on running in this process. */
  abandon(reason: Error): boolean;
}

/** Every engine that is at work, or may be. */
export const abandonable: Set<Abandonable> = new Set();

/**
 * Gives up what all runtimes of this process have under way: it is rejected at once with an `AbortError`, and so is
 * whatever they are asked later. Trials are cut off. For a program that is about to end.
 *
 * @returns Whether a run goes on in this process nevertheless. `process.exit` would wait for it to end; to stop at
 * once, a program kills itself with the signal that it was sent.
 */
export function abandonRuns(): boolean {
  const reason = new DOMException("The engine's run was given up.", "AbortError");
  return [...abandonable].map((engine) => engine.abandon(reason)).includes(true);
}
