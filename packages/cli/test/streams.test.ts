// What the command does where its standard streams are full, closed or pipes, as a process of its own in a shell.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { readNpz } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "./bundle.ts";
import { generator, generatorBytes, model } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("piped.onnx", generatorBytes);
let program: string;

beforeAll(async () => {
  const folder = scratch("command");
  mkdirSync(folder);
  program = await bundleCommand(folder);
}, 120_000);

/** Runs a command line of bash, in which `vielbein` is the program and `$M` a model. */
function shell(line: string) {
  const script = `vielbein() { "$NODE" "$PROGRAM" "$@"; }\n${line}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    env: { ...process.env, NODE: process.execPath, PROGRAM: program, M: path, OUT: scratch("shell") },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;
if (!hasBash) console.log("skipped: the standard streams, which takes bash");

describe.skipIf(!hasBash)("standard streams", () => {
  it("a full stdout is said in a line, with status 73", () => {
    const { status, stderr } = shell('vielbein inspect "$M" > /dev/full');
    expect(status).toBe(73);
    expect(stderr).toMatch(/^vielbein: Cannot write to stdout: ENOSPC.*\n$/);
  });

  it("a full disk is not blamed on the folder", () => {
    const { status, stderr } = shell('vielbein random "$M" --out /dev/full');
    expect([status, stderr]).toEqual([73, expect.stringMatching(/ENOSPC.*Make room/)]);
  });

  it("a full or closed stderr leaves the work alone", () => {
    for (const redirection of ["2> /dev/full", "2> >(true)"]) {
      const { status, stdout } = shell(`vielbein basis "$M" --samples 3 ${redirection}`);
      expect([redirection, status, stdout.includes("σ0")]).toEqual([redirection, 0, true]);
    }
  });

  it("a closed stdout is no failure, nor is a reader that leaves; files are written all the same", () => {
    for (const [i, end] of [">&-", "| true", "| head -1 > /dev/null"].entries()) {
      const { status, stderr } = shell(
        `set -o pipefail; vielbein metric "$M" --samples 2 --out "$OUT-${i}.npz" --plot "$OUT-${i}.svg" ${end}`,
      );
      expect([end, status, stderr.includes("Error")]).toEqual([end, 0, false]);
      expect(readNpz(readFileSync(scratch(`shell-${i}.npz`))).eigenvalues!.shape).toEqual([2, 4]);
      expect(readFileSync(scratch(`shell-${i}.svg`), "utf8")).toContain("</svg>");
    }
  });

  it("a model may come through a pipe, whatever it is called", async () => {
    const { file: _, ...expected } = JSON.parse((await vielbein("inspect", path, "--json")).stdout);
    for (const line of [
      'vielbein inspect - --json < "$M"',
      'cat "$M" | vielbein inspect /dev/stdin --json',
      'vielbein inspect <(cat "$M") --json',
    ]) {
      const { status, stdout } = shell(line);
      expect([line, status]).toEqual([line, 0]);
      expect(JSON.parse(stdout)).toMatchObject(expected);
    }
  });

  it("but not one that has its weights beside it, nor no model at all", () => {
    const { graph, ...rest } = generator();
    const initializers = graph.initializers.map((tensor) =>
      tensor.name === "w2"
        ? { ...tensor, raw: new Uint8Array(0), external: { location: "w2.bin", offset: 0 } }
        : tensor,
    );
    scratch("shell-external.onnx", encodeModel(model({ ...graph, initializers }, rest)));
    const external = shell('cat "$OUT-external.onnx" | vielbein inspect -');
    expect(external.status).toBe(65);
    expect(external.stderr).toContain("Name its file instead");
    expect(shell("vielbein inspect - < /dev/null").status).toBe(65);
    const reference = shell('cat "$M" | vielbein derive - --weights reference --out "$OUT.onnx"');
    expect([reference.status, reference.stderr.includes("--weights inline")]).toEqual([2, true]);
  });

  it("a file may go to stdout", () => {
    const { status, stderr } = shell('vielbein basis "$M" --samples 2 --out - > "$OUT-stdout.npz"');
    expect([status, stderr.includes("σ0")]).toEqual([0, true]);
    expect(readNpz(readFileSync(scratch("shell-stdout.npz"))).singular_values!.shape).toEqual([2, 4]);
  });

  it("stdout and --out are not one file", () => {
    const { status, stderr } = shell('vielbein basis "$M" --out "$OUT-same.npz" > "$OUT-same.npz"');
    expect([status, stderr.includes("is what stdout writes to")]).toEqual([2, true]);
  });
});
