// One case of each family, and real exports, whose first contact with the engine is in the process for trials, as it is
// by default: what is inferred and measured there is what the engine of this process says.

import { readFileSync } from "node:fs";
import { NodeRuntime } from "@vielbein/runtime-node";
import { afterAll, expect, test } from "vitest";
import { decodeModel, OnnxMap } from "../src/index.ts";
import { accuracy, type Backend } from "./backends.ts";
import { families } from "./cases/families.ts";
import { derivativeFailures } from "./derivative.ts";
import { runtime as here } from "./helpers.ts";

const runtime = new NodeRuntime({ threads: 1, worker: false });
const backend: Backend = { runtime, ...accuracy.cpu };
afterAll(() => runtime.dispose());

test.for(Object.entries(families))("of %s", async ([, cases]) => {
  const i = cases.length - 1;
  const { build, ...check } = cases[i]!;
  const failures = await derivativeFailures(build, { ...check, seed: i + 1 }, backend);
  expect(Object.fromEntries(failures)).toEqual({});
});

test.for(["attention_dynamo", "keras", "biggan_optimized"])("of the export %s", async (name) => {
  const bytes = readFileSync(new URL(`fixtures/${name}.onnx`, import.meta.url));
  const model = decodeModel(bytes, name);
  const [away, direct] = [await OnnxMap.create(model, runtime), await OnnxMap.create(model, here)];
  expect([away.from, away.to]).toEqual([direct.from, direct.to]);
  const point = new Float32Array(away.from.dim).fill(0.5);
  expect(await away.evaluate(point, 1)).toEqual(await direct.evaluate(point, 1));
  await Promise.all([away.dispose(), direct.dispose()]);
});
