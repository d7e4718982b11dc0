// Exit statuses, after sysexits.h, so that queues and scripts can act on them.

export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  badInput: 65,
  missingFile: 66,
  backendUnavailable: 69,
  numericalFailure: 70,
  cannotWrite: 73,
  tryAgain: 75,
  interrupted: 130,
} as const;

/** Statuses that the same command ends with however often it is tried: wrong usage, bad input, a missing file. */
export const HOPELESS: readonly number[] = [EXIT.usage, 64, EXIT.badInput, EXIT.missingFile];
