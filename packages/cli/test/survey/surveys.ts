// What the tests of surveys have in common: plans, and what is in a folder.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { get, open, root } from "zarrita";
import { decodeTable, type TableRow } from "../../src/survey/table.ts";
import { type Outcome, vielbein } from "../run.ts";

/** The number of shards that a survey has. */
export async function planned(out: string, ...argv: string[]): Promise<number> {
  const { code, stdout, stderr } = await vielbein("survey", "plan", ...argv, "--out", out, "--json");
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout).shards;
}

/** Runs it in this process. */
export function ran(folder: string, ...argv: string[]): Promise<Outcome> {
  return vielbein("survey", "run", folder, "--jobs", "1", ...argv);
}

/** All files below a folder, from there. */
export function filesIn(folder: string): string[] {
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      // Where workers are at it, some are gone meanwhile.
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
      .map((path) => relative(folder, path))
      .sort()
  );
}

/** The hashes of what a survey found, by file: tables and arrays, without receipts, which say when and where. */
export function dataIn(folder: string): Record<string, string> {
  const data = filesIn(folder).filter((path) => /^(points|arrays)\//.test(path));
  const hash = (path: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, path)))
      .digest("hex");
  return Object.fromEntries(data.map((path) => [path, hash(path)]));
}

/** The rows of all tables, in the order of the shards. */
export async function tableOf(folder: string): Promise<TableRow[]> {
  const parts = filesIn(folder).filter((path) => path.endsWith(".parquet"));
  const tables = await Promise.all(parts.map((path) => decodeTable(readFileSync(join(folder, path)))));
  return tables.flat();
}

/** An array of the store as zarrita reads it, whole. */
export async function arrayOf(
  folder: string,
  name: string,
): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array | Float64Array }> {
  const store = {
    get: async (key: string) => {
      const path = join(folder, "arrays", key);
      return existsSync(path) ? new Uint8Array(readFileSync(path)) : undefined;
    },
  };
  const array = await open(root(store).resolve(name), { kind: "array" });
  const { shape, data } = await get(array);
  return { shape, data: data as Float64Array };
}
