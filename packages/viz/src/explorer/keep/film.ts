// Images as a WebM video, or as PNG files in an archive.

import { VielbeinError } from "@vielbein/core";
import type { RgbaImage } from "../../images/image.ts";
import { paint } from "../picture.ts";

/** Pixels of the longer side of a video, at least: small images are enlarged. */
const SIDE = 256;

/**
 * A WebM video of images as they come, recorded while it plays.
 *
 * @param frame milliseconds of each.
 * @throws {VielbeinError} `BACKEND_UNAVAILABLE` where the browser makes no videos.
 */
export async function recordWebm(images: AsyncIterable<RgbaImage>, frame: number): Promise<Blob> {
  const drawn: RgbaImage[] = [];
  for await (const image of images) drawn.push(image);
  const [first] = drawn;
  const canvas = document.createElement("canvas");
  const scale = Math.ceil(SIDE / Math.max(first.width, first.height));
  canvas.width = scale * first.width;
  canvas.height = scale * first.height;
  const pen = canvas.getContext("2d");
  if (!pen)
    throw new VielbeinError("BACKEND_UNAVAILABLE", "The browser gives no canvas to film. Save frames.");
  pen.imageSmoothingEnabled = false;
  const source = document.createElement("canvas");
  const recorder = new MediaRecorder(canvas.captureStream(1000 / frame), { mimeType: "video/webm" });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  for (const image of drawn) {
    paint(source, image);
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    await new Promise((resolve) => setTimeout(resolve, frame));
  }
  recorder.stop();
  await stopped;
  return new Blob(parts, { type: "video/webm" });
}

/** A ZIP archive of the images as `frame-000.png`, `frame-001.png`, … */
export async function framesArchive(images: AsyncIterable<RgbaImage>): Promise<Blob> {
  // Only whoever wants an archive loads what makes one.
  const { zipSync } = await import("fflate");
  const files: Record<string, Uint8Array> = {};
  const canvas = document.createElement("canvas");
  for await (const image of images) {
    paint(canvas, image);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    const name = `frame-${String(Object.keys(files).length).padStart(3, "0")}.png`;
    if (blob) files[name] = new Uint8Array(await blob.arrayBuffer());
  }
  // PNG files are compressed already.
  return new Blob([zipSync(files, { level: 0 }) as BlobPart], { type: "application/zip" });
}
