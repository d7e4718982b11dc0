// What befalls the files of a survey: damage is found and mended, and bad input is refused with nothing lost.

import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { encodeModel } from "@vielbein/onnx";
import { beforeAll, describe, expect, it } from "vitest";
import { StatusError } from "../../src/kit/exit-codes.ts";
import { failureToReport } from "../../src/survey/worker.ts";
import { generator, generatorBytes } from "../models.ts";
import { interruptedAt, type Outcome, scratch, vielbein } from "../run.ts";
import { dataIn, filesIn, planned, ran } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const plan = [model, "--what", "basis,metric", "--samples", "5", "--shard-size", "2"];
const reference = scratch("reference");
let wanted: Record<string, string> = {};

beforeAll(async () => {
  await planned(reference, ...plan);
  expect((await ran(reference)).code).toBe(0);
  wanted = dataIn(reference);
}, 120_000);

/** A copy of the finished survey. */
function copied(name: string): string {
  const folder = scratch(name);
  cpSync(reference, folder, { recursive: true });
  return folder;
}

const status = (folder: string, ...argv: string[]) => vielbein("survey", "status", folder, ...argv);

describe("damage", () => {
  const flip = (path: string) => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(path, bytes);
  };
  const damages: [string, number[], boolean, (folder: string) => void][] = [
    [
      "a table cut short",
      [1],
      true,
      (folder) => truncateSync(join(folder, "points/part-00001.parquet"), 100),
    ],
    ["a table that is gone", [4], true, (folder) => rmSync(join(folder, "points/part-00004.parquet"))],
    ["a bit of a table", [0], false, (folder) => flip(join(folder, "points/part-00000.parquet"))],
    [
      "a bit of a chunk",
      [2],
      false,
      (folder) => flip(join(folder, "arrays/basis_singular_values/c/0/0/2/0")),
    ],
    [
      "a receipt that is no JSON",
      [3],
      true,
      (folder) => writeFileSync(join(folder, "receipts/00003.json"), "{"),
    ],
    [
      "a receipt of another shard",
      [3],
      true,
      (folder) => copyFileSync(join(folder, "receipts/00004.json"), join(folder, "receipts/00003.json")),
    ],
    [
      "no receipts at all",
      [0, 1, 2, 3, 4, 5],
      true,
      (folder) => rmSync(join(folder, "receipts"), { recursive: true }),
    ],
  ];

  it.each(damages)("%s: only shards %j are computed again", async (name, shards, isSeen, damage) => {
    const folder = copied(name.replaceAll(" ", "-"));
    damage(folder);
    expect((await status(folder, "--verify")).code).toBe(75);
    // Sizes are compared without reading everything.
    expect((await status(folder)).code).toBe(isSeen ? 75 : 0);
    const { stdout } = await ran(folder, "--json");
    expect(JSON.parse(stdout).computed).toEqual(shards);
    expect(dataIn(folder)).toEqual(wanted);
    expect((await status(folder, "--verify")).code).toBe(0);
  });

  it.each([
    ["cut short", (path: string) => truncateSync(path, 200)],
    ["no archive", (path: string) => writeFileSync(path, "no zip")],
    ["that of another shard", (path: string) => copyFileSync(path, path.replace("00000", "00001"))],
  ])("rows of a stopped shard, %s, are not trusted", async (name, damage) => {
    const folder = scratch(`unfinished-${name.replaceAll(" ", "-")}`);
    await planned(folder, ...plan);
    const { code } = await interruptedAt(/ 1\/10/, "survey", "run", folder, "--jobs", "1");
    expect(code).toBe(75);
    damage(join(folder, "unfinished/00000.npz"));
    expect((await ran(folder)).code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
  });
});

describe("what status says", () => {
  it("names what is done, running, failed and open, and exits with 75 until all is done", async () => {
    const folder = scratch("states");
    await planned(folder, ...plan);
    const open = await status(folder);
    expect([open.code, open.stdout, open.stderr]).toEqual([
      75,
      expect.stringMatching(/open +6 +0-5/),
      expect.stringMatching(/6 of 6 shards are missing.*vielbein survey run/),
    ]);
    await ran(folder, "--shards", "0,4");
    mkdirSync(join(folder, "claims"), { recursive: true });
    const expires = new Date(Date.now() + 60_000).toISOString();
    const claim = { owner: "o", host: "elsewhere", pid: 1, since: "then", expires, lease: 60_000, rows: 1 };
    writeFileSync(join(folder, "claims/00001.json"), JSON.stringify(claim));
    writeFileSync(
      join(folder, "claims/00002.json"),
      JSON.stringify({ ...claim, expires: new Date(0).toISOString() }),
    );
    mkdirSync(join(folder, "failures"), { recursive: true });
    const failure = { message: "the engine broke", status: 65, row: 2, host: "h", at: "then" };
    writeFileSync(join(folder, "failures/00003.json"), JSON.stringify(failure));
    const { stdout } = await status(folder, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      shards: 6,
      done: [0, 4],
      running: [{ shard: 1, host: "elsewhere", rows: 1 }],
      failed: [{ shard: 3, message: "the engine broke" }],
      open: [2, 5],
      remainingSeconds: expect.any(Number),
    });
    const text = (await status(folder)).stdout;
    expect(text).toMatch(/1: 1 of 2 on elsewhere/);
    expect(text).toMatch(/3: row 2: the engine broke/);
    // Those who share leave the running one alone; those who were given it compute it.
    expect(JSON.parse((await ran(folder, "--claim", "--json")).stdout).elsewhere).toEqual([1]);
    expect((await ran(folder)).code).toBe(0);
    expect(dataIn(folder)).toEqual(wanted);
    expect(JSON.parse((await status(folder, "--json")).stdout)).toMatchObject({
      failed: [],
      open: [],
      running: [],
    });
  });
});

