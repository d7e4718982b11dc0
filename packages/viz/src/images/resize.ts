// Resampling of an image to another size, by a triangle filter that widens where the image shrinks, so that fine detail
// is averaged and does not alias.

import { requireKind } from "../arguments.ts";
import type { RgbaImage } from "./image.ts";

/** The centre of the image in the proportions of `width` × `height`, at that size. Opaque images only. */
export function resize(image: RgbaImage, width: number, height: number): RgbaImage {
  requireKind("resize: image", "picture", image);
  const scale = Math.min(image.width / width, image.height / height);
  const columns = weights(image.width, width, scale);
  const rows = weights(image.height, height, scale);
  const across = new Float64Array(4 * width * image.height);
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [from, weight] of columns[x]) {
        for (let c = 0; c < 4; c++) {
          across[4 * (y * width + x) + c] += weight * image.data[4 * (y * image.width + from) + c];
        }
      }
    }
  }
  const data = new Uint8ClampedArray(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 4 * width; i++) {
      data[4 * y * width + i] = rows[y].reduce(
        (sum, [from, weight]) => sum + weight * across[4 * from * width + i],
        0,
      );
    }
  }
  return { width, height, data };
}

/** For each of `size` pixels that share the middle `size · scale` of `length`: the source pixels and their weights. */
function weights(length: number, size: number, scale: number): (readonly [number, number])[][] {
  const support = Math.max(1, scale);
  const start = (length - size * scale) / 2;
  return Array.from({ length: size }, (_, i) => {
    const centre = start + (i + 0.5) * scale - 0.5;
    const near: [number, number][] = [];
    for (let at = Math.ceil(centre - support); at <= Math.floor(centre + support); at++) {
      const weight = 1 - Math.abs(at - centre) / support;
      if (at >= 0 && at < length && weight > 0) near.push([at, weight]);
    }
    const total = near.reduce((sum, [, weight]) => sum + weight, 0);
    return near.map(([at, weight]) => [at, weight / total] as const);
  });
}
