// JSON from files that others wrote.

import { badCheckpoint } from "../errors.ts";

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws {VielbeinError} `INVALID_MODEL` where the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw badCheckpoint("it begins like JSON and is none", undefined, cause);
  }
}
