import { afterEach, expect, it, vi } from "vitest";
import { paint } from "../../src/explorer/picture.ts";

afterEach(() => vi.unstubAllGlobals());

it("an image is put pixel for pixel, and a size set only where it changes, for that clears the canvas", () => {
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  );
  const sizes: string[] = [];
  const painted: unknown[] = [];
  let [width, height] = [2, 1];
  const canvas = {
    get width() {
      return width;
    },
    set width(value) {
      sizes.push(`width ${value}`);
      width = value;
    },
    get height() {
      return height;
    },
    set height(value) {
      sizes.push(`height ${value}`);
      height = value;
    },
    getContext: () => ({ putImageData: (...args: unknown[]) => painted.push(args) }),
  } as unknown as HTMLCanvasElement;
  const image = (columns: number, rows: number) => ({
    width: columns,
    height: rows,
    data: new Uint8ClampedArray(4 * columns * rows).fill(7),
  });
  for (const [columns, rows, changes] of [
    [2, 1, []],
    [3, 1, ["width 3", "height 1"]],
    [3, 2, ["width 3", "height 2"]],
    [3, 2, []],
  ] as const) {
    sizes.length = painted.length = 0;
    paint(canvas, image(columns, rows));
    expect(sizes).toEqual(changes);
    expect(painted).toEqual([[expect.objectContaining(image(columns, rows)), 0, 0]]);
  }
});
