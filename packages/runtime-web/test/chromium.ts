// A runtime whose engine is a page of a real Chromium: tests that take a Runtime run on it unchanged.

import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ErrorCode, VielbeinError } from "@vielbein/core";
import type { Feeds, ModelSource, Runtime, Session, SessionOptions } from "@vielbein/core/runtime";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import type { WebReport, WebRuntimeOptions } from "../src/index.ts";
import type { Procedures } from "./browser/remote.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Why there is no browser to test in; undefined where there is one. */
export const missing: string | undefined = existsSync(executablePath)
  ? undefined
  : "Chromium is not installed (apt-get install chromium, or set CHROMIUM)";

const bundles = new Map<string, Promise<string>>();

/** The folder of an entry of test/browser, bundled with Vite's defaults once; it goes with the tests' temporary folder. */
export function bundle(entry: string): Promise<string> {
  const bundled = bundles.get(entry) ?? makeBundle(entry);
  bundles.set(entry, bundled);
  return bundled;
}

async function makeBundle(entry: string): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "vielbein-page-"));
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@vielbein/source"] },
    build: {
      outDir,
      emptyOutDir: true,
      target: "es2022",
      minify: false,
      rollupOptions: {
        input: fileURLToPath(new URL(`browser/${entry}`, import.meta.url)),
        output: { entryFileNames: "entry.js" },
      },
    },
  });
  return outDir;
}

const types: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  close(): void;
}

/**
 * Serves folders, later ones behind earlier ones, with an empty page at / that runs entry.js; but nothing whose path
 * is `withheld`.
 */
export async function serve(
  folders: readonly string[],
  headers: Record<string, string> = {},
  withheld: (path: string) => boolean = () => false,
): Promise<Site> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    requests.push(pathname);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (pathname === "/") {
      response.setHeader("Content-Type", "text/html");
      return void response.end('<!doctype html><script type="module" src="entry.js"></script>');
    }
    const path = folders.map((folder) => join(folder, pathname)).find(existsSync);
    if (!path || withheld(pathname)) return void response.writeHead(404).end();
    response.setHeader("Content-Type", types[extname(path)] ?? "application/octet-stream");
    response.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, requests, close: () => server.close() };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // WebGPU without a graphics processor: Chromium brings SwiftShader.
      "--enable-unsafe-webgpu",
      // Compiled once: what the tests compute is not worth a second time, to run faster.
      "--js-flags=--liftoff-only",
      // Every window would load pages of its address bar, which nobody sees: a second of processor time.
      "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
    ],
  });
}

/** Everything that a test in Chromium needs, from one bundle of test/browser/remote.ts. */
export class RemoteBrowser {
  readonly browser: Browser;
  readonly site: Site;

  private constructor(browser: Browser, site: Site) {
    this.browser = browser;
    this.site = site;
  }

  static async open(): Promise<RemoteBrowser> {
    const folder = await bundle("remote.ts");
    return new RemoteBrowser(await launch(), await serve([folder]));
  }

  /** A page of its own, and a runtime in it. */
  async runtime(options: WebRuntimeOptions, { url }: Site = this.site): Promise<RemoteRuntime> {
    const page = await this.browser.newPage();
    await page.goto(url);
    await page.waitForFunction("globalThis.call");
    return RemoteRuntime.open(page, options);
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.site.close();
  }
}

type Result<Name extends keyof Procedures> = Awaited<ReturnType<Procedures[Name]>>;

async function call<Name extends keyof Procedures>(
  page: Page,
  name: Name,
  ...args: Parameters<Procedures[Name]>
): Promise<Result<Name>> {
  const reply = await page.evaluate(
    ([name, args]) =>
      (globalThis as unknown as { call(name: unknown, args: unknown): unknown }).call(name, args),
    [name, args] as const,
  );
  const { result, code, message } = reply as { result: Result<Name>; code?: ErrorCode; message?: string };
  if (message === undefined) return result;
  throw code === undefined
    ? new Error(message)
    : new VielbeinError(code, message.replace(/^VielbeinError: /, ""));
}

/** Feeds as they travel to the page: a kept tensor by its number. */
function sent(feeds: Feeds) {
  const entries = Object.entries(feeds).map(([name, tensor]) => {
    if (!("data" in tensor)) return [name, { kept: (tensor as unknown as { kept: number }).kept }];
    const { type, dims, data } = tensor;
    return [name, { type, dims, data: data.slice() }];
  });
  return Object.fromEntries(entries);
}

export class RemoteRuntime implements Runtime {
  readonly name: string;
  readonly report: WebReport;
  readonly page: Page;
  readonly #id: number;

  private constructor(page: Page, { id, name, report }: Result<"open">) {
    this.page = page;
    this.#id = id;
    this.name = name;
    this.report = report;
  }

  static async open(page: Page, options: WebRuntimeOptions): Promise<RemoteRuntime> {
    return new RemoteRuntime(page, await call(page, "open", options));
  }

  /** Name and report as they are now. */
  state(): Promise<Result<"state">> {
    return call(this.page, "state", this.#id);
  }

  async createSession(model: ModelSource, options: SessionOptions = {}): Promise<Session> {
    const { page } = this;
    const files = [...(model.files ?? [])].map(([name, data]): [string, Uint8Array] => [name, data.slice()]);
    const session = await call(page, "create", this.#id, model.bytes.slice(), files, options);
    const { id, ...names } = session;
    return {
      ...names,
      run: (feeds, fetches) => call(page, "run", id, sent(feeds), fetches && [...fetches]),
      keep: async (feeds, fetches) => {
        const results = await call(page, "keep", id, sent(feeds), [...fetches]);
        const tensors = Object.entries(results).map(([name, { type, dims, kept }]) => [
          name,
          {
            ...{ type, dims, kept },
            read: () => call(page, "read", kept),
            release: () => call(page, "drop", kept),
          },
        ]);
        return Object.fromEntries(tensors);
      },
      dispose: () => call(page, "release", id),
    };
  }

  async dispose(): Promise<void> {
    await call(this.page, "close", this.#id);
    await this.page.close();
  }
}
