// Claims: who is at work on which shard. With --claim, workers that know nothing of each other take shards that nobody
// works on. A claim is a lease: its worker renews it, and one that is not renewed expires, so that the shards of
// workers which died are taken over. Nothing depends on a claim but that work is not done twice: two that compute one
// shard write the same bytes.

import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import { cannotWrite, makeFolder } from "../kit/folders.ts";
import { isAlive, writeDurably } from "../kit/output.ts";
import type { SurveyFolder } from "./folder.ts";
import { readIfThere, statIfThere } from "./reading.ts";
import type { Shard } from "./shards.ts";

const claimSchema = z.object({
  owner: z.string(),
  host: z.string(),
  pid: z.int(),
  since: z.string(),
  /** When the lease ends, by the clock of its worker. */
  expires: z.string(),
  /** How long it is from one renewal, in milliseconds. */
  lease: z.number(),
  /** How many rows are computed. */
  rows: z.int(),
});

export type Claim = z.infer<typeof claimSchema>;

/** A worker's own claims. */
export class Claims {
  readonly #folder: SurveyFolder;
  readonly #lease: number;
  readonly #owner: string = randomUUID();
  #renewed = 0;
  #since = "";

  /** @param lease in milliseconds. */
  constructor(folder: SurveyFolder, lease: number) {
    this.#folder = folder;
    this.#lease = lease;
  }

  /**
   * Takes a shard unless a living worker has it; returns whether it did.
   *
   * @throws {CannotWriteError}
   */
  async take(shard: Shard): Promise<boolean> {
    if (await this.#create(shard)) return true;
    if (await liveClaim(this.#folder, shard, this.#lease)) return false;
    // Only one of several finds it there to be moved away.
    const away = join(this.#folder.temporary, `claim-${randomUUID()}.json`);
    try {
      await makeFolder(this.#folder.temporary);
      await rename(this.#folder.claim(shard.number), away);
      await rm(away, { force: true });
    } catch {
      return false;
    }
    return this.#create(shard);
  }

  /** Takes a shard whoever has it. */
  async seize(shard: Shard): Promise<void> {
    this.#since = new Date().toISOString();
    await this.#write(shard, 0);
  }

  /** Renews the lease when a good part of it is over. */
  async renew(shard: Shard, rows: number): Promise<void> {
    if (performance.now() - this.#renewed > this.#lease / 4) await this.#write(shard, rows);
  }

  /** Where that fails, the lease will end. */
  async release({ number }: Shard): Promise<void> {
    await rm(this.#folder.claim(number), { force: true }).catch(() => undefined);
  }

  async #create(shard: Shard): Promise<boolean> {
    const path = this.#folder.claim(shard.number);
    this.#since = new Date().toISOString();
    try {
      await makeFolder(dirname(path));
      await writeFile(path, this.#text(0), { flag: "wx" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw cannotWrite(path, error);
    }
    this.#renewed = performance.now();
    return true;
  }

  async #write({ number }: Shard, rows: number): Promise<void> {
    await writeDurably(this.#folder.claim(number), this.#text(rows), this.#folder.temporary);
    this.#renewed = performance.now();
  }

  #text(rows: number): string {
    const expires = new Date(Date.now() + this.#lease).toISOString();
    const claim: Claim = {
      owner: this.#owner,
      host: hostname(),
      pid: process.pid,
      since: this.#since,
      expires,
      lease: this.#lease,
      rows,
    };
    return JSON.stringify(claim);
  }
}

/**
 * The claim of a worker that may be at work on a shard: its lease runs, and, on this machine, its process does.
 *
 * @param lease how long a claim that says nothing yet is taken for a living one, in milliseconds.
 */
export async function liveClaim(
  folder: SurveyFolder,
  { number }: Shard,
  lease: number,
): Promise<Partial<Claim> | undefined> {
  const path = folder.claim(number);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return undefined;
  const claim = parsed(bytes.toString());
  if (!claim) {
    const mtimeMs = (await statIfThere(path))?.mtimeMs ?? 0;
    return Date.now() - mtimeMs < lease ? {} : undefined;
  }
  if (!isRunning(claim)) return undefined;
  return claim.host === hostname() && !isAlive(claim.pid) ? undefined : claim;
}

/** Two leases ahead is further than any worker renews: the clock was set back since, or is another one. */
function isRunning({ expires, lease }: Claim): boolean {
  const left = Date.parse(expires) - Date.now();
  return left > 0 && left <= 2 * lease;
}

function parsed(text: string): Claim | undefined {
  try {
    return z.safeParse(claimSchema, JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
