import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readNpz, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { run } from "../src/index.ts";
import { generator, generatorBytes } from "./models.ts";
import { type Outcome, scratch, vielbein } from "./run.ts";

const path = scratch("rows.onnx", generatorBytes);

/** Interrupts once the progress bar says `at` rows; the bar is drawn on terminals only. */
async function interruptedAt(at: number, ...argv: string[]): Promise<Outcome> {
  const controller = new AbortController();
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(argv, {
    stdout: { write: (text) => out.push(text) },
    stderr: {
      isTTY: true,
      write: (text) => {
        err.push(text);
        if (text.includes(` ${at}/`)) controller.abort();
      },
    },
    signal: controller.signal,
  });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

describe("an interrupted run", () => {
  it("keeps its rows, says so, and goes on with --resume to the same file, bit for bit", async () => {
    const [parts, whole] = [scratch("parts.npz"), scratch("whole.npz")];
    const command = ["basis", path, "--samples", "8", "--seed", "3", "--json"];
    const first = await interruptedAt(3, ...command, "--out", parts);
    expect(first.code).toBe(130);
    expect(first.stderr).toContain(
      `vielbein: interrupted after 3 of 8 local bases; ${parts} keeps them: run the same command with --resume to go on\n`,
    );
    expect(JSON.parse(first.stdout).points).toHaveLength(3);
    expect(readNpz(readFileSync(parts)).input_vectors!.shape).toEqual([3, 4, 4]);

    const second = await interruptedAt(5, ...command, "--out", parts, "--resume");
    expect(second.stderr).toContain(`${parts} keeps 3 of 8 local bases`);
    expect(second.stderr).toContain("interrupted after 5 of 8");
    const third = await vielbein(...command, "--out", parts, "--resume");
    const uninterrupted = await vielbein(...command, "--out", whole);
    expect(third.code).toBe(0);
    expect(third.stdout).toBe(uninterrupted.stdout);
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true);
  });

  it("without --out prints what there is and says what would have kept it", async () => {
    const { code, stdout, stderr } = await interruptedAt(2, "basis", path, "--samples", "8", "--json");
    expect(code).toBe(130);
    expect(JSON.parse(stdout).points).toHaveLength(2);
    expect(stderr).toContain("interrupted after 2 of 8 local bases; with --out FILE.npz they would be kept");
  });

  it("has no rows to keep before the first", async () => {
    const out = scratch("none.npz");
    const { code, stdout, stderr } = await interruptedAt(0, "basis", path, "--samples", "8", "--out", out);
    expect(code).toBe(130);
    expect(stdout).toBe("");
    expect(stderr).toContain("interrupted before the first of 8 local bases");
    expect(existsSync(out)).toBe(false);
  });
});

describe("a run that fails", () => {
  it("keeps the rows before the failure", async () => {
    // exp overflows in float32 at the third point.
    const points = Float32Array.from({ length: 12 }, (_, i) => (i < 8 ? 0.1 * i : 3e38));
    const out = scratch("failed.npz");
    const { code, stdout, stderr } = await vielbein(
      "basis",
      path,
      ...["--to", "pre", "--points", scratch("far.npy", writeNpy({ shape: [3, 4], data: points }))],
      ...["--out", out, "--json"],
    );
    expect(code).toBe(70);
    expect(JSON.parse(stdout).points).toHaveLength(2);
    expect(stderr).toContain(`stopped after 2 of 3 local bases; ${out} keeps them`);
    expect(readNpz(readFileSync(out)).points!.shape).toEqual([2, 4]);
  });

  it("prints the rows even where they cannot be written after all", async () => {
    // The folder goes away while the rows are computed.
    const folder = scratch("gone");
    mkdirSync(folder);
    const [out, err]: [string[], string[]] = [[], []];
    const code = await run(["basis", path, "--out", join(folder, "rows.npz"), "--json"], {
      stdout: { write: (text) => out.push(String(text)) },
      stderr: {
        isTTY: true,
        write: (text) => {
          err.push(String(text));
          rmSync(folder, { recursive: true, force: true });
        },
      },
      signal: new AbortController().signal,
    });
    expect([code, err.join("").includes("Cannot write")]).toEqual([73, true]);
    expect(JSON.parse(out.join("")).points).toHaveLength(1);
    expect(err.join("")).not.toContain("keeps them");
  });

  it("fails before it computes anything where the file could not be written", async () => {
    const { code, stdout } = await vielbein("basis", path, "--out", scratch("nowhere/bases.npz"));
    expect(code).toBe(73);
    expect(stdout).toBe("");
  });
});

