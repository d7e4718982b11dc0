// What the numbers of a survey's report are of: which rows count, how many do, and what is damaged.

import { distortion } from "@vielbein/core/tangent-spaces";
import { beforeAll, describe, expect, it } from "vitest";
import { SurveyFolder } from "../../src/survey/folder.ts";
import { type Found, readFound } from "../../src/survey/found.ts";
import { type NamedPlan, readPlan } from "../../src/survey/plan.ts";
import { reportHtml } from "../../src/survey/report-page.ts";
import { reportText, type SurveyReport } from "../../src/survey/report-text.ts";
import { type MethodStatistics, statisticsOf } from "../../src/survey/statistics.ts";
import { generatorBytes } from "../models.ts";
import { scratch } from "../run.ts";
import { planned, ran } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const folder = scratch("whole");
let plan: NamedPlan;
let found: Found;

beforeAll(async () => {
  await planned(
    folder,
    ...[model, "--what", "dimension,distortion", "--samples", "9", "--pairs", "6", "--seed", "3"],
    ...["--with", "distortion --k 2 --untrained 2"],
  );
  expect((await ran(folder)).code).toBe(0);
}, 120_000);

/** The survey, as if these rows had flat spectra there. */
async function withGaps(method: string, gaps: Readonly<Record<string, readonly number[]>>) {
  plan = await readPlan(new SurveyFolder(folder));
  found = await readFound(new SurveyFolder(folder), plan);
  const part = found.parts.find((one) => plan.methods[one.method]!.name === method)!;
  // The spectra of this model are flat.
  found.parts[0]!.columns.get("local_dimension")!.fill(3);
  for (const [column, rows] of Object.entries(gaps)) {
    for (const row of rows) part.columns.get(column)![row] = Number.NaN;
  }
  const methods = statisticsOf(plan, found, []);
  const own = methods.find((one) => one.method.name === method)!.statistics;
  const find = (quantity: string) => own.find((one) => one.quantity === quantity)!;
  const report: SurveyReport = {
    path: folder,
    plan,
    found,
    homogeneity: { damaged: [], lost: 0 },
    methods,
  };
  return { part, find, report };
}

describe("a pair with one distance alone", () => {
  it("does not count, of the model and of untrained networks, as in the command", async () => {
    const { part, find } = await withGaps("distortion", {
      random: [1],
      random_k: [1],
      near: [2, 4],
      near_k: [2, 4],
      untrained_near: [0],
      untrained_near_k: [0],
      untrained_random: [5],
      untrained_random_k: [5],
    });
    for (const prefix of ["", "untrained_"]) {
      const at = (column: string, i: number) => part.columns.get(`${prefix}${column}`)![i]!;
      const distance = (column: string, i: number) =>
        Number.isNaN(at(column, i)) ? undefined : { distance: at(column, i), k: at(`${column}_k`, i) };
      const pairs = [0, 1, 2, 3, 4, 5].map((i) => ({
        random: distance("random", i),
        near: distance("near", i),
      }));
      const wanted = distortion(pairs);
      const counts = { points: wanted.pairs, missing: wanted.excluded };
      expect(wanted.excluded).toBeGreaterThan(1);
      for (const [quantity, value] of [
        ["random", wanted.iRand],
        ["near", wanted.iLocal],
        ["distortion", wanted.distortion],
      ] as const) {
        const statistic = find(`${prefix}${quantity}`);
        expect(statistic).toMatchObject(counts);
        expect(statistic.mean).toBeCloseTo(value!, 14);
      }
      expect(find(`${prefix}random_k`)).toMatchObject(counts);
    }
  });
});

it("a distortion whose near distances are rounding is none, as in the command", async () => {
  const { report } = await withGaps("distortion", {});
  for (const part of found.parts) part.columns.get("near")?.fill(1e-9);
  const [, { statistics }] = statisticsOf(plan, found, []) as [unknown, MethodStatistics];
  const { mean, interval, points } = statistics.find(({ quantity }) => quantity === "distortion")!;
  expect([mean, interval, points]).toEqual([Number.NaN, undefined, 6]);
  const changed = { ...report, methods: statisticsOf(plan, found, []) };
  expect(reportText(changed)).toMatch(/image +6 +– /);
  expect(reportHtml(changed)).toContain("I_rand");
});

describe("counts", () => {
  it("of each quantity are said where they are fewer than the rows, with flat spectra, in text and HTML", async () => {
    const { report, find } = await withGaps("dimension", { local_dimension: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(find("local_dimension")).toMatchObject({ points: 1, missing: 8 });
    const text = reportText(report);
    expect(text).toMatch(/image +9 .* local dimension: of 1 of 9 points, 8 flat\n/);
    const html = reportHtml(report);
    expect(html).toContain("local dimension: of 1 of 9 points, 8 flat");
    expect(html).toMatch(/<th scope="row">dimension<\/th><td>9<\/td><td>8<\/td>/);
  });

  it("of a quantity that no row has are said, too", async () => {
    const { report } = await withGaps("dimension", { local_dimension: [0, 1, 2, 3, 4, 5, 6, 7, 8] });
    expect(reportText(report)).toContain("local dimension: of 0 of 9 points, 9 flat");
    expect(reportHtml(report)).toContain("local dimension: of 0 of 9 points, 9 flat");
  });

  it("that all quantities share are said once, and none where nothing is missing", async () => {
    const { report } = await withGaps("distortion", { random: [1], near: [2, 4] });
    const text = reportText(report);
    expect(text).toMatch(/image +3 .* of 3 of 6 pairs, 3 flat\n/);
    expect(text.match(/flat/g)).toHaveLength(1);
  });
});
