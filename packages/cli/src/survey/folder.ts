// The folder of a survey: which file is where. The folder is the protocol: whoever can write to it can take part.

import { join } from "node:path";

/** Paths in the folder of a survey. */
export class SurveyFolder {
  /** As it was given. */
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get plan(): string {
    return join(this.path, "survey.json");
  }

  /** The table of a shard, as receipts name it: its path in the folder. */
  tablePath(shard: number): string {
    return `points/part-${digits(shard)}.parquet`;
  }

  /** Written last: says that a shard is done. */
  receipt(shard: number): string {
    return join(this.path, "receipts", `${digits(shard)}.json`);
  }

  /** Why a shard could not be computed. */
  failure(shard: number): string {
    return join(this.path, "failures", `${digits(shard)}.json`);
  }

  /** Who is at work on a shard. */
  claim(shard: number): string {
    return join(this.path, "claims", `${digits(shard)}.json`);
  }

  /** The rows of a shard that was stopped. */
  unfinished(shard: number): string {
    return join(this.path, "unfinished", `${digits(shard)}.npz`);
  }

  /** Where files are written before they get their names. */
  get temporary(): string {
    return join(this.path, "unfinished");
  }

  /** A file by its path in the folder, such as one that a receipt lists. */
  file(path: string): string {
    return join(this.path, path);
  }
}

/** The name of the array store in the folder. */
export const ARRAYS = "arrays";

function digits(shard: number): string {
  return String(shard).padStart(5, "0");
}
