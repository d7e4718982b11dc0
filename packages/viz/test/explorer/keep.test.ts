// What is taken along: the shelf, the way through keyframes, commands.

import { matrix } from "@vielbein/linalg";
import { expect, it } from "vitest";
import type { ExplorerModel } from "../../src/explorer/engine.ts";
import { codeFor, commandFor, literal } from "../../src/explorer/keep/copies.ts";
import { wayThrough } from "../../src/explorer/keep/interpolate.ts";
import { type KeptDirection, ShelfStore, setOf, textOf } from "../../src/explorer/keep/shelf-store.ts";
import { distinct, plainName } from "../../src/explorer/names.ts";

const space = { name: "w", dim: 3, shape: [3] };
const kept = (name: string, vector: readonly number[]): KeptDirection => ({
  id: name,
  name,
  method: "SeFa",
  model: { name: "a.onnx", sha256: "5e" },
  space,
  vector: textOf(vector),
});

it("remembers directions, and reads nothing that is damaged", () => {
  const texts = new Map<string, string>();
  const store = new ShelfStore({
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => void texts.set(key, text),
  });
  expect(store.all()).toEqual([]);
  const all = [kept("smile", [0, 0.5, -2]), kept("hat", [1, 0, 0])];
  store.put(all);
  expect(store.all()).toEqual(all);
  for (const damaged of ["{", "[1]", '[{"id":"a"}]']) {
    for (const key of texts.keys()) texts.set(key, damaged);
    expect(store.all()).toEqual([]);
  }
});

it("makes a set of kept directions, with a name for each", () => {
  const whole = setOf([kept("smile", [0, 0.5, -2]), kept("smile", [1, 0, 0])], space);
  expect(whole).toEqual({
    space,
    names: ["smile", "smile_2"],
    method: "kept",
    vectors: matrix(3, 2, Float64Array.of(0, 1, 0.5, 0, -2, 0)),
  });
  expect(setOf([{ ...kept("smile", [1, 2, 3]), vector: "AAAA" }], space)).toBeUndefined();
});

it("makes names that files and expressions take", () => {
  expect(plainName(" red hair! ", "d0")).toBe("red_hair");
  expect(plainName("2 eyes", "d0")).toBe("_2_eyes");
  expect(plainName("!!", "d0")).toBe("d0");
  expect(distinct(["a", "a", "a_2", "a"])).toEqual(["a", "a_2", "a_2_2", "a_3"]);
});

it("goes through keyframes, slowly at each", () => {
  const way = wayThrough([Float32Array.of(0), Float32Array.of(8), Float32Array.of(0)], 4);
  expect(way.map(([x]) => x)).toEqual([0, 1.25, 4, 6.75, 8, 6.75, 4, 1.25, 0]);
  expect(wayThrough([], 4)).toEqual([]);
});

it("writes commands and code", () => {
  const model = {
    name: "my faces.onnx",
    from: space,
    tos: [{ name: "image", dim: 12, shape: [3, 2, 2] }],
    extents: {},
    set: {},
  } as unknown as ExplorerModel;
  const set = { space, vectors: matrix(3, 2), names: ["d0", "hat"], method: "SeFa" };
  const edit = { set, steps: [0, 0], lengths: Float64Array.of(1, 2) };
  const subject = {
    model,
    seed: 7,
    truncation: 0.5,
    isMoved: false,
    edits: [{ kind: "sefa" as const, edit }],
    latent: Float32Array.of(1, 2, 3),
    fileOf: () => "faces-sefa.safetensors",
  };
  expect(commandFor(subject)).toBe(
    'vielbein basis "my faces.onnx" --from w --to image --seed 7 --truncation 0.5',
  );
  const moved = { kind: "sefa" as const, edit: { ...edit, steps: [1.5, -0.25] } };
  expect(commandFor({ ...subject, isMoved: true, edits: [moved] })).toBe(
    'vielbein edit "my faces.onnx" --from w --to image --points code.npy --directions-in faces-sefa.safetensors --edit "1.5*d0 - 0.5*hat" --out edited.png',
  );
  const other = { kind: "basis" as const, edit: { ...edit, steps: [1, 0] } };
  expect(commandFor({ ...subject, edits: [other, moved] })).toContain(
    '--directions-in basis=faces-sefa.safetensors sefa=faces-sefa.safetensors --edit "1*basis_d0 + 1.5*sefa_d0 - 0.5*sefa_hat"',
  );
  const asked = { ...model, name: "faces.pkl", checkpoint: { label: 2, size: undefined } };
  expect(commandFor({ ...subject, model: asked })).toBe(
    "vielbein basis faces.pkl --label 2 --from w --to image --seed 7 --truncation 0.5",
  );
  expect(codeFor({ ...subject, model: asked })).toContain(
    'const model = (await fromCheckpoint({ name: "faces.pkl", bytes }, {"label":2})).model;',
  );
  const opened = {
    ...model,
    extents: { height: 8 },
    set: { label: { onehot: 3 }, "my noise": [0.5, 2n ** 60n] },
  };
  expect(commandFor({ ...subject, model: opened, edits: [moved], layers: [2, 5] })).toBe(
    'vielbein edit "my faces.onnx" --shape height=8 --set label=onehot:3 --set "my noise=0.5,1152921504606846976" --from w --to image --seed 7 --truncation 0.5 --directions-in faces-sefa.safetensors --edit "1.5*d0 - 0.5*hat" --layers 2-5 --out edited.png',
  );
  expect(codeFor({ ...subject, model: opened })).toContain(
    `const model = withShapes(decodeModel(bytes), new Map([["height",[8]]]));
const map = await OnnxMap.create(model, new NodeRuntime(), { from: "w", to: "image", inputs: inputTensors(model, {"label":{"onehot":3},"my noise":[0.5,1152921504606846976n]}) });`,
  );
  const hostile = [-0, 2n ** 70n, '"1n"', "1n", null, JSON.parse('{"__proto__":[1],"a b":{"c":"\\n"}}')];
  expect(new Function(`return ${literal(hostile)}`)()).toEqual(hostile);
  expect(literal(hostile)).toContain('["__proto__"]:[1]');
  const [, text] = /Buffer.from\("([^"]+)", "base64url"\)/.exec(codeFor(subject)) ?? [];
  const bytes = new Uint8Array(Buffer.from(text!, "base64url"));
  expect([...new Float32Array(bytes.buffer)]).toEqual([1, 2, 3]);
});