describe("bad input is refused", () => {
  const refused = async (outcome: Promise<Outcome>, code: number, message: RegExp): Promise<void> => {
    const { stderr, ...rest } = await outcome;
    expect([rest.code, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(
      stderr
        .trim()
        .split("\n")
        .filter((line) => line.startsWith("vielbein: ")),
    ).toHaveLength(1);
  };
  const edited = (folder: string, change: (text: string) => string) => {
    const path = join(folder, "survey.json");
    writeFileSync(path, change(readFileSync(path, "utf8")));
  };

  it("an edited plan, one of another version, one that is no JSON; nothing is lost", async () => {
    const folder = copied("edited");
    const before = filesIn(folder);
    edited(folder, (text) => text.replace('"total": 5', '"total": 6'));
    for (const command of ["run", "status"]) {
      await refused(
        vielbein("survey", command, folder),
        65,
        /was changed after it was written.*restore that/,
      );
    }
    edited(folder, (text) => text.replace(/"tool": "vielbein [^"]*"/, '"tool": "vielbein 0.0.9"'));
    await refused(ran(folder), 2, /is a survey of "vielbein 0.0.9", and this is vielbein \d/);
    edited(folder, () => "{");
    await refused(ran(folder), 65, /is not JSON/);
    edited(folder, () => "[]");
    await refused(ran(folder), 2, /is a survey of undefined/);
    expect(filesIn(folder)).toEqual(before);
    expect(dataIn(folder)).toEqual(wanted);
  });

  it("a model that is gone, or another one in its place", async () => {
    const own = scratch("own.onnx", generatorBytes);
    const folder = scratch("own");
    await planned(folder, own, ...plan.slice(1));
    await ran(folder, "--shards", "0");
    rmSync(own);
    await refused(ran(folder), 66, new RegExp(`Cannot read "${own}"`));
    const { graph, ...rest } = generator();
    writeFileSync(
      own,
      encodeModel({ ...rest, graph: { ...graph, initializers: [...graph.initializers].reverse() } }),
    );
    await refused(
      ran(folder),
      65,
      new RegExp(`basis of "${own}": the plan states its model as .*Put the files back`),
    );
    writeFileSync(own, generatorBytes);
    expect(JSON.parse((await ran(folder, "--json")).stdout)).toMatchObject({
      before: [0],
      computed: [1, 2, 3, 4, 5],
    });
  });

  it("one model of several that cannot be opened: its shards are listed as failed, the rest is computed", async () => {
    const models = ["bad", "good"].map((name) => scratch(`${name}.onnx`, generatorBytes));
    const folder = scratch("one-bad");
    await planned(folder, ...models, ...plan.slice(1));
    writeFileSync(models[0]!, "no model");
    const { code, stdout, stderr } = await ran(folder, "--json");
    expect([code, stderr]).toEqual([65, expect.stringContaining("bad.onnx")]);
    expect(JSON.parse(stdout)).toMatchObject({
      computed: [6, 7, 8, 9, 10, 11],
      failed: [0, 1, 2, 3, 4, 5],
    });
    const { failed, done } = JSON.parse((await status(folder, "--json")).stdout);
    expect(done).toEqual([6, 7, 8, 9, 10, 11]);
    expect(failed).toHaveLength(6);
    for (const one of failed) expect(one).toMatchObject({ status: 65, row: expect.any(Number) });
    expect(filesIn(folder).filter((path) => path.startsWith("claims/"))).toEqual([]);
    writeFileSync(models[0]!, generatorBytes);
    expect(JSON.parse((await ran(folder, "--json")).stdout).computed).toEqual([0, 1, 2, 3, 4, 5]);
    expect((await status(folder)).code).toBe(0);
  });

  it("a run ends with a failure that another try may mend, if there is one", () => {
    const [bad, gone, again] = [65, 66, 75].map((code) => new StatusError("failed", code));
    const ended = (...failures: unknown[]) => failures.reduce(failureToReport, undefined);
    expect(ended(bad, gone)).toBe(bad);
    expect(ended(bad, again, gone)).toBe(again);
    expect(ended()).toBeUndefined();
  });

  it("what is no survey, or in the place of one", async () => {
    const file = scratch("file", "text");
    for (const command of ["run", "status"]) {
      await refused(vielbein("survey", command, file), 66, /is no survey: cannot read/);
      await refused(
        vielbein("survey", command, scratch("nowhere")),
        66,
        /Make one with vielbein survey plan/,
      );
    }
    await refused(vielbein("survey", "plan", ...plan, "--out", file), 73, /is not a folder/);
    await refused(vielbein("survey", "plan", ...plan, "--out", reference), 2, /is a survey already/);
    const full = scratch("full");
    mkdirSync(full);
    writeFileSync(join(full, "notes.txt"), "");
    await refused(vielbein("survey", "plan", ...plan, "--out", full), 2, /is not empty/);
    expect(dataIn(reference)).toEqual(wanted);
  });

  const isRoot = process.getuid?.() === 0;
  const canMount = isRoot && spawnSync("mount", ["--version"]).status === 0;
  if (isRoot && !canMount) console.log("skipped: a folder that may not be written to, which takes mount");

  it.skipIf(isRoot && !canMount)(
    "a folder that may not be written to, before anything is computed",
    async () => {
      const folder = scratch("read-only");
      await planned(folder, ...plan);
      if (isRoot) {
        execFileSync("mount", ["--bind", folder, folder]);
        execFileSync("mount", ["-o", "remount,ro,bind", folder]);
      } else chmodSync(folder, 0o555);
      try {
        for (const argv of [[], ["--claim"]]) {
          await refused(
            ran(folder, ...argv),
            73,
            /Cannot write ".*claims.*Check that the folder exists and may be/,
          );
        }
        const within = vielbein("survey", "plan", ...plan, "--out", join(folder, "within"));
        await refused(within, 73, /Cannot write ".*within/);
        expect((await status(folder)).code).toBe(75);
      } finally {
        if (isRoot) execFileSync("umount", [folder]);
        else chmodSync(folder, 0o755);
      }
      expect((await ran(folder)).code).toBe(0);
      expect(dataIn(folder)).toEqual(wanted);
    },
  );

  it("models of one name in several folders are told apart", async () => {
    const folders = ["a", "b"].map((name) => scratch(name));
    for (const place of folders) {
      mkdirSync(place);
      writeFileSync(join(place, "g.onnx"), generatorBytes);
    }
    const models = folders.map((place) => join(place, "g.onnx"));
    const folder = scratch("same-names");
    await planned(folder, ...models, "--what", "basis", "--samples", "1");
    const { models: labels } = JSON.parse(readFileSync(join(folder, "survey.json"), "utf8"));
    expect(labels.map(({ label }: { label: string }) => label)).toEqual(["../a/g.onnx", "../b/g.onnx"]);
  });

  it.each([
    [["--what", "sefa"], 2, /Expected some of basis/],
    [["--what", "basis,basis"], 2, /each once/],
    [["--what", "basis", "--k", "3"], 2, /unknown option '--k'/],
    [["--what", "basis", "--with", "metric --k 3"], 2, /metric is not among --what basis/],
    [["--what", "basis", "--with", "basis"], 2, /Expected a method/],
    [["--what", "basis", "--with", "basis --nothing 3"], 2, /--nothing 3.*unknown option/],
    [["--what", "basis", "--with", "basis --k 0"], 2, /Expected an integer of at least 1/],
    [["--what", "basis", "--with", "basis --out x.npz"], 2, /--out is not for one method/],
    [["--what", "basis", "--with", "basis --to hidden"], 2, /--to is not for one method/],
    [["--what", "metric", "--with", "metric --plot=x.svg"], 2, /--plot is not for one method/],
    [["--what", "basis", "--seed", "-1"], 2, /Expected an integer of at least 0/],
    [["--what", "basis", "--to", "nowhere"], 65, /nowhere/],
    [["--what", "basis", "--axis", "step=1,2"], 2, /2 values for 1 models/],
    [["--what", "basis", "--axis", "step"], 2, /Expected NAME=VALUE/],
    [["--what", "basis", "--shard-size", "0"], 2, /Expected an integer/],
    [
      ["--what", "basis", "--keep", "points,eigenvectors"],
      2,
      /"eigenvectors" is no bulky result .*input_vectors/,
    ],
  ])("a plan with %j, and leaves no folder", async (argv, code, message) => {
    const folder = scratch("refused");
    const { stderr, ...rest } = await vielbein("survey", "plan", model, ...argv, "--out", folder);
    expect([rest.code, stderr]).toEqual([code, expect.stringMatching(message)]);
    expect(() => filesIn(folder)).toThrow(/ENOENT/);
  });

  it.each([
    [["--shards", "6"], 65, /there are shards 0 to 5, got 6/],
    [["--shards", "3-1"], 2, /Expected numbers and ranges/],
    [["--shard-of", "3/3"], 2, /Expected I\/N/],
    [["--jobs", "0"], 2, /Expected an integer/],
  ])("a run with %j", async (argv, code, message) => {
    const outcome = await vielbein("survey", "run", reference, ...argv);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringMatching(message)]);
  });
});
