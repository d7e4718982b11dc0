// Folders of runs that were killed go with the next one; those of runs at work stay.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeWorkFolder } from "../../src/kit/work-folder.ts";

it("removes what killed runs left, and nothing else", async () => {
  const { pid: dead } = spawnSync(process.execPath, ["-e", ""]);
  const folder = (host: string, pid: number) => join(tmpdir(), `vielbein-work-${host}-${pid}-abc`);
  const left = folder(hostname(), dead);
  const others = [folder(hostname(), process.ppid), folder("elsewhere", dead)];
  for (const path of [left, ...others]) mkdirSync(join(path, "within"), { recursive: true });
  const own = await makeWorkFolder();
  const found = [left, ...others, own].map((path) => existsSync(path));
  for (const path of [...others, own]) rmSync(path, { recursive: true });
  expect(found).toEqual([false, true, true, true]);
});
