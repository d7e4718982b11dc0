import { matrix, normal } from "@vielbein/linalg";
import { readSafetensors, writeSafetensors } from "@vielbein/linalg/safetensors";
import { describe, expect, it } from "vitest";
import { decodeDirections, encodeDirections } from "../src/directions/directions-file.ts";
import {
  type DirectionSet,
  defaultNames,
  directionAt,
  displacementOf,
  displacements,
  requireDirections,
  requireSpaceOf,
  VielbeinError,
} from "../src/index.ts";

const w = { name: "w", dim: 4, shape: [4] };
const wPlus = { name: "w_plus", dim: 12, shape: [3, 4] };

const set: DirectionSet = {
  space: w,
  vectors: matrix(4, 2, normal(1, 0, 8)),
  names: ["smile", "d1"],
  values: { kind: "eigenvalue", values: Float64Array.of(7, 1 / 3) },
  method: "SeFa",
  point: Float32Array.from(normal(2, 0, 4)),
  provenance: {
    tool: "vielbein 0.1.0",
    method: "SeFa",
    model: { file: "g.onnx", sha256: "ab".repeat(32), opset: 17 },
    from: w,
    to: { name: "image", dim: 12, shape: [3, 2, 2] },
    points: { seed: 0, prior: { kind: "normal" }, first: 0, count: 0 },
    options: { variant: "official" },
    runtime: "none",
  },
};

const layered: DirectionSet = {
  space: wPlus,
  vectors: matrix(4, 1, [1, 2, 3, 4]),
  names: ["d0"],
  layers: [0, 2],
  method: "SeFa",
};

describe("directions files", () => {
  it("keep every part of a set, bit for bit", () => {
    expect(decodeDirections(encodeDirections(set))).toEqual(set);
    expect(decodeDirections(encodeDirections(layered))).toEqual(layered);
  });

  it("hold a row for each direction, for any reader of safetensors", () => {
    const { tensors, metadata } = readSafetensors(encodeDirections(set));
    expect(tensors.directions!.shape).toEqual([2, 4]);
    expect(Array.from(tensors.directions!.data as Float64Array).slice(0, 4)).toEqual(
      Array.from(directionAt(set, 0)),
    );
    expect(metadata).toMatchObject({
      format: "vielbein.directions",
      version: "1",
      model_sha256: "ab".repeat(32),
    });
  });

  it("ignore what later writers add", () => {
    const { tensors, metadata } = readSafetensors(encodeDirections(layered));
    const description = JSON.stringify({ ...JSON.parse(metadata.description!), mood: "good" });
    const bytes = writeSafetensors(
      { ...tensors, more: { shape: [1], data: Float32Array.of(1) } },
      { ...metadata, description, note: "hello" },
    );
    expect(decodeDirections(bytes)).toMatchObject(layered);
  });

  it.each([
    [
      "other bytes",
      () => Uint8Array.of(1, 2, 3),
      "a.bin: not a directions file: it is not a safetensors file",
    ],
    [
      "another safetensors file",
      () => writeSafetensors({ weight: { shape: [1], data: Float32Array.of(1) } }),
      "Its tensors: weight",
    ],
    ["a later version", () => changed({ version: "2" }), "version 2, this program reads up to 1"],
    ["a broken description", () => changed({ description: "{" }), "its description is not JSON"],
    ["an incomplete description", () => changed({ description: '{"names":[]}' }), '"space" is missing'],
    [
      "a text for the layers",
      () =>
        changed({
          description:
            '{"space":{"name":"w","dim":2,"shape":[2]},"names":["d0"],"method":"m","layers":"all"}',
        }),
      '"layers" cannot be "all"',
    ],
    [
      "names that are too many",
      () => changed({ description: JSON.stringify({ space: w, names: ["a", "b", "c"], method: "x" }) }),
      "one name for each of 2 directions, got 3",
    ],
  ])("refuse %s", (_, bytes, message) => {
    const read = () => decodeDirections(bytes(), "a.bin");
    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ code: "INVALID_MODEL" }));
  });

  function changed(metadata: Record<string, string>): Uint8Array {
    const file = readSafetensors(encodeDirections(set));
    return writeSafetensors(file.tensors, { ...file.metadata, ...metadata });
  }
});

describe("direction sets", () => {
  it("displace a whole point, or its layers alone", () => {
    expect(Array.from(displacementOf(set, 1))).toEqual(Array.from(directionAt(set, 1)));
    expect(Array.from(displacementOf(layered, 0))).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4]);
    expect(displacements(layered)).toEqual(matrix(12, 1, displacementOf(layered, 0)));
    expect(displacements(set)).toBe(set.vectors);
  });

  it("of all layers, and of the last alone, fit", () => {
    for (const layers of [[0, 1, 2], [2]]) {
      expect(requireDirections({ ...layered, layers })).toMatchObject({ layers });
    }
  });

  it("belong to one space", () => {
    expect(() => requireSpaceOf(set, w)).not.toThrow();
    expect(() => requireSpaceOf(set, { name: "z", dim: 4, shape: [4] })).toThrow("--from w");
    expect(() => requireSpaceOf(set, wPlus)).toThrow(VielbeinError);
  });

  it.each([
    ["vectors of another space", { vectors: matrix(5, 2) }, "4 coordinates, got vectors of 5"],
    [
      "numbers that are none",
      { vectors: matrix(4, 2, [0, 0, 0, Number.NaN, 0, 0, 0, 0]) },
      "NaN in direction 1",
    ],
    ["names that are not unique", { names: ["a", "a"] }, '"a"'],
    ["names that are no words", { names: ["a b", "c"] }, '"a b"'],
    [
      "too few values",
      { values: { kind: "x", values: Float64Array.of(1) } },
      "values must hold 2 numbers, got 1",
    ],
    ["layers of a space without", { layers: [0] }, 'layers 0 of space "w" [4]'],
    ["layers out of order", { space: wPlus, layers: [1, 0] }, "layers must ascend"],
    ["layers that are none", { space: wPlus, layers: [3] }, "layers must ascend"],
    ["no layers", { space: wPlus, layers: [] }, "got layers none"],
    ["a layer before the first", { space: wPlus, layers: [-1, 0] }, "layers must ascend"],
    ["a layer twice", { space: wPlus, layers: [1, 1] }, "layers must ascend"],
    ["half a layer", { space: wPlus, layers: [0.5] }, "layers must ascend"],
    ["layers of more axes", { space: { ...wPlus, shape: [3, 2, 2] }, layers: [0] }, "layers must ascend"],
    ["no directions", { vectors: matrix(4, 0), names: [] }, "got none"],
    ["directions that move nothing", { vectors: matrix(4, 2) }, "got 2 of length 0"],
    ["a point of another space", { point: new Float32Array(3) }, "point must hold 4 numbers, got 3"],
  ])("refuse %s", (_, change, message) => {
    const { point: _point, ...rest } = set;
    expect(() => requireDirections({ ...rest, ...change })).toThrow(message);
  });

  it("refuse directions that are not there", () => {
    for (const k of [2, -1, 0.5, Number.NaN]) {
      expect(() => directionAt(set, k)).toThrow(`directions 0 to 1, got ${k}`);
    }
    expect(defaultNames(3)).toEqual(["d0", "d1", "d2"]);
  });
});