describe("--resume", () => {
  const out = scratch("kept.npz");
  const resume = (model: string, ...more: string[]) =>
    vielbein("basis", model, "--samples", "2", "--out", out, "--resume", ...more);

  it("starts from the first where there is no file, and computes nothing where all is there", async () => {
    const fresh = await resume(path);
    expect(fresh.code).toBe(0);
    expect(fresh.stderr).toContain("does not exist yet");
    const bytes = readFileSync(out);
    const again = await resume(path);
    expect(again.stdout).toBe(fresh.stdout);
    expect(again.stderr).toContain("keeps 2 of 2");
    expect(readFileSync(out).equals(bytes)).toBe(true);
  });

  it("extends a finished run by more samples", async () => {
    const [grown, whole] = [scratch("grown.npz"), scratch("four.npz")];
    await vielbein("basis", path, "--samples", "2", "--out", grown);
    await vielbein("basis", path, "--samples", "4", "--out", grown, "--resume");
    await vielbein("basis", path, "--samples", "4", "--out", whole);
    expect(readFileSync(grown).equals(readFileSync(whole))).toBe(true);
  });

  it("knows the model by its content, not its name", async () => {
    expect((await resume(scratch("renamed.onnx", generatorBytes))).code).toBe(0);
  });

  it("refuses the rows of another model, space, seed, option or points file, and says which", async () => {
    const { graph, ...rest } = generator();
    const other = encodeModel({
      ...rest,
      graph: { ...graph, initializers: [...graph.initializers].reverse() },
    });
    const points = (name: string, value: number) =>
      scratch(name, writeNpy({ shape: [2, 4], data: new Float32Array(8).fill(value) }));
    for (const [named, ...argv] of [
      ["model.sha256", scratch("other.onnx", other)],
      ['to.name is "image", now it is "hidden"', path, "--to", "hidden"],
      ["points.seed is 0, now it is 7", path, "--seed", "7"],
      ['options.k is "all", now it is 2', path, "--k", "2"],
      ["points.seed is 0, now it is absent", path, "--points", points("a.npy", 1)],
    ] as const) {
      const { code, stdout, stderr } = await resume(...(argv as unknown as [string]));
      expect([named, code, stdout]).toEqual([named, 2, ""]);
      expect(stderr).toContain(named);
    }
    const kept = scratch("points.npz");
    const from = (file: string) => vielbein("basis", path, "--points", file, "--out", kept, "--resume");
    expect((await from(points("a.npy", 1))).code).toBe(0);
    expect((await from(points("b.npy", 1))).code).toBe(0);
    expect((await from(points("a.npy", 2))).stderr).toContain("points.sha256");
  });

  it("refuses fewer rows than are kept, a file of unknown origin, one that is no .npz, and no file at all", async () => {
    const fewer = await vielbein("basis", path, "--samples", "1", "--out", out, "--resume");
    expect(fewer.code).toBe(2);
    expect(fewer.stderr).toContain("keeps 2 local bases, more than the 1 asked for");
    const data = new Float64Array(2);
    const strange = scratch("strange.npz", writeNpz({ points: { shape: [2], data } }));
    const unknown = await vielbein("basis", path, "--out", strange, "--resume");
    expect([unknown.code, unknown.stderr.includes("no provenance")]).toEqual([2, true]);
    const text = await vielbein("basis", path, "--out", scratch("text.npz", "no zip"), "--resume");
    expect(text.code).toBe(65);
    const nameless = await vielbein("basis", path, "--resume");
    expect([nameless.code, nameless.stderr.includes("--out FILE.npz")]).toEqual([2, true]);
  });
});
