import type { KeptTensor, RuntimeTensor } from "@vielbein/core/runtime";
import { expect, test } from "vitest";
import { ResidualStore } from "../src/map/residual-store.ts";

const pointOf = (x: number): RuntimeTensor => ({ type: "float32", dims: [1], data: Float32Array.of(x) });

/** A store whose residuals are one kept tensor, and the points of which it computed and released any. */
function storeOf(capacity: number) {
  const [computed, released]: [number[], number[]] = [[], []];
  const store = new ResidualStore(capacity, async (point) => {
    const x = point.data[0] as number;
    computed.push(x);
    const kept: KeptTensor = {
      type: "float32",
      dims: [1],
      read: async () => point,
      release: async () => void released.push(x),
    };
    return new Map([["r", kept]]);
  });
  return { store, computed, released };
}

test("points that fit are computed once, however often they are asked for", async () => {
  const { store, computed, released } = storeOf(4);
  const points = [0, 1, 2, 3].map(pointOf);
  for (let round = 0; round < 3; round++) for (const point of points) await store.at(point);
  expect(computed).toEqual([0, 1, 2, 3]);
  expect(released).toEqual([]);
  await store.dispose();
  expect(released).toEqual([0, 1, 2, 3]);
});

test.each([0, 1, 2])("the point that was used longest ago makes room: capacity %i", async (capacity) => {
  const { store, computed, released } = storeOf(capacity);
  const [a, b, c] = [0, 1, 2].map(pointOf);
  for (const point of [a, b, a, c, b]) await store.at(point!);
  expect(computed).toEqual(capacity === 2 ? [0, 1, 2, 1] : [0, 1, 0, 2, 1]);
  expect(released).toEqual(capacity === 2 ? [1, 0] : [0, 1, 0, 2]);
});
