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
