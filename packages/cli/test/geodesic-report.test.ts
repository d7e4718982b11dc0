// What is said of ways between two points: lengths, their ratios, and when the nodes are too few.

import { describe, expect, it } from "vitest";
import { type Way, waysJson, waysTable } from "../src/commands/geodesic/report.ts";
import type { Distance } from "../src/inputs/distance.ts";

const way = (name: Way["name"], refined: number, chords = refined, unevenness = 0): Way => ({
  name,
  refined,
  chain: {
    points: new Float32Array(4),
    values: new Float32Array(4),
    length: chords,
    energy: chords ** 2 / 2,
    unevenness,
  } as unknown as Way["chain"],
});
const result = { steps: 7, converged: true, routes: { gradient: "products", metric: "columns" } } as const;
const tableOf = (ways: Way[], of: Parameters<typeof waysTable>[1] = result) =>
  waysTable(ways, of, {} as Distance);
const FEW = "the nodes are too few";

describe("waysTable", () => {
  it("compares lengths with the straight line", () => {
    const text = tableOf([way("straight line", 4), way("geodesic", 3, 2.9)]);
    expect(text).toMatch(/straight line\s+4\.0000\s+1\.0000\s+4\.0000\s+8\.0000\s+0\.000/);
    expect(text).toMatch(/geodesic\s+3\.0000\s+0\.7500\s+2\.9000\s+4\.2050\s+0\.000/);
    expect(text).toContain("converged after 7 steps, gradients by products, metric by columns");
    expect(tableOf([way("straight line", 4)], { ...result, converged: false })).toContain(
      "not converged after 7",
    );
  });

  it.each([
    ["no more than a tenth longer than its chords", way("geodesic", 2.2, 2), false],
    ["longer than that", way("geodesic", 2.2000001, 2), true],
    ["as long as the straight line", way("geodesic", 4), false],
    ["longer than the straight line", way("geodesic", 4.0001), true],
    ["as uneven as it may be", way("geodesic", 3, 3, 0.1), false],
    ["more uneven", way("geodesic", 3, 3, 0.1001), true],
  ])("a geodesic that is %s", (_, found, isRemarked) => {
    expect(tableOf([way("straight line", 4), found]).includes(FEW)).toBe(isRemarked);
  });

  it("where nothing changes, that is all that is said", () => {
    const text = tableOf([way("straight line", 0), way("geodesic", 0, 0, 5)]);
    expect(text).toContain("every way has length 0");
    expect(text).not.toContain(FEW);
  });
});

it("waysJson: both lengths by the keys of documents", () => {
  const ways = [way("straight line", 4), way("great circle", 5), way("geodesic", 3, 2, 0.25)];
  expect(waysJson(ways)).toEqual({
    straight: { length: 4, chords: 4, energy: 8, unevenness: 0 },
    greatCircle: { length: 5, chords: 5, energy: 12.5, unevenness: 0 },
    geodesic: { length: 3, chords: 2, energy: 2, unevenness: 0.25 },
  });
});
