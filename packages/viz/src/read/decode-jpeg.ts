// Reading of JPEG files, baseline and progressive: jpeg-js, loaded when a JPEG comes, undoes the coding; the
// differences of colour, which most files store at half the size, are then enlarged smoothly as libjpeg does it, and
// the picture is turned upright as its Exif data say.

import { requireKind } from "../arguments.ts";
import type { RgbaImage } from "../images/image.ts";
import { invalidJpeg, type JpegHeader, readJpegHeader } from "./jpeg-header.ts";
import { joined } from "./png-chunks.ts";

/** In MiB: enough for a picture of 30 million pixels. */
const MEMORY = 1024;

/**
 * The pixels of a JPEG file.
 *
 * @throws {VielbeinError} `INVALID_FILE` for a file that is not a JPEG, is damaged, cut short, too large or of a kind
 * that we do not read.
 */
export async function decodeJpeg(bytes: Uint8Array): Promise<RgbaImage> {
  requireKind("decodeJpeg: bytes", "bytes", bytes);
  const header = readJpegHeader(bytes);
  const { decode } = await import("jpeg-js");
  const isColour = header.components.length === 3;
  let image: { width: number; height: number; data: Uint8Array };
  try {
    // Without Adobe's segment jpeg-js leaves three components as they are.
    image = decode(isColour && header.adobe ? without(bytes, header.adobe) : bytes, {
      useTArray: true,
      tolerantDecoding: false,
      maxResolutionInMP: 100,
      maxMemoryUsageInMB: MEMORY,
      // Of other numbers of components it changes nothing.
      colorTransform: false,
    });
  } catch (error) {
    throw invalidJpeg(
      `its pixels cannot be read (${(error as Error).message})`,
      "Check the file, or save it as PNG.",
      error,
    );
  }
  const data = isColour && header.isLuma ? coloursOf(image, header) : image.data;
  return upright({ ...image, data: new Uint8ClampedArray(data.buffer) }, header.orientation);
}

function without(bytes: Uint8Array, [start, end]: readonly [number, number]): Uint8Array {
  return joined([bytes.subarray(0, start), bytes.subarray(end)]);
}

/** RGBA from luma and the differences to blue and red (ITU-T T.871), which are interpolated where they are coarser. */
function coloursOf(
  { width, height, data }: { width: number; height: number; data: Uint8Array },
  { components }: JpegHeader,
): Uint8ClampedArray {
  const result = new Uint8ClampedArray(data.length);
  const [luma, ...differences] = components as [JpegHeader["components"][0], ...JpegHeader["components"]];
  const isHalf = (side: "across" | "down") => differences.every((part) => luma[side] === 2 * part[side]);
  const [across, down] = [isHalf("across"), isHalf("down")];
  for (let y = 0; y < height; y++) {
    const beside = 4 * width * (down ? neighbour(y, height) : y);
    for (let x = 0; x < width; x++) {
      const at = 4 * (y * width + x);
      const [own, other] = [4 * x, 4 * (across ? neighbour(x, width) : x)];
      const row = 4 * y * width;
      const mixed = (c: number) =>
        (9 * data[row + own + c] +
          3 * data[row + other + c] +
          3 * data[beside + own + c] +
          data[beside + other + c]) /
          16 -
        128;
      const [blue, red] = [mixed(1), mixed(2)];
      result[at] = data[at] + 1.402 * red;
      result[at + 1] = data[at] - 0.344136286 * blue - 0.714136286 * red;
      result[at + 2] = data[at] + 1.772 * blue;
      result[at + 3] = 255;
    }
  }
  return result;
}

/** In a row of values each of which stands twice, the nearest place of the other value that is near. */
function neighbour(at: number, length: number): number {
  return Math.min(length - 1, Math.max(0, at % 2 === 0 ? at - 1 : at + 1));
}

/** The picture turned and mirrored to its Exif orientation; 1 is upright. */
function upright(image: RgbaImage, orientation: number): RgbaImage {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const isTurned = orientation >= 5;
  const [width, height] = isTurned ? [image.height, image.width] : [image.width, image.height];
  // Whether the rows and columns of the file run against those of the upright picture.
  const [flipX, flipY] = [[2, 3, 7, 8].includes(orientation), [3, 4, 6, 7].includes(orientation)];
  const source = new Uint32Array(image.data.buffer);
  const target = new Uint32Array(source.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = isTurned ? [y, x] : [x, y];
      const column = flipX ? image.width - 1 - u : u;
      const row = flipY ? image.height - 1 - v : v;
      target[y * width + x] = source[row * image.width + column];
    }
  }
  return { width, height, data: new Uint8ClampedArray(target.buffer) };
}
