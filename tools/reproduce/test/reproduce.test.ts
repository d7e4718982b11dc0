// The studies of `npm run reproduce`: their criteria, and a quick run on the sample from end to end.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { matrix, uniform } from "@vielbein/linalg";
import { sampleUrl } from "@vielbein/sample";
import { afterAll, describe, expect, test } from "vitest";
import { deviations, readFactors, usableFactors } from "../common/factors.mjs";
import { correlationAtEqualDepth } from "../common/permutation.mjs";
import { equalized, rootMeanSquares } from "../common/perturb.mjs";
import {
  allOf,
  corrected,
  FAILS,
  HOLDS,
  holm,
  isAbove,
  isPositive,
  judged,
  OPEN,
  tested,
  UNTESTED,
} from "../common/verdict.mjs";
import { NAMES, reproduce } from "../studies.mjs";

describe("verdicts", () => {
  const noise = Array.from({ length: 40 }, (_, i) => ((i * 7) % 13) - 6);
  const part = (pHolds: number, pFails: number) => judged({ pHolds, pFails });

  test("a mean beyond its interval holds, its opposite does not, and one within it is open", () => {
    const shifted = (by: number) => noise.map((x) => x + by);
    expect(isPositive(shifted(3)).verdict).toBe(HOLDS);
    expect(isPositive(shifted(-3)).verdict).toBe(FAILS);
    expect(isPositive(shifted(0.2)).verdict).toBe(OPEN);
    for (const by of [-3, -1.2, 0.2, 1.2, 3]) {
      const { interval, pValue } = isPositive(shifted(by));
      expect(interval[0] > 0 || interval[1] < 0).toBe(pValue < 0.05);
    }
  });

  test("the bound of a statistic need not be 0", () => {
    const statistic = (members: Int32Array) => 5 + members.reduce((sum, i) => sum + noise[i]!, 0) / 40;
    expect(tested(40, statistic, { bound: 3 }).verdict).toBe(HOLDS);
    expect(tested(40, statistic, { bound: 7 }).verdict).toBe(FAILS);
    expect(tested(40, statistic, { bound: 5 }).verdict).toBe(OPEN);
  });

  test("what is only one number, repeated, proves nothing by being repeated", () => {
    const repeated = Array.from({ length: 400 }, (_, i) => noise[i % 4]! + 5);
    const clusters = repeated.map((_, i) => i % 4);
    expect(isPositive(repeated).pValue).toBeLessThan(isPositive(repeated, { clusters }).pValue);
    expect(isPositive(repeated, { clusters }).verdict).toBe(OPEN);
  });

  test("above all of 20 draws is p = 1/21, above all of three 1/4", () => {
    const draws = Array.from({ length: 20 }, (_, i) => i / 20);
    expect(isAbove(2, draws)).toMatchObject({ verdict: HOLDS, pValue: 1 / 21 });
    expect(isAbove(-1, draws)).toMatchObject({ verdict: FAILS, pValue: 1 / 21 });
    expect(isAbove(0.5, draws).verdict).toBe(OPEN);
    expect(isAbove(2, [0, 1, 0.5])).toMatchObject({ verdict: OPEN, pValue: 0.25 });
    // A draw that is as high counts against.
    expect(isAbove(0.95, draws).pHolds).toBe(2 / 21);
  });

  test("a claim in parts holds by the weakest, and falls with any part, corrected for their number", () => {
    expect(allOf([part(0.01, 1), part(0.04, 1)])).toMatchObject({ verdict: HOLDS, pValue: 0.04 });
    expect(allOf([part(0.01, 1), part(0.2, 0.9)])).toMatchObject({ verdict: OPEN, pValue: 0.2 });
    expect(allOf([part(1, 0.01), part(0.5, 0.6), part(0.01, 1)])).toMatchObject({
      verdict: FAILS,
      pValue: 0.03,
    });
    expect(allOf([part(1, 0.03), part(0.5, 0.6)]).verdict).toBe(OPEN);
  });

  test("Holm's correction: by hand", () => {
    // 4·0.01; 3·0.02; max(that, 2·0.03); 1·0.04, but no less than the last.
    const found = holm([0.04, 0.01, 0.03, 0.02]);
    [0.06, 0.04, 0.06, 0.06].forEach((p, i) => {
      expect(found[i]).toBeCloseTo(p, 12);
    });
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  test("there are draws enough for many claims to be decided together, in many parts", () => {
    const shifted = isPositive(noise.map((x) => x - 9));
    const { pValue } = allOf(Array.from({ length: 8 }, () => shifted));
    expect(holm(Array.from({ length: 30 }, () => pValue))[0]).toBeLessThan(0.05);
  });

  test("claims without a test are not counted; a verdict is what the correction leaves", () => {
    const claims = corrected([
      { verdict: HOLDS, pValue: 0.001 },
      UNTESTED,
      { verdict: FAILS, pValue: 0.03 },
      { verdict: OPEN, pValue: 0.4 },
    ]);
    const verdicts = (key: "verdict" | "alone") => claims.map((claim: Record<string, unknown>) => claim[key]);
    expect(verdicts("verdict")).toEqual([HOLDS, OPEN, OPEN, OPEN]);
    expect(verdicts("alone")).toEqual([HOLDS, OPEN, FAILS, OPEN]);
    expect(claims[0].holmValue).toBeCloseTo(0.003, 12);
    expect(claims[1].holmValue).toBeUndefined();
  });
});

describe("correlation between networks at equal depth", () => {
  const [layers, networks] = [8, 20];
  const table = (value: (layer: number, network: number) => number) =>
    Array.from({ length: layers }, (_, l) => Array.from({ length: networks }, (_, n) => value(l, n)));
  const draw = (seed: number) => table((l, n) => uniform(seed, l, networks)[n]!);

  test("what depth does to both is no correlation, though every network has it", () => {
    let rejected = 0;
    for (let trial = 0; trial < 100; trial++) {
      const [a, b] = [draw(2 * trial), draw(2 * trial + 1)];
      const falling = a.map((row, l) => row.map((x) => x - 10 * l));
      const rising = b.map((row, l) => row.map((x) => x + 10 * l));
      const { pNegative, pPositive } = correlationAtEqualDepth(falling, rising, { permutations: 199 });
      if (Math.min(pNegative, pPositive) < 0.05) rejected++;
    }
    expect(rejected).toBeLessThan(12);
  });

  test("a relation within the layers is found, whatever its direction", () => {
    const a = draw(7);
    const noise = draw(8);
    for (const sign of [1, -1]) {
      const b = a.map((row, l) => row.map((x, n) => sign * x + 2 * noise[l]![n]! - 5 * sign * l));
      const { rho, pNegative, pPositive } = correlationAtEqualDepth(a, b);
      expect(Math.sign(rho)).toBe(sign);
      expect(sign > 0 ? pPositive : pNegative).toBeLessThan(0.01);
      expect(sign > 0 ? pNegative : pPositive).toBe(1);
    }
    expect(correlationAtEqualDepth(a, a).rho).toBeCloseTo(1, 12);
  });

  test("a network that is high in all layers counts once", () => {
    // All layers repeat the same eight pairs: there are no more networks than eight.
    const once = (seed: number) => Array.from({ length: layers }, () => Array.from(uniform(seed, 0, 8)));
    const [x, y] = [once(1), once(2)];
    const all = correlationAtEqualDepth(x, y);
    const one = correlationAtEqualDepth(x.slice(0, 1), y.slice(0, 1));
    expect(all.rho).toBeCloseTo(one.rho, 12);
    expect(all.pPositive).toBe(one.pPositive);
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

describe("images changed equally", () => {
  /** Images of two numbers, the first as far as the code, the second its cube. */
  const world = {
    mapping: { to: { dim: 1 } },
    images: async (codes: Float32Array) => Float32Array.from([...codes].flatMap((x) => [x, x ** 3])),
  };
  const codes = Float32Array.of(0, 1, 2);
  const all = async (options: object) => {
    const found = [];
    const start = () => 0.1;
    for await (const batch of equalized(world, codes, 3, () => [1], { target: 0.5, start, ...options })) {
      found.push(batch);
    }
    return found;
  };

  test("what is inside the mask changes by the target, both ways", async () => {
    const [{ changes, steps, images, before }] = await all({ mask: [1, 0] });
    for (const change of changes) expect(change).toBeCloseTo(0.5, 6);
    for (const step of steps) expect(step).toBeCloseTo(0.5, 6);
    expect([...before]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 8, 2, 8]);
    expect(images[0]).toBeCloseTo(0.5, 6);
    expect(images[2]).toBeCloseTo(-0.5, 6);
    expect(rootMeanSquares(images, before, 6, [0, 1])[0]).toBeCloseTo(0.125, 6);
  });

  test("changes that grow faster than steps are reached by a power below 1", async () => {
    const distance = async (power: number) => {
      const [{ changes }] = await all({ mask: [0, 1], sweeps: 12, power });
      return Math.abs(changes[0] - 0.5);
    };
    expect(await distance(0.5)).toBeLessThan(1e-3);
    expect(await distance(1)).toBeGreaterThan(0.1);
  });

  test("images of the codes that are known are not computed again", async () => {
    const originals = await world.images(codes);
    let computed = 0;
    const counting = {
      ...world,
      images: async (values: Float32Array) => {
        computed++;
        return world.images(values);
      },
    };
    const options = { target: 0.5, start: () => 0.1, originals, mask: [1, 0], sweeps: 2 };
    for await (const { before } of equalized(counting, codes, 3, () => [1], options)) {
      expect([...before]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 8, 2, 8]);
    }
    expect(computed).toBe(2);
  });
});

describe("quick run", () => {
  const keep = join(folder, "kept");

  test("every study ends in verdicts, and what the page links to is there", async () => {
    const log: string[] = [];
    const out = join(folder, "report");
    const options = { model, quick: true, keep, log: (line: string) => log.push(line) };
    const sections = await reproduce({ ...options, out });
    const claims = sections.flatMap((section) => section.claims);
    expect(sections.map(({ title }) => title)).toHaveLength(NAMES.length);
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
    for (const link of links.filter((one) => one.endsWith(".csv"))) {
      const lines = readFileSync(join(out, link), "utf8").trimEnd().split("\n");
      const cells = lines.map((line) => line.replace(/"[^"]*"/g, "text").split(",").length);
      expect([link, ...new Set(cells)]).toEqual([link, cells[0]]);
    }
  }, 180_000);

  test("what was found before is read, and written as the same files", async () => {
    const [out, again] = [join(folder, "report"), join(folder, "again")];
    const start = process.cpuUsage();
    await reproduce({ model, out: again, quick: true, keep, log: () => {} });
    const { user } = process.cpuUsage(start);
    expect(user / 1e6).toBeLessThan(10);
    expect(readdirSync(again).sort()).toEqual(readdirSync(out).sort());
    for (const name of readdirSync(out)) {
      expect([name, readFileSync(join(again, name), "utf8")]).toEqual([
        name,
        readFileSync(join(out, name), "utf8"),
      ]);
    }
  }, 60_000);

  test("what was kept with other numbers is computed again", async () => {
    const stale = join(folder, "stale");
    mkdirSync(stale);
    const kept = JSON.parse(readFileSync(join(keep, "generator.json"), "utf8"));
    kept.made.counts.samples++;
    kept.section.title = "Another";
    writeFileSync(join(stale, "generator.json"), JSON.stringify(kept));
    const options = { model, out: join(folder, "fresh"), quick: true, only: "generator", log: () => {} };
    const [section] = await reproduce({ ...options, keep: stale });
    expect(section.title).toBe("The generator");
  }, 60_000);

  test("a study alone has a page of its own", async () => {
    const out = join(folder, "alone");
    const log = () => {};
    const sections = await reproduce({ model, out, quick: true, only: "generator", log });
    expect(sections).toHaveLength(1);
    const page = readFileSync(join(out, "README.md"), "utf8");
    expect(page).toMatch(/^# The generator: a study alone\n/);
    expect(page).toContain("## 1. The generator");
  }, 60_000);
});
