// Surveys of very many shards: lists that are longer than one argument may be, and work that grows with their number.

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { SurveyFolder } from "../../src/survey/folder.ts";
import { kubernetesJob } from "../../src/survey/kubernetes.ts";
import { type NamedPlan, readPlan } from "../../src/survey/plan.ts";
import type { Receipt } from "../../src/survey/receipts.ts";
import { chooseShards, shardRanges, shardsOf, shardWords } from "../../src/survey/shards.ts";
import { slurmScript } from "../../src/survey/slurm.ts";
import { remainingSeconds, type ShardState } from "../../src/survey/status.ts";
import { generatorBytes } from "../models.ts";
import { scratch } from "../run.ts";
import { planned } from "./surveys.ts";

const folder = scratch("survey");
let plan: NamedPlan;
const scattered = Array.from({ length: 40_000 }, (_, i) => 2 * i);

beforeAll(async () => {
  const model = scratch("generator.onnx", generatorBytes);
  const count = await planned(folder, model, "--what", "basis", "--samples", "90000", "--shard-size", "1");
  expect(count).toBe(90_000);
  plan = await readPlan(new SurveyFolder(folder));
});

describe("a list of 40,000 scattered shards", () => {
  it("is given in several options, none longer than Linux takes, and is the same list", () => {
    const words = shardWords(scattered);
    const lists = words.filter((word) => word !== "--shards");
    expect(lists.length).toBeGreaterThan(1);
    expect(words).toHaveLength(2 * lists.length);
    for (const list of lists) expect(list.length).toBeLessThan(131_072);
    const ranges = lists.reduce<ReturnType<typeof shardRanges>>(
      (before, list) => shardRanges(list, before),
      [],
    );
    const before = process.cpuUsage();
    const chosen = chooseShards(shardsOf(plan), ranges, undefined);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(2);
    expect(chosen.map(({ number }) => number)).toEqual(scattered);
  });

  const submission = () => ({ folder, plan, missing: scattered, elements: 3 });
  /** Says what it was given. */
  const pretended = (): string => {
    const place = scratch("programs");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "vielbein"), '#!/bin/sh\nfor word; do echo "$word"; done\n');
    chmodSync(join(place, "vielbein"), 0o755);
    return place;
  };
  const expected = () => [...shardWords(scattered), "--shard-of", "2/3", "--jobs", "1"];

  it("starts as the command of a pod", async () => {
    const options = { cpus: 1, image: "i", volume: "v", mount: dirname(folder) };
    const { spec } = (await kubernetesJob(submission(), options)) as {
      spec: { template: { spec: { containers: [{ command: [string, ...string[]] }] } } };
    };
    const [program, ...words] = spec.template.spec.containers[0].command;
    const env = { PATH: `${pretended()}:/usr/bin:/bin`, JOB_COMPLETION_INDEX: "2" };
    const said = execFileSync(program, words, { env, encoding: "utf8", maxBuffer: 2 ** 24 });
    expect(said.trim().split("\n")).toEqual(["survey", "run", folder, ...expected()]);
  });

  it("starts as an element of an array", () => {
    const [line = ""] = /(?<= )survey run .*(?= &$)/m.exec(slurmScript(submission(), { cpus: 1 })) ?? [];
    const script = scratch("element.sh", `"${pretended()}/vielbein" ${line}\n`);
    const env = { PATH: "/usr/bin:/bin", SLURM_ARRAY_TASK_ID: "2" };
    const said = execFileSync("sh", [script], { env, encoding: "utf8", maxBuffer: 2 ** 24 });
    expect(said.trim().split("\n")).toEqual(["survey", "run", folder, ...expected()]);
  });
});

it("what is left to do is found in time that grows with the number of shards", () => {
  const states = shardsOf(plan).map((shard, i): ShardState => {
    const receipt = { computed: 1, seconds: i % 4 === 0 ? 1 : 3 } as Receipt;
    return i % 2 === 0 ? { kind: "done", shard, receipt } : { kind: "open", shard };
  });
  const before = process.cpuUsage();
  expect(remainingSeconds(states)).toBeCloseTo(45_000 * 2, 6);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1);
});
