import { NodeRuntime } from "@vielbein/runtime-node";
import { expect, it } from "vitest";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("generator.onnx", generatorBytes);

// CUDA's libraries are not in the npm package of ONNX Runtime, so that the provider is missing nearly everywhere.
const cudaWorks = await NodeRuntime.create({ providers: ["cuda"] }).then(
  () => true,
  () => false,
);
const withoutCuda = it.skipIf(cudaWorks);
if (cudaWorks) console.log("skipped: refusals of CUDA, which works here");

withoutCuda("takes the first provider that works, and says why others were passed over", async () => {
  const { code, stdout, stderr } = await vielbein("basis", path, "--provider", "cuda,cpu", "--json");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^cuda was passed over: .*Failed to load shared library$/m);
  expect(JSON.parse(stdout).provenance.runtime).toMatch(/^onnxruntime-node \S+ \(cpu\)$/);
  expect((await vielbein("basis", path, "--provider", "cuda,cpu", "--quiet")).stderr).toBe("");
});

withoutCuda("69: no provider works, with the reasons", async () => {
  const { code, stderr } = await vielbein("inspect", path, "--provider", "cuda");
  expect(code).toBe(69);
  expect(stderr).toMatch(/^vielbein: No execution provider can be used: cuda: .*shared library/);
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

it("2: a provider that does not exist", async () => {
  const { code, stderr } = await vielbein("basis", path, "--provider", "cpu,gpu");
  expect(code).toBe(2);
  expect(stderr).toContain("cpu, cuda, webgpu");
});
