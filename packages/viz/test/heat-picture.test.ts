import { expect, it } from "vitest";
import { detectLayout, heatPicture } from "../src/index.ts";

it("is clear where nothing moves, brightest where most does, the same whatever the order of channels", () => {
  const tangent = Float32Array.of(0, 3, 1, 0, 0, 4, 0, 0, 0, 0, 0, 0.5);
  const layout = detectLayout([3, 2, 2], {});
  const { width, height, data } = heatPicture(tangent, layout);
  expect([width, height]).toEqual([2, 2]);
  const opacities = [0, 1, 2, 3].map((p) => data[4 * p + 3]);
  // Norms over the channels: 0, 5, 1, 0.5 of 5, as opacities.
  expect(opacities).toEqual([0, 255, 51, 26]);
  expect([...data.subarray(4, 7)]).toEqual([255, 255, 225]);
  const last = Float32Array.from({ length: 12 }, (_, i) => tangent[(i % 3) * 4 + Math.floor(i / 3)]!);
  expect(heatPicture(last, detectLayout([2, 2, 3], {}))).toEqual({ width, height, data });
  expect(heatPicture(new Float32Array(12), layout).data.every((x, i) => i % 4 !== 3 || x === 0)).toBe(true);
  expect(() => heatPicture(new Float32Array(11), layout)).toThrow(/needs 12 values/);
});
