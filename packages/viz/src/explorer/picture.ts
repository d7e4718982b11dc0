// An image on a canvas, pixel for pixel; the style sheet enlarges it.

import type { RgbaImage } from "../images/image.ts";

export function paint(canvas: HTMLCanvasElement, { width, height, data }: RgbaImage): void {
  // Setting a size clears the canvas, which would flicker.
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
}

/** Hands a file to the person. */
export function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}
