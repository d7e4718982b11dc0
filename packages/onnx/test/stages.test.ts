// Stages, run one after the other with what earlier ones yielded and nothing else, give what the whole graph gives.

import { describe, expect, test } from "vitest";
import { DataType, linearize, prepare } from "../src/index.ts";
import { bytesOf, stagesOf } from "../src/map/stages.ts";
import { makeNode } from "../src/model/attributes.ts";
import { exported, runGraph } from "./graphs.ts";
import { makeModel, relativeError, runtime } from "./helpers.ts";

describe.each(["mapping", "dcgan", "vae", "stylegan2", "biggan", "vit"])("%s", (name) => {
  test.each([1, 4, 1000])("in about %d stages", async (count) => {
    const { model, point } = await exported(name);
    const graph = await prepare(model, runtime);
    const { primal, input } = await linearize(graph, runtime);
    const { outputs } = primal.graph;
    const total = outputs.reduce((sum, info) => sum + bytesOf(info), 0);
    const stages = stagesOf(primal, graph, total / count);
    expect(stages.length === 1).toBe(count === 1);
    expect(stages.flatMap((stage) => stage.model.graph.nodes)).toHaveLength(primal.graph.nodes.length);

    const tensors = new Map([[input, point]]);
    for (const { model: part, reads, yields, spent } of stages) {
      // What is spent is gone: a stage that still read it would be fed `undefined`.
      const feeds = Object.fromEntries(reads.map((read) => [read, tensors.get(read)!]));
      const made = await runGraph(part, feeds);
      for (const yielded of yields) tensors.set(yielded, made[yielded]!);
      for (const gone of spent) tensors.delete(gone);
    }
    const asked = outputs.map((output) => output.name);
    expect([...tensors.keys()].filter((tensor) => tensor !== input).sort()).toEqual([...asked].sort());
    const whole = await runGraph(primal, { [input]: point });
    for (const output of asked) {
      const [made, wanted] = [tensors.get(output)!, whole[output]!];
      if (!(wanted instanceof Float32Array)) expect(made).toEqual(wanted);
      else if (wanted.some((x) => x !== 0)) expect(relativeError(made, wanted)).toBeLessThan(1e-5);
    }
  });
});

describe("where stages end", () => {
  // x → a → b → c, all of them outputs of 16 bytes.
  const info = (name: string) => ({ name, dataType: DataType.FLOAT, shape: [1, 4] });
  const nodes = [
    ["x", "a"],
    ["a", "b"],
    ["b", "c"],
  ].map(([from, to]) => makeNode("Neg", [from!], [to!]));
  const chain = makeModel({ nodes, inputs: [info("x")], outputs: ["a", "b", "c"].map(info) });
  const sizesFor = async (room: number) => {
    const graph = await prepare(makeModel({ nodes, inputs: [info("x")], outputs: [info("c")] }), runtime);
    return stagesOf(chain, graph, room).map(({ model }) => model.graph.nodes.length);
  };

  test.each([
    [15, [1, 1, 1]],
    [16, [1, 1, 1]],
    [17, [2, 1]],
    [32, [2, 1]],
    [33, [3]],
    [1000, [3]],
  ])("with room for %i bytes", async (room, sizes) => {
    expect(await sizesFor(room)).toEqual(sizes);
  });

  test("bytes of tensors: of four bytes, of eight, of one; of a scalar and of none", () => {
    const { FLOAT, DOUBLE, BOOL } = DataType;
    const bytes = (dataType: number, shape: number[]) => bytesOf({ name: "t", dataType, shape });
    expect([bytes(FLOAT, [2, 3]), bytes(DOUBLE, [2, 3]), bytes(BOOL, [5])]).toEqual([24, 48, 5]);
    expect([bytes(FLOAT, []), bytes(FLOAT, [0, 3])]).toEqual([4, 0]);
  });
});
