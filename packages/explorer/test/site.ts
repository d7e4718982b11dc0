// The built page on a server of its own, and a browser that visits it.

import { renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { VielbeinExplorer } from "@vielbein/viz/explorer";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { launch } from "../../runtime-web/test/chromium.ts";
import { lightModel } from "./light.ts";

/** Of the server. */
export let folder: string;
let server: PreviewServer;
/** Of the page. */
export let url: string;
export let browser: Browser;
/** The one that is visited. */
export let page: Page;
/** What went wrong there. */
export let complaints: string[] = [];

/** Builds the page and serves it; a lighter generator stands in the sample's place, since every visit computes. */
export async function openFolder(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), "vielbein-explorer-"));
  const outDir = join(folder, "explorer");
  const configFile = fileURLToPath(new URL("../vite.config.ts", import.meta.url));
  await build({ configFile, build: { outDir } });
  renameSync(join(outDir, "faces.onnx"), join(outDir, "sample.onnx"));
  writeFileSync(join(outDir, "faces.onnx"), lightModel);
  server = await serve();
  url = addressOf(server);
}

/** The same, and a Chromium to visit it. */
export async function openSite(): Promise<void> {
  await openFolder();
  browser = await launch();
}

export async function closeFolder(): Promise<void> {
  await server.close();
  rmSync(folder, { recursive: true });
}

export async function closeSite(): Promise<void> {
  await browser.close();
  await closeFolder();
}

export async function closePage(): Promise<void> {
  await page?.close();
}

/** An empty page that notes what goes wrong. */
export async function newPage(options: BrowserContextOptions = {}): Promise<void> {
  complaints = [];
  page = await browser.newPage({ acceptDownloads: true, ...options });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
}

export function serve(headers: Record<string, string> = {}): Promise<PreviewServer> {
  return preview({
    configFile: false,
    root: folder,
    build: { outDir: "." },
    preview: { port: 0, host: "127.0.0.1", headers },
    logLevel: "error",
  });
}

export function addressOf({ httpServer }: PreviewServer): string {
  return `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/explorer/index.html`;
}

export interface VisitOptions extends BrowserContextOptions {
  /** Before the page is loaded. */
  readonly prepare?: () => Promise<unknown>;
}

export async function visit(address = url, { prepare, ...options }: VisitOptions = {}): Promise<void> {
  await newPage(options);
  page.on("request", (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && new URL(request.url()).origin !== new URL(address).origin) {
      complaints.push(`asked for ${request.url()}`);
    }
  });
  await prepare?.();
  await page.goto(address);
  // WebGPU that a processor imitates takes its time.
  await settle(100_000);
}

/** A part of the element. */
export const part = (selector: string): Locator => page.locator(`vielbein-explorer ${selector}`);

export const slider = (k: number, kind = "basis"): Locator =>
  page.locator(`vielbein-explorer #slider-${kind}-${k}`);

/** Sets a slider as dragging does. */
export async function drag(k: number, t: number, kind = "basis"): Promise<void> {
  const changed = nextEvent("change");
  await slider(k, kind).evaluate((input, value) => {
    (input as HTMLInputElement).value = String(value);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, t);
  await changed;
}

/** Resolves once the element has dispatched an event of the type. */
export function nextEvent(type: string): Promise<void> {
  return page.evaluate(
    (name) =>
      new Promise<void>((resolve) => {
        document.querySelector("vielbein-explorer")!.addEventListener(name, () => resolve(), { once: true });
      }),
    type,
  );
}

export const pixels = (): Promise<string> =>
  page.locator("vielbein-explorer #canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

/** What the element holds, as plain numbers. */
export const state = (): Promise<{
  latent: number[];
  vectors: number[];
  values: number[];
  runtime: string;
}> =>
  page.evaluate(() => {
    const { latent, directions, model } = document.querySelector("vielbein-explorer") as VielbeinExplorer;
    const { vectors, values } = directions.get("basis")!.set;
    return {
      latent: Array.from(latent),
      vectors: Array.from(vectors.data),
      values: Array.from(values!.values),
      runtime: model!.runtime,
    };
  });

/** Resolves once nothing is under way. */
export const settle = (timeout = 60_000): Promise<void> =>
  part(".explorer:has(#status:empty):has(.row):not(:has(.column.stale))").waitFor({
    state: "attached",
    timeout,
  });
