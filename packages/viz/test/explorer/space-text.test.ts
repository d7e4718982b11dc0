import { expect, it } from "vitest";
import type { ExplorerModel } from "../../src/explorer/engine.ts";
import { spaceText } from "../../src/explorer/space-text.ts";

const space = (name: string, shape: readonly number[]) => ({
  name,
  shape,
  dim: shape.reduce((a, b) => a * b, 1),
});

it("calls spaces what people call them, beside the names in the file", () => {
  const spaces = [
    space("z", [128]),
    space("w", [64]),
    space("w_plus", [6, 64]),
    space("b16/Add", [32, 16, 16]),
    space("h", [7]),
    space("image", [3, 64, 64]),
  ];
  const model = {
    froms: spaces.slice(0, 3),
    tos: spaces.slice(1),
    truncation: { kind: "graph", space: "w", psi: 1 },
  } as unknown as ExplorerModel;
  expect(spaces.map((each) => spaceText(each, model))).toEqual([
    "input code, 128 · z",
    "style code, 64 · w",
    "codes of 6 layers · w_plus",
    "features 16 × 16, 32 channels · b16/Add",
    "code, 7 · h",
    "picture, 3 × 64 × 64 · image",
  ]);
});
