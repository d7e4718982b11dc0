// Checkpoints on the built page in Chromium: what they do not say is asked for, and the page answers while they are read.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { missing } from "../../runtime-web/test/chromium.ts";
import { largePickle } from "./large-pickle.ts";
import {
  browser,
  closePage,
  closeSite,
  complaints,
  folder,
  newPage,
  openSite,
  page,
  part,
  pixels,
  settle,
  url,
  visit,
} from "./site.ts";

beforeAll(async () => {
  if (!missing) await openSite();
}, 120_000);
afterAll(async () => {
  if (!missing) await closeSite();
});
afterEach(closePage);

const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../../checkpoints/test/fixtures/${name}`, import.meta.url));

/** Drops a file on the page, as a person does. */
async function drop(name: string, bytes: Uint8Array): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement("input");
    input.type = "file";
    input.id = "given";
    document.body.append(input);
  });
  await page
    .locator("#given")
    .setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) });
  await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>("#given")!;
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(input.files![0]!);
    input.remove();
    const canvas = document.querySelector("vielbein-explorer")!.shadowRoot!.querySelector("#canvas")!;
    canvas.dispatchEvent(
      new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true, composed: true }),
    );
  });
}

/** Visits a page that asks before it has a model. */
async function visitAsked(address: string): Promise<void> {
  await newPage();
  await page.goto(address);
  await part("#error-text").filter({ hasText: "label: " }).waitFor();
}

const opened = (name: string): Promise<void> => part("#name").filter({ hasText: name }).waitFor();

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the processor. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Milliseconds of the processor that the longest task of a page's thread took; other programs do not count. */
function longestTask({ traceEvents }: { readonly traceEvents: readonly TraceEvent[] }): number {
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const named = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const threads = new Set(named.map(threadOf));
  const tasks = traceEvents.filter((event) => event.tdur !== undefined && threads.has(threadOf(event)));
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1000), 0);
}

describe("a checkpoint on the explorer's page", { timeout: 120_000 }, () => {
  it.for([
    ["stylegan2_ada_conditional.pkl", "label", "2", [3, 16]],
    ["dcgan.pth", "activation", "relu,tanh", [3, 32]],
    ["taesd_decoder.pth", "size", "16", [3, 16]],
  ] as const)("%s: the page asks for its %s", async ([name, question, answer, [channels, size]], context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    await drop(name, fixture(name));
    const field = page.getByLabel(question, { exact: true });
    await field.waitFor();
    // The keyboard is where the question is.
    await page.keyboard.type(answer);
    await page.keyboard.press("Enter");
    await opened(name);
    await settle();
    const { shape } = await page.evaluate(() => document.querySelector("vielbein-explorer")!.model!.to);
    expect(shape).toEqual([channels, size, size]);
    expect(await field.isVisible()).toBe(false);
    expect(await part("#remarks").textContent()).toMatch(/^Checkpoint of /);
    expect(complaints).toEqual([]);
  });

  it("what was answered is in the address, which opens the same model", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "faces.pkl"), fixture("stylegan2_ada_conditional.pkl"));
    await visitAsked(`${url}?src=faces.pkl`);
    await page.getByLabel("label", { exact: true }).fill("2");
    await page.keyboard.press("Enter");
    await opened("faces.pkl");
    await settle();
    await expect.poll(() => page.url()).toMatch(/#seed=0&label=2$/);
    const [address, second] = [page.url(), await pixels()];
    await closePage();
    await visit(address);
    expect(await pixels()).toBe(second);
    // Another class in the address is another model of the same file; going back is the one before.
    await page.evaluate(() => {
      location.hash = location.hash.replace("label=2", "label=3");
    });
    await expect.poll(pixels).not.toBe(second);
    await settle();
    await page.goBack();
    await expect.poll(pixels).toBe(second);
    expect(complaints).toEqual([]);
  });

  it("an answer in the address that does not fit is asked for again", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "faces.pkl"), fixture("stylegan2_ada_conditional.pkl"));
    await visitAsked(`${url}?src=faces.pkl#label=7`);
    await part("#error-text").filter({ hasText: "classes 0 to 3, got 7" }).waitFor();
    expect(await page.getByLabel("label", { exact: true }).inputValue()).toBe("7");
  });

  it("asks again where an answer does not fit", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    await drop("faces.pkl", fixture("stylegan2_ada_conditional.pkl"));
    const field = page.getByLabel("label", { exact: true });
    await field.fill("7");
    await page.keyboard.press("Enter");
    await part("#error-text").filter({ hasText: "classes 0 to 3, got 7" }).waitFor();
    expect(await field.inputValue()).toBe("7");
  });

  it("of safetensors files, those of weights are models", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    await drop("stylegan2_ada.safetensors", fixture("stylegan2_ada.safetensors"));
    await opened("stylegan2_ada.safetensors");
    expect(complaints).toEqual([]);
  });

  it("the page answers within a tenth of a second while it reads a large pickle", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    const path = join(folder, "large.pth");
    writeFileSync(path, largePickle());
    await browser.startTracing(page, { categories: ["toplevel"] });
    await part("#model-file").setInputFiles(path);
    const field = page.getByLabel("activation", { exact: true });
    await field.waitFor();
    await field.fill("relu,tanh");
    await page.keyboard.press("Enter");
    await opened("large.pth");
    const longest = longestTask(JSON.parse((await browser.stopTracing()).toString()));
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(100);
    expect(complaints).toEqual([]);
  });
});
