// Serves the explorer's page and a model, if there is one, to this machine alone: a fixed list of paths, on the loopback interface.

import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { VielbeinError } from "@vielbein/core";

const HOST = "127.0.0.1";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".png": "image/png",
};

const HEADERS: Readonly<Record<string, string>> = {
  // Nothing from elsewhere, whatever a model's names contain.
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; frame-ancestors 'none'",
  // Cross-origin isolation gives WebAssembly its threads.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
};

export interface ServedPage {
  /** Address of the page, with the model where there is one. */
  readonly url: string;
  close(): Promise<void>;
}

export interface ServedModel {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of the model's file, which may differ from these bytes: results state it. */
  readonly sha256: string;
}

/**
 * @param folder of the built page.
 * @param model undefined for the page that invites to open one.
 * @param port 0 for a free one.
 * @throws {VielbeinError} `MISSING_FILE` when the page was not built, `INVALID_ARGUMENT` when the port is taken.
 */
export async function servePage(
  folder: URL,
  model: ServedModel | undefined,
  port: number,
): Promise<ServedPage> {
  const files = await pageFiles(folder);
  const modelPath = model && `/model/${encodeURIComponent(model.name)}`;
  const read = async (path: string, isCompressed: boolean): Promise<Answer | undefined> => {
    if (model && path === modelPath) return { bytes: model.bytes, sha256: model.sha256 };
    const compressed = isCompressed ? files.get(`${path === "/" ? "/index.html" : path}.br`) : undefined;
    if (compressed) return { bytes: await readFile(compressed), encoding: "br" };
    const file = files.get(path);
    return file && { bytes: await readFile(file) };
  };
  const server = createServer((request, response) => {
    // Other names for this address are how strangers' pages would reach it.
    const { port } = server.address() as AddressInfo;
    if (!isOwnAddress(request.headers.host, port)) return void response.writeHead(403).end();
    void answer(request, response, read);
  });
  await listening(server, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${actual}/?src=${encodeURIComponent(modelPath?.slice(1) ?? "")}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether a request's Host names this server on `port`, which browsers leave out where it is that of HTTP. */
export function isOwnAddress(host: string | undefined, port: number): boolean {
  const [, name, given = "80"] = /^([^:]*)(?::(\d+))?$/.exec(host ?? "") ?? [];
  return [HOST, "localhost"].includes(name?.toLowerCase() ?? "") && Number(given) === port;
}

/** Paths of the page's files, and where they are. */
async function pageFiles(folder: URL): Promise<Map<string, URL>> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const names = entries.map((name) => name.replaceAll("\\", "/")).filter((name) => extname(name) !== "");
  if (!names.includes("index.html")) {
    throw new VielbeinError(
      "MISSING_FILE",
      "The explorer's page is not built. Run `npm run build:explorer` in the repository, or install the package again.",
    );
  }
  const files = new Map(names.map((name) => [`/${name}`, new URL(name, folder)]));
  return files.set("/", new URL("index.html", folder));
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly encoding?: "br";
  /** Of a model's file. */
  readonly sha256?: string;
}

async function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  read: (path: string, isCompressed: boolean) => Promise<Answer | undefined>,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  if (method !== "GET" && method !== "HEAD") return void response.writeHead(405).end();
  const path = (url ?? "/").replace(/[?#].*$/s, "");
  const takesBrotli = /(^|[\s,])br([\s,;]|$)/.test(String(headers["accept-encoding"] ?? ""));
  const found = await read(path, takesBrotli).catch(() => undefined);
  if (!found) return void response.writeHead(404).end();
  const { bytes, encoding, sha256 } = found;
  if (encoding) response.setHeader("Content-Encoding", encoding);
  if (sha256) response.setHeader("Vielbein-Model-SHA256", sha256);
  const type = TYPES[path === "/" ? ".html" : extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { "Content-Type": type, "Content-Length": bytes.length });
  response.end(method === "HEAD" ? undefined : bytes);
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `--port: port ${port} cannot be opened: ${cause.message}. Choose another, or 0 for a free one.`;
      reject(new VielbeinError("INVALID_ARGUMENT", message, { cause }));
    });
    server.listen(port, HOST, resolve);
  });
}
