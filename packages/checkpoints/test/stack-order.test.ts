// Plain stacks whose file has its tensors in another order than the layers, or says of them what is not so.

import { writeNpz } from "@vielbein/linalg/npy";
import { writeSafetensors } from "@vielbein/linalg/safetensors";
import { encodeModel } from "@vielbein/onnx";
import { expect, it } from "vitest";
import { fromCheckpoint } from "../src/index.ts";

type Entry = readonly [name: string, shape: readonly number[]];

const options = { activation: "relu,tanh" };

/** By name; values tell the tensors apart, whatever their order. */
function tensorsOf(entries: readonly Entry[], shift = 0) {
  const tensors = entries.map(([name, shape]) => {
    const size = shape.reduce((product, extent) => product * extent, 1);
    const start = [...name].reduce((sum, letter) => 31 * sum + letter.charCodeAt(0), shift);
    return [
      name,
      { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(start + i)) },
    ] as const;
  });
  return Object.fromEntries(tensors);
}

/** As safetensors, which has them by the alphabet. */
function file(entries: readonly Entry[], shift = 0): Uint8Array {
  return writeSafetensors(tensorsOf(entries, shift));
}

/** In their order. */
function archive(entries: readonly Entry[]): Uint8Array {
  return writeNpz(tensorsOf(entries));
}

async function modelOf(bytes: Uint8Array): Promise<Uint8Array> {
  return encodeModel((await fromCheckpoint({ name: "g.safetensors", bytes }, options)).model);
}

const first: Entry = ["main.0.weight", [5, 4, 4, 4]];
const between: readonly Entry[] = [2, 4, 6, 8].flatMap((number): Entry[] => [
  [`main.${number}.weight`, [4, 4, 3, 3]],
  [`main.${number}.bias`, [4]],
]);
const last: readonly Entry[] = [
  ["main.10.weight", [4, 3, 4, 4]],
  ["main.10.bias", [3]],
];
const byAlphabet = ([a]: Entry, [b]: Entry): number => (a < b ? -1 : 1);

it("layers that are counted follow their numbers, whatever the order of the file", async () => {
  const inOrder = [first, ...between, ...last];
  const sorted = [...inOrder].sort(byAlphabet);
  expect(sorted.map(([name]) => name).indexOf("main.10.weight")).toBe(2);
  const [right, read] = [await modelOf(archive(inOrder)), await modelOf(archive(sorted))];
  // The weights are the bytes of the file, whose order they keep; the graph is the same.
  const convolutions = (model: Uint8Array): string[] =>
    [...new TextDecoder("latin1").decode(model).matchAll(/main\.\d+\./g)].map(([name]) => name);
  expect(convolutions(read)).toEqual(convolutions(right));
});

it("layers by the alphabet, without numbers, are refused: their order is not in the file", async () => {
  const named: Entry[] = [
    ["conv1.bias", [4]],
    ["conv1.weight", [5, 4, 4, 4]],
    ["conv2.bias", [4]],
    ["conv2.weight", [4, 4, 3, 3]],
    ["rgb.bias", [3]],
    ["rgb.weight", [4, 3, 4, 4]],
  ];
  await expect(modelOf(file(named))).rejects.toMatchObject({ code: "INVALID_MODEL" });
  // As PyTorch registers them, the order of the file is that of the layers.
  const registered = [1, 0, 3, 2, 5, 4].map((at) => named[at]);
  expect((await modelOf(archive(registered))).length).toBeGreaterThan(0);
});

it("numbers for each channel that are not as many as the channels are refused", async () => {
  const entries: Entry[] = [
    ["0.weight", [5, 4, 4, 4]],
    ["1.weight", [4, 3, 4, 4]],
    ["1.bias", [5]],
  ];
  await expect(modelOf(file(entries))).rejects.toThrow('tensor "1.bias" has 5 numbers, and 3 are due');
});

it("tensors of an index come from the files that it names, and from no other", async () => {
  const entries: Entry[] = [
    ["0.weight", [5, 4, 4, 4]],
    ["1.weight", [4, 3, 4, 4]],
  ];
  const parts: Readonly<Record<string, Uint8Array>> = {
    "a.safetensors": file(entries.slice(0, 1)),
    // A copy of the first tensor from another time lies in the second file.
    "b.safetensors": file(entries, 7),
  };
  const sharded = (map: Readonly<Record<string, string>>) =>
    fromCheckpoint(
      {
        name: "g.safetensors.index.json",
        bytes: new TextEncoder().encode(JSON.stringify({ weight_map: map })),
        readBeside: async (location) => {
          if (location in parts) return parts[location];
          throw new Error("there is no such file");
        },
      },
      options,
    );
  const weights = ({ model }: Awaited<ReturnType<typeof sharded>>): Float32Array[] =>
    model.graph.initializers
      .filter(({ dims }) => dims.length === 4)
      .map(({ raw }) => new Float32Array(raw.slice().buffer));
  const [one] = weights(await sharded({ "0.weight": "a.safetensors", "1.weight": "b.safetensors" }));
  const [other] = weights(await sharded({ "0.weight": "b.safetensors", "1.weight": "b.safetensors" }));
  expect(one).not.toEqual(other);
  const whole = await fromCheckpoint({ name: "a", bytes: file(entries) }, options);
  expect(one).toEqual(weights(whole)[0]);
  await expect(sharded({ "0.weight": "a.safetensors", "1.weight": "a.safetensors" })).rejects.toThrow(
    'its weight_map has "1.weight" in "a.safetensors", which does not hold it',
  );
});
