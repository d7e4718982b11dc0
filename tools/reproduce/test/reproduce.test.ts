// The studies of `npm run reproduce`: their criteria, and a quick run on the sample from end to end.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { matrix } from "@vielbein/linalg";
import { sampleUrl } from "@vielbein/sample";
import { afterAll, describe, expect, test } from "vitest";
import { deviations, readFactors, usableFactors } from "../common/factors.mjs";
import { allOf, FAILS, HOLDS, hasSign, isPositive, OPEN, verdictOf } from "../common/verdict.mjs";
import { reproduce } from "../studies.mjs";

describe("verdicts", () => {
  const noise = Array.from({ length: 40 }, (_, i) => ((i * 7) % 13) - 6);

  test("a mean beyond its interval holds, its opposite does not, and one within it is open", () => {
    const shifted = (by: number) => noise.map((x) => x + by);
    expect(isPositive(shifted(3)).verdict).toBe(HOLDS);
    expect(isPositive(shifted(-3)).verdict).toBe(FAILS);
    expect(isPositive(shifted(0.2)).verdict).toBe(OPEN);
    expect(verdictOf([1, 2], 1)).toBe(OPEN);
  });

  test("a correlation needs the claimed sign and significance", () => {
    expect(hasSign({ rho: -0.9, pValue: 0.01 }, -1)).toBe(HOLDS);
    expect(hasSign({ rho: 0.9, pValue: 0.01 }, -1)).toBe(FAILS);
    expect(hasSign({ rho: -0.9, pValue: 0.05 }, -1)).toBe(OPEN);
  });

  test("a claim in parts falls with any part", () => {
    expect(allOf([HOLDS, HOLDS])).toBe(HOLDS);
    expect(allOf([HOLDS, OPEN])).toBe(OPEN);
    expect(allOf([OPEN, FAILS, HOLDS])).toBe(FAILS);
  });
});

describe("factors", () => {
  const outputs = [
    { name: "yaw", kind: "continuous", columns: [0] },
    { name: "glasses", kind: "discrete", columns: [1, 2, 3] },
  ];

  test("a discrete factor is its likeliest choice", () => {
    const raw = matrix(2, 4, Float64Array.of(0.3, -1, 2, 1, 0.7, 5, 2, 1));
    expect(Array.from(readFactors(raw, outputs).data)).toEqual([0.3, 1, 0.7, 0]);
  });

  test("a discrete factor of one level, or with a rare one, is left out", () => {
    const withLevels = (level: (i: number) => number) =>
      usableFactors(
        matrix(
          300,
          2,
          Float64Array.from({ length: 600 }, (_, at) => (at % 2 ? level((at - 1) / 2) : at)),
        ),
        outputs,
      );
    expect(withLevels((i) => i % 2)).toEqual([0, 1]);
    expect(withLevels(() => 1)).toEqual([0]);
    expect(withLevels((i) => Number(i < 2))).toEqual([0]);
  });

  test("deviations are those of columns", () => {
    expect(Array.from(deviations(matrix(2, 2, Float64Array.of(1, 5, 3, 5))))).toEqual([1, 0]);
  });
});

const folder = mkdtempSync(join(tmpdir(), "vielbein-reproduce-"));
afterAll(() => rmSync(folder, { recursive: true }));
const model = fileURLToPath(sampleUrl);

describe("quick run", () => {
  test("every study ends in verdicts, and what the page links to is there", async () => {
    const log: string[] = [];
    const out = join(folder, "report");
    const sections = await reproduce({ model, out, quick: true, log: (line: string) => log.push(line) });
    const claims = sections.flatMap((section) => section.claims);
    expect(sections).toHaveLength(5);
    for (const { verdict, evidence } of claims) {
      expect([HOLDS, FAILS, OPEN]).toContain(verdict);
      expect(evidence).not.toMatch(/NaN|undefined/);
    }
    const page = readFileSync(join(out, "README.md"), "utf8");
    expect(page.match(/\*\*(holds|does not hold|inconclusive)\*\*/g)).toHaveLength(2 * claims.length);
    expect(page).not.toMatch(/NaN|undefined|\/tmp|Infinity/);
    const links = Array.from(page.matchAll(/\]\(([\w-]+\.(?:svg|csv))\)/g), (match) => match[1]!);
    expect(links.length).toBeGreaterThanOrEqual(12);
    expect(links.filter((link) => !existsSync(join(out, link)))).toEqual([]);
  }, 180_000);
});
