// The form in which outputs are given to features, by shapes alone.

import { DataType } from "@vielbein/onnx";
import { parseLayout } from "@vielbein/viz";
import { describe, expect, it } from "vitest";
import { featureForm } from "../src/inputs/feature-form.ts";
import type { LoadedModel } from "../src/inputs/model.ts";
import { model } from "./models.ts";

/** A model of this name, with one input; what is remarked on is kept. */
function loaded(file: string, shape: readonly (number | string)[], remarks: string[] = []): LoadedModel {
  const port = (name: string) => ({ name, dataType: DataType.FLOAT, shape });
  return {
    model: model({ inputs: [port("x")], outputs: [port("y")] }),
    file,
    remark: (text: string) => void remarks.push(text),
  } as unknown as LoadedModel;
}

function form(
  shape: readonly number[],
  wanted: readonly (number | string)[],
  options: { readonly layout?: string; readonly resize?: readonly [number, number] } = {},
) {
  const remarks: string[] = [];
  const to = { name: "y", dim: shape.reduce((product, extent) => product * extent, 1), shape };
  const layout = options.layout === undefined ? undefined : parseLayout(options.layout);
  const generator = loaded("g.onnx", ["n", ...shape], remarks);
  const found = featureForm(generator, loaded("f.onnx", ["n", ...wanted]), to, { ...options, layout });
  return { ...found, remarks };
}

describe("featureForm", () => {
  it.each([
    [
      [3, 8, 8],
      [3, 8, 8],
    ],
    [
      [3, 8, 8],
      [3, "h", "w"],
    ],
    [[7], [7]],
    [
      [2, 5],
      [2, 5],
    ],
  ])("of what is taken as it is, nothing is done: %j for %j", (shape, wanted) => {
    expect(form(shape, wanted)).toEqual({ remarks: [] });
  });

  it("one channel is given as three, which is said; three, and one that is wanted, are not", () => {
    const { copies, remarks, arrange } = form([1, 8, 8], [3, 8, 8]);
    expect([copies, arrange]).toEqual([3, undefined]);
    expect(remarks).toEqual(['the features are those of colours: the one channel of "y" is all three']);
    expect(form([1, 8, 8], [1, 4, 4], { resize: [4, 4] }).copies).toBeUndefined();
    expect(form([3, 8, 8], [3, 4, 4], { resize: [4, 4] }).copies).toBeUndefined();
  });

  it("channels that are last become the first, and flat outputs pictures", () => {
    expect(form([8, 6, 3], [3, 8, 6])).toMatchObject({
      arrange: { shape: [8, 6, 3], order: [2, 0, 1] },
      layout: { layout: { layout: "hwc" } },
    });
    expect(form([8, 6], [3, 8, 6])).toMatchObject({ arrange: { shape: [1, 8, 6] }, copies: 3 });
    expect(form([48], [1, 8, 6], { layout: "hw:8,6" }).arrange).toEqual({ shape: [1, 8, 6] });
    expect(form([200, 2], [2, 200], { layout: "signal" }).arrange).toEqual({
      shape: [200, 2],
      order: [1, 0],
    });
  });

  it("pictures are resized from their own sides, also where features take any", () => {
    expect(form([3, 8, 6], [3, 4, 12], { resize: [4, 12] }).resize).toEqual({ from: [8, 6], to: [4, 12] });
    expect(form([3, 8, 6], [3, "h", "w"], { resize: [16, 12] }).resize).toEqual({
      from: [8, 6],
      to: [16, 12],
    });
    expect(form([8, 6, 3], [3, 4, 4], { resize: [4, 4] }).resize).toEqual({ from: [8, 6], to: [4, 4] });
  });

  it.each<[number[], (number | string)[], { resize?: [number, number] }, RegExp]>([
    [[3, 8, 8], [3, 4, 4], {}, /"f.onnx" takes \[3,4,4\], but "y" is \[3,8,8\]\. Resize .* --resize 4\.$/],
    [[3, 8, 8], [3, 4, 5], {}, /--resize 4,5\.$/],
    [[1, 8, 8], [3, 4, 4], {}, /--resize 4\.$/],
    [[3, 8, 8], [3, 4, 4], { resize: [4, 5] }, /\[3,8,8\], --resize 4,5\. Resize/],
    // Nothing that --resize does would make them fit.
    [[4, 8, 8], [3, 4, 4], {}, /Export features of such outputs/],
    [[3, 8, 8], [1, "h", "w"], {}, /Export features of such outputs/],
    [[7], [8], {}, /Export features of such outputs/],
    [[3, 8, 8], [3, 8], {}, /Export features of such outputs/],
  ])("refuses %j for %j", (shape, wanted, options, message) => {
    const run = () => form(shape, wanted, options);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  });
});
