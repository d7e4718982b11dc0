// The types of options are inferred from their values: a program that says what they must be compiles.

import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");

it("options and arguments have the types that their values say", () => {
  const project = fileURLToPath(new URL("types", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", project], { encoding: "utf8" });
  expect([stdout, status]).toEqual(["", 0]);
});
