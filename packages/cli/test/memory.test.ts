// What commands take above the opened model stays within --memory and a tenth of it, also where the Jacobian is far larger and
// what the derivative needs of a point is nearly all of it. Each runs in a process of its own, which is measured by Linux, and
// has the settings of the allocator that the command gives itself where Node lets it.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALLOCATOR } from "../src/kit/allocator.ts";
import { bundleCommand } from "./bundle.ts";
import { pyramid } from "./models.ts";
import { scratch } from "./run.ts";

const isMeasured = existsSync("/proc/self/status");
if (!isMeasured) console.log("memory of commands: not measured, since only Linux says what a process took");

const BUDGET = 256 * 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "vielbein-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(isMeasured)("memory above the opened model", () => {
  let program: string;
  let opened: number;
  // The Jacobian, 196,608 × 32, takes 403 MB to decompose; what its products need of a point 172 MiB.
  const path = scratch("pyramid.onnx", encodeModel(pyramid(32, 16, 5, 8)));

  function peakOf(...args: string[]): number {
    const PEAK = join(folder, "peak");
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      encoding: "utf8",
      cwd: folder,
      env: { ...process.env, ...ALLOCATOR, PEAK },
    });
    expect(status, stderr).toBe(0);
    return Number(readFileSync(PEAK, "utf8"));
  }

  beforeAll(async () => {
    program = await bundleCommand(folder, "./measured.ts");
    opened = peakOf("open", path);
    const target = { shape: [3, 256, 256], data: new Float32Array(3 * 256 * 256).fill(0.1) };
    writeFileSync(join(folder, "target.npy"), writeNpy(target));
  }, 120_000);

  it.each([
    "basis --k 1",
    "metric --k 1 --samples 1",
    "metric --samples 1",
    "basis --k 1 --samples 3",
    "traverse --directions 0 --columns 3 --out sheet.png",
    "axes --axes 0 --columns 3 --out axes.png",
    "warpage --k 1 --pairs 1 --untrained 0 --pca-samples 0",
    "geodesic --segments 4 --steps 2 --sheet geodesic.png",
    "invert --target target.npy --candidates 4 --starts 2 --steps 2 --sheet inversion.png",
    "curvature --k 1 --samples 1 --untrained 0",
  ])(
    "%s",
    (line) => {
      const [command, ...options] = line.split(" ");
      const peak = peakOf(command!, path, "--memory", String(BUDGET), "--threads", "1", ...options);
      expect(peak - opened).toBeLessThan(1.1 * BUDGET);
    },
    300_000,
  );
});
