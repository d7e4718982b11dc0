// Folders for files that only the run at hand needs.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./output.ts";

const prefix = (): string => `vielbein-work-${hostname()}-`;

/** Makes a folder; the caller removes it. Those that killed runs of this machine left are removed here. */
export async function makeWorkFolder(): Promise<string> {
  const names = await readdir(tmpdir());
  const left = names.filter((name) => {
    const pid = name.startsWith(prefix()) && /^\d+(?=-)/.exec(name.slice(prefix().length))?.[0];
    return pid && !isAlive(Number(pid));
  });
  // Those of other users stay.
  await Promise.all(
    left.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined)),
  );
  return mkdtemp(join(tmpdir(), `${prefix()}${process.pid}-`));
}
