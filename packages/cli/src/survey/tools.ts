// Programs of schedulers.

import { spawn } from "node:child_process";
import { VielbeinError } from "@vielbein/core";

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws {VielbeinError} `BACKEND_UNAVAILABLE` where the program is not there. */
async function run(program: string, words: readonly string[], input = ""): Promise<Ended> {
  const child = spawn(program, words, { stdio: "pipe" });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // It may end before it has read everything.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((done, fail) => {
    child.on("error", (cause) => fail(unavailable(program, cause.message, cause)));
    child.on("close", (status) => done({ status, stdout, stderr }));
  });
}

/** What a program answers; undefined where it is not there or fails. */
export async function ask(program: string, words: readonly string[]): Promise<string | undefined> {
  const { status, stdout } = await run(program, words).catch(() => ({ status: 1, stdout: "" }));
  return status === 0 ? stdout : undefined;
}

/**
 * Gives a program its input, and returns what it says.
 *
 * @throws {VielbeinError} `BACKEND_UNAVAILABLE` where it is not there or fails.
 */
export async function tell(program: string, words: readonly string[], input: string): Promise<string> {
  const { status, stdout, stderr } = await run(program, words, input);
  if (status === 0) return stdout.trim();
  throw unavailable(program, stderr.trim() || `it ended with status ${status}`);
}

/** @throws {VielbeinError} `BACKEND_UNAVAILABLE` */
export async function requireTool(program: string): Promise<void> {
  await run(program, ["--version"]);
}

function unavailable(program: string, reason: string, cause?: Error): VielbeinError {
  return new VielbeinError(
    "BACKEND_UNAVAILABLE",
    `${program}: ${reason}. Submit where the scheduler is; --print shows what would be submitted.`,
    { cause },
  );
}
