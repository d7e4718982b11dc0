// Runs the program in this process and catches what it prints.

import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { run } from "../src/index.ts";
import { wholeProgram } from "../src/program.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const { signal } = new AbortController();
const silent = { write: () => undefined };
const program = await wholeProgram(
  { stdout: silent, stderr: silent, reports: "stdout", quiet: true },
  signal,
);
const withEngine = new Set(
  program.commands
    .filter(({ options }) => options.some(({ long }) => long === "--threads"))
    .map((command) => command.name()),
);

/** One thread for the engine, unless the arguments say otherwise: several spin on the cores of other tests. */
function onOneThread([name = "", ...rest]: readonly string[]): readonly string[] {
  return withEngine.has(name) ? [name, "--threads", "1", ...rest] : name === "" ? rest : [name, ...rest];
}

export async function vielbein(...argv: string[]): Promise<Outcome> {
  return vielbeinWith(new AbortController().signal, ...argv);
}

export async function vielbeinWith(signal: AbortSignal, ...argv: string[]): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(onOneThread(argv), {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    signal,
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

/** Interrupted as soon as a line of progress, as a terminal is given, matches. */
export async function interruptedAt(progress: RegExp, ...argv: string[]): Promise<Outcome> {
  const interrupt = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(onOneThread(argv), {
    stdout: { write: (text) => out.push(text) },
    stderr: {
      isTTY: true,
      write: (text) => {
        if (progress.test(text)) interrupt.abort();
        err.push(text);
      },
    },
    signal: interrupt.signal,
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

const folders = new Map<string, string>();

/** A path in a folder of the test file's own; with content, the file is written. */
export function scratch(name: string, content?: Uint8Array | string): string {
  const { testPath } = expect.getState();
  const folder = folders.get(testPath!) ?? mkdtempSync(join(tmpdir(), "vielbein-cli-"));
  folders.set(testPath!, folder);
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

/** The folder of third-party models and hostile inputs. */
export const shared: string =
  process.env.VIELBEIN_SHARED ?? fileURLToPath(new URL("../../../../shared", import.meta.url));

/** A file of the collection of cases; without the collection undefined, said once. */
export function sharedCase(name: string): Uint8Array | undefined {
  const path = join(shared, "cases", name);
  if (existsSync(path)) return readFileSync(path);
  console.log(`${path} is absent: not compared with it`);
  return undefined;
}
