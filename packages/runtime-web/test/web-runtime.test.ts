// What is particular about the runtime in Node: its options, its report, and its errors.

import { VielbeinError } from "@vielbein/core";
import { DataType } from "@vielbein/onnx";
import { expect, it } from "vitest";
import { WebRuntime } from "../src/index.ts";
import { float32, graph } from "./graphs.ts";

const open = () => WebRuntime.create({ provider: "wasm" });

async function failureOf(attempt: Promise<unknown>): Promise<VielbeinError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VielbeinError);
  return error as VielbeinError;
}

it("says what it runs on", async () => {
  const runtime = await WebRuntime.create();
  expect(runtime.name).toMatch(/^onnxruntime-web \d+\.\d+\.\d+ \(wasm\)$/);
  expect(runtime.report).toEqual({
    provider: "wasm",
    threads: 1,
    worker: false,
    version: runtime.name.split(" ")[1],
    fallbacks: ["This browser has no WebGPU."],
  });
  await runtime.dispose();
});

it.each([
  { options: { threads: 0 }, code: "INVALID_ARGUMENT", says: "threads must be a positive integer, got 0" },
  { options: { threads: 1.5 }, code: "INVALID_ARGUMENT", says: "got 1.5" },
  { options: { assets: "ort/" }, code: "INVALID_ARGUMENT", says: 'got "ort/"; outside of a page' },
  { options: { worker: true }, code: "BACKEND_UNAVAILABLE", says: "`worker: false`" },
  { options: { provider: "webgpu", fallback: false }, code: "BACKEND_UNAVAILABLE", says: "no WebGPU" },
] as const)("refuses $options", async ({ options, code, says }) => {
  const error = await failureOf(WebRuntime.create(options));
  expect(error.code).toBe(code);
  expect(error.message).toContain(says);
});

it("calls what the engine cannot address a matter of memory, and goes on", async () => {
  const runtime = await open();
  const session = await runtime.createSession(graph("ConstantOfShape", ["n"], {}, ["y"], DataType.INT64));
  const zeros = (side: bigint) =>
    session.run({ x: { type: "int64", dims: [2], data: BigInt64Array.of(side, side) } });
  const error = await failureOf(zeros(40_000n));
  expect(error.code).toBe("MEMORY_BUDGET");
  expect(error.message).toContain("WebAssembly addresses at most 4 GB");
  expect((await zeros(2n)).y!.data).toEqual(new Float32Array(4));
  await runtime.dispose();
});

it("ends with its sessions", async () => {
  const runtime = await open();
  const session = await runtime.createSession(graph("Neg", [2]));
  const x = float32([2], [1, -2]);
  expect([...((await session.run({ x })).y!.data as Float32Array)]).toEqual([-1, 2]);
  await runtime.dispose();
  await runtime.dispose();
  expect((await failureOf(session.run({ x }))).message).toContain("The runtime was disposed");
  await session.dispose();
  expect((await failureOf(runtime.createSession(graph("Neg", [2])))).message).toContain("disposed");
});
