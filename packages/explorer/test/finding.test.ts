// What the engine finds beside the Local Basis: directions of a region, directions of samples as they grow certain,
// pictures to lay over the picture; and that one who gives up takes nothing from others.

import { readFileSync } from "node:fs";
import { displacementOf, RegionAt, samplePoints } from "@vielbein/core";
import { decodeDirections } from "@vielbein/core/directions-file";
import { rowAt } from "@vielbein/linalg";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";
import type { ExplorerDirections, Progress } from "@vielbein/viz/explorer";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ModelEngine } from "../src/model-engine.ts";
import { light } from "./light.ts";

const SIZE = 32;
const bytes = light(64, 8);
const engine = new ModelEngine(new NodeRuntime({ threads: 1 }));
let map: OnnxMap;
let point: Float32Array;
/** 1 in a rectangle of the picture. */
const mask = { width: SIZE, height: SIZE, data: new Uint8Array(SIZE ** 2) };

beforeAll(async () => {
  await engine.load({ name: "light.onnx", bytes }, {});
  map = await OnnxMap.create(decodeModel(bytes, "light.onnx"), new NodeRuntime({ threads: 1 }));
  point = samplePoints(map.from, 3, 0, 1);
  for (let y = 10; y < 20; y++) mask.data.fill(1, y * SIZE + 5, y * SIZE + 30);
}, 60_000);
afterAll(async () => {
  engine.dispose();
  await map.dispose();
});

it("draws 32 × 32 in colour", () => {
  expect(map.to.shape).toEqual([3, SIZE, SIZE]);
});

it.each(["ratio", "ignore"] as const)(
  "finds the directions of a region that core finds: %s",
  async (outside) => {
    const shares: number[] = [];
    const found = await engine.region(
      point,
      { mask, outside },
      { progress: ({ share }) => shares.push(share) },
    );
    const weights = Float32Array.from({ length: 3 * SIZE ** 2 }, (_, i) => mask.data[i % SIZE ** 2]!);
    const expected = await RegionAt.of(map, point, weights).directions({ outside, k: 12 });
    expect(found.set.names.length).toBe(12);
    for (const key of ["inside", "outside"] as const) {
      found[key]!.forEach((value, k) => {
        expect(Math.abs(value / expected[key][k]! - 1)).toBeLessThan(1e-3);
      });
    }
    expect([...found.speeds]).toEqual([...found.inside!]);
    expect(found.set.provenance).toMatchObject({
      method: "region",
      options: { region: { x: 5, y: 10, width: 25, height: 10 }, outside, layout: "chw:3,32,32" },
    });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1) ?? 1).toBeLessThanOrEqual(1);
    const saved = decodeDirections(await engine.save(found.set));
    expect(saved.provenance?.options).toMatchObject({ outside });
  },
);

it("keeps a mask that is no rectangle in the provenance, as text", async () => {
  const ragged = { ...mask, data: mask.data.slice() };
  ragged.data[0] = 1;
  const { set } = await engine.region(point, { mask: ragged, outside: "ratio" });
  expect(set.provenance?.options.region).toEqual({ mask: expect.stringMatching(/^32x32:[\w-]+$/) });
});

it("shows principal components that grow certain, and ends with all of them", async () => {
  const steps: Progress<ExplorerDirections>[] = [];
  const found = await engine.directions("pca", point, { progress: (step) => void steps.push(step) });
  const shown = steps.flatMap(({ found: some }) => some ?? []);
  // The last of these is the result, before the speeds are known.
  expect(shown.map(({ certainty }) => certainty?.samples)).toEqual([64, 128, 256, 512]);
  expect(shown.map(({ set }) => set.names.length)).toEqual([12, 12, 12, found.set.names.length]);
  expect(shown.every(({ speeds }) => speeds.length === 0)).toBe(true);
  const agreements = shown.flatMap(({ certainty }) => certainty?.agreement ?? []);
  expect(agreements.length).toBe(3);
  expect(agreements.every((agreement) => agreement > 0.2 && agreement < 1 + 1e-9)).toBe(true);
  expect(found.certainty).toMatchObject({ samples: 512, of: 512 });
  expect(found.speeds.length).toBe(found.set.names.length);
  const shares = steps.map(({ share }) => share);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
});

it("shows metric axes after each sample", async () => {
  const counts: (number | undefined)[] = [];
  await engine.directions("metric", point, {
    progress: ({ found }) => void (found && counts.push(found.certainty?.samples)),
  });
  expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

it("shows where a direction acts, and how far pictures are apart", async () => {
  const { set } = await engine.basis(point);
  const direction = Float32Array.from(displacementOf(set, 0));
  const { data, width, height } = await engine.heat(point, direction);
  expect([width, height]).toEqual([SIZE, SIZE]);
  const pushed = await map.jvp(point, direction, 1);
  const lengths = Float64Array.from({ length: SIZE ** 2 }, (_, p) =>
    Math.hypot(pushed[p]!, pushed[p + SIZE ** 2]!, pushed[p + 2 * SIZE ** 2]!),
  );
  const largest = Math.max(...lengths);
  lengths.forEach((length, p) => {
    expect(Math.abs(data[4 * p + 3]! - (255 * length) / largest)).toBeLessThan(1);
  });
  const same = await engine.difference(point, point);
  expect(same.data.every((level, i) => level === (i % 4 === 3 ? 255 : 0))).toBe(true);
  const moved = await engine.difference(
    point.map((x, i) => x + direction[i]!),
    point,
  );
  expect(moved.data.some((level, i) => i % 4 !== 3 && level > 0)).toBe(true);
});

it("draws small pictures no larger than asked for", async () => {
  const [small] = await engine.thumbnails(point, 1, 16);
  expect([small!.width, small!.height]).toEqual([16, 16]);
  const [whole] = await engine.render(point, 1);
  const [large] = await engine.thumbnails(point, 1, 200);
  expect(large).toEqual(whole);
});

it("goes on for others when one gives up", async () => {
  const here = point.map((x) => 0.9 * x);
  const controller = new AbortController();
  const given = engine.basis(here, {
    signal: controller.signal,
    progress: () => controller.abort(new DOMException("Another code is wanted.", "AbortError")),
  });
  const speeds = engine.directions("sefa", here).then((found) => found.speeds);
  await expect(given).rejects.toThrow("Another code is wanted.");
  const { set } = await engine.directions("sefa", here);
  const count = set.names.length;
  const tangents = new Float32Array(count * 64);
  for (let k = 0; k < count; k++) tangents.set(displacementOf(set, k), 64 * k);
  const pushed = await map.jvp(here, tangents, count);
  (await speeds).forEach((speed, k) => {
    expect(speed / Math.hypot(...rowAt(pushed, k, map.to.dim))).toBeCloseTo(1, 4);
  });
});

it("says of which file a model is", async () => {
  const whole = new Uint8Array(readFileSync(sampleUrl));
  const other = new ModelEngine(new NodeRuntime({ threads: 1 }));
  const { sha256 } = await other.load({ name: "faces.onnx", bytes: whole }, {});
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  other.dispose();
});
