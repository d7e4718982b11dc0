// A model's file from an address.

import { VielbeinError } from "@vielbein/core";
import type { ExplorerFile } from "./engine.ts";

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what is no address, `MISSING_FILE` where no model comes from it. */
export async function fetchFile(src: string): Promise<ExplorerFile> {
  if (!URL.canParse(src, document.baseURI)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `"${src}" is not the address of a model. Name an .onnx file.`,
    );
  }
  const url = new URL(src, document.baseURI);
  const missing = (reason: string, cause?: unknown): VielbeinError =>
    new VielbeinError(
      "MISSING_FILE",
      `The model at "${url.href}" does not load: ${reason}. Check the address, and that the server is running.`,
      { cause },
    );
  const response = await fetch(url).catch((cause: Error) => {
    throw missing(cause.message, cause);
  });
  if (!response.ok) throw missing(`the server answers with status ${response.status}`);
  const bytes = await response.blob();
  const sha256 = response.headers.get("Vielbein-Model-SHA256") ?? undefined;
  return { name: nameOf(src), bytes, sha256 };
}

/** The last part of an address's path, as people read it where it can be read. */
export function nameOf(src: string): string {
  if (!URL.canParse(src, document.baseURI)) return src;
  const { pathname } = new URL(src, document.baseURI);
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
