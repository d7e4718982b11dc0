// The built page in Chromium: what a person does, and that it costs no memory.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { localBasisAt, samplePoints } from "@vielbein/core";
import { decodeDirections, encodeDirections } from "@vielbein/core/directions-file";
import { decodeModel, encodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { sampleUrl } from "@vielbein/sample";
import type { VielbeinExplorer } from "@vielbein/viz/explorer";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { shaped } from "../../cli/test/models.ts";
import { missing } from "../../runtime-web/test/chromium.ts";
import { ModelEngine } from "../src/model-engine.ts";
import { conditionalModel } from "./conditional.ts";
import { convolutionalModel } from "./convolutional.ts";
import { layeredModel } from "./layered.ts";
import { lightModel } from "./light.ts";
import { longModel } from "./long.ts";
import {
  addressOf,
  closePage,
  closeSite,
  complaints,
  drag,
  folder,
  newPage,
  nextEvent,
  openSite,
  page,
  pixels,
  serve,
  settle,
  slider,
  state,
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

/** Measures the bytes on the JavaScript heaps of the page and of its workers, typed arrays included. */
async function openHeaps(): Promise<() => Promise<number[]>> {
  const session = await page.context().newCDPSession(page);
  const workers: string[] = [];
  const waiting = new Map<number, (result: never) => void>();
  session.on("Target.attachedToTarget", ({ sessionId }) => workers.push(sessionId));
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result as never);
  });
  let next = 0;
  const ask = <T>(sessionId: string, method: string): Promise<T> =>
    new Promise((resolve) => {
      const id = ++next;
      waiting.set(id, resolve as (result: never) => void);
      void session.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id, method }) });
    });
  await session.send("Target.setAutoAttach", {
    autoAttach: true,
    waitForDebuggerOnStart: false,
    flatten: false,
  });
  type Usage = { readonly usedSize: number; readonly backingStorageSize?: number };
  const bytes = ({ usedSize, backingStorageSize = 0 }: Usage): number => usedSize + backingStorageSize;
  return async () => {
    await session.send("HeapProfiler.collectGarbage");
    const result = [bytes(await session.send("Runtime.getHeapUsage"))];
    for (const worker of workers) {
      await ask(worker, "HeapProfiler.collectGarbage");
      result.push(bytes(await ask<Usage>(worker, "Runtime.getHeapUsage")));
    }
    return result;
  };
}

describe("the explorer's page", () => {
  it.for([
    ["wasm", "faces", lightModel],
    ["webgpu", "convolutional", convolutionalModel],
  ] as const)(
    "the basis on %s is that of Node, of the model %s",
    { timeout: 120_000 },
    async ([provider, name, file], context) => {
      if (missing) context.skip(missing);
      writeFileSync(join(folder, "explorer", `${name}.onnx`), file);
      await visit(`${url}?src=${name}.onnx&provider=${provider}#seed=5`);
      const { latent, vectors, values, runtime } = await state();
      expect(runtime).toMatch(provider);
      const map = await OnnxMap.create(decodeModel(file, name), new NodeRuntime({ threads: 1 }));
      const point = samplePoints(map.from, 5, 0, 1);
      const expected = await localBasisAt(map, point);
      await map.dispose();
      expect(latent).toEqual(Array.from(point));
      values.forEach((value, k) => {
        expect(Math.abs(value / expected.singularValues[k]! - 1)).toBeLessThan(1e-4);
      });
      vectors.forEach((x, at) => {
        expect(Math.abs(x - expected.inputVectors.data[at]!)).toBeLessThan(1e-4);
      });
      expect(complaints).toEqual([]);
    },
  );

  it("opens the embedded sample", { timeout: 120_000 }, async (context) => {
    if (missing) context.skip(missing);
    // Directions of its third picture of five, which takes a tenth of the time.
    const to = "b16/Add";
    await visit(`${url}?src=sample.onnx&provider=wasm#seed=5&to=${to}`);
    const { latent, values } = await state();
    const map = await OnnxMap.create(
      decodeModel(new Uint8Array(readFileSync(sampleUrl)), "sample.onnx"),
      new NodeRuntime({ threads: 1 }),
      { to },
    );
    expect(map.to.shape).toEqual([3, 16, 16]);
    const { singularValues } = await localBasisAt(map, Float32Array.from(latent));
    await map.dispose();
    values.forEach((value, k) => {
      expect(Math.abs(value - singularValues[k]!)).toBeLessThan(1e-4 * singularValues[0]!);
    });
    expect(complaints).toEqual([]);
  });

  it("a slider moves the picture, and the address restores it", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${url}#seed=7`);
    const before = await pixels();
    await drag(0, 1.5);
    const moved = await pixels();
    expect(moved).not.toBe(before);
    const address = page.url();
    expect(address).toMatch(/#seed=7&basis=1\.5$/);
    const { latent, vectors } = await state();
    const start = samplePoints({ name: "z", dim: 16, shape: [16] }, 7, 0, 1);
    latent.forEach((x, i) => {
      expect(x).toBeCloseTo(start[i]! + 1.5 * vectors[i * 16]!, 5);
    });
    await page.close();
    await visit(address);
    await expect.poll(pixels).toBe(moved);
    // Recomputed here, the picture stays, the sliders are at zero, and the address carries the code.
    await page.locator("vielbein-explorer #recompute").click();
    await settle();
    expect(await slider(0).inputValue()).toBe("0");
    expect((await state()).latent).toEqual(latent);
    expect(page.url()).toMatch(/#seed=7&at=/);
    // Twice on a slider, and it is at zero.
    await drag(1, 0.75);
    await slider(1).dispatchEvent("dblclick");
    await settle();
    expect(await slider(1).inputValue()).toBe("0");
    expect(complaints).toEqual([]);
  });

  it("works by keys alone: columns, sliders, reset", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    const toggle = (name: string) => page.locator("vielbein-explorer #kinds button", { hasText: name });
    await toggle("Local Basis").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await settle();
    expect(await toggle("SeFa").getAttribute("aria-pressed")).toBe("false");
    await page.keyboard.press("Space");
    await settle();
    await slider(1, "sefa").focus();
    await page.keyboard.press("ArrowRight");
    expect(await slider(1, "sefa").inputValue()).toBe("0.05");
    expect(page.url()).toMatch(/seed=0&sefa=0,0.05$/);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await slider(1, "sefa").inputValue()).toBe("0");
    expect(complaints).toEqual([]);
  });

  it("shows columns side by side, whose edits add up", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${url}#seed=4&show=basis,sefa,pca,metric`, { viewport: { width: 1280, height: 900 } });
    await settle();
    const columns = page.locator("vielbein-explorer .column");
    expect(await columns.count()).toBe(4);
    for (let i = 0; i < 4; i++) expect(await columns.nth(i).locator(".row").count()).toBe(12);
    expect(await columns.locator(".route").allTextContents()).toEqual([
      "by the whole Jacobian",
      "",
      "",
      "by columns",
    ]);
    const [left, right] = [(await columns.nth(0).boundingBox())!, (await columns.nth(1).boundingBox())!];
    expect(right.y).toBe(left.y);
    expect(right.x).toBeGreaterThan(left.x + left.width);
    await drag(0, 1, "basis");
    await drag(2, -0.5, "pca");
    const { latent, start, moves } = await page.evaluate(() => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const move = (kind: "basis" | "pca", k: number, t: number) => {
        const { set, deviations } = element.directions.get(kind)!;
        const { rows, cols, data } = set.vectors;
        return Array.from({ length: rows }, (_, i) => t * deviations[k]! * data[i * cols + k]!);
      };
      return {
        latent: Array.from(element.latent),
        start: Array.from(element.directions.get("basis")!.set.point!),
        moves: [move("basis", 0, 1), move("pca", 2, -0.5)],
      };
    });
    latent.forEach((x, i) => {
      expect(x).toBeCloseTo(start[i]! + moves[0]![i]! + moves[1]![i]!, 5);
    });
    // A column that goes away takes its edit along; the others stay.
    await page.locator("vielbein-explorer #kinds button", { hasText: "PCA" }).click();
    await settle();
    expect(await columns.count()).toBe(3);
    expect(await slider(0).inputValue()).toBe("1");
    (await state()).latent.forEach((x, i) => {
      expect(x).toBeCloseTo(start[i]! + moves[0]![i]!, 5);
    });
    expect(page.url()).toMatch(/show=basis,sefa,metric&basis=1$/);
    expect(complaints).toEqual([]);
  });

  it("opens a flat output as what is guessed, says so, and draws it as the person chooses", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "flat.onnx"), encodeModel(shaped([75])));
    await visit(`${url}?src=flat.onnx&provider=wasm#seed=2`);
    await settle();
    const [guess, select] = ["#remarks", "#layout"].map((id) => page.locator(`vielbein-explorer ${id}`));
    expect(await guess!.textContent()).toBe('"x" is [75]: read as chw:3,5,5, which is a guess.');
    expect(await select!.locator("option").allTextContents()).toEqual([
      "chw:3,5,5",
      "hwc:5,5,3",
      "signal:75",
    ]);
    const first = await pixels();
    await drag(0, 1);
    await select!.selectOption("hwc:5,5,3");
    await expect.poll(() => page.url()).toMatch(/#seed=2&layout=hwc:5,5,3&basis=1$/);
    expect(await guess!.isVisible()).toBe(false);
    // The sliders stay where they are.
    expect(await slider(0).inputValue()).toBe("1");
    const chosen = await pixels();
    expect(chosen).not.toBe(first);
    const address = page.url();
    await page.close();
    await visit(address);
    await expect.poll(pixels).toBe(chosen);
    expect(complaints).toEqual([]);
  });

  it("opens models with further inputs, whose values are fields and in the address", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "conditional.onnx"), conditionalModel);
    await visit(`${url}?src=conditional.onnx#seed=2&set=label:3`);
    await settle();
    const field = (name: string) => page.getByRole("group", { name: "Further inputs" }).getByLabel(name);
    expect(await field("label").inputValue()).toBe("3");
    expect(await field("condition").inputValue()).toBe("0");
    expect(await field("noise").textContent()).toBe("zeros");
    const start = await pixels();
    // By keys, without losing the focus.
    await field("label").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => page.url()).toMatch(/#seed=2&set=label:1$/);
    await settle();
    const changed = await pixels();
    expect(changed).not.toBe(start);
    expect(await field("label").evaluate((input) => input.matches(":focus"))).toBe(true);
    await field("condition").fill("1, 0, -2");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toMatch(/#seed=2&set=label:1&set=condition:1,0,-2$/);
    await settle();
    const conditioned = await pixels();
    expect(conditioned).not.toBe(changed);
    // What does not fit is refused, and the field goes back.
    await field("condition").fill("1, 2");
    await page.keyboard.press("Enter");
    await page.locator("vielbein-explorer #error", { hasText: /takes 3 values.* got 2/ }).waitFor();
    expect(await field("condition").inputValue()).toBe("1,0,-2");
    const address = page.url();
    await page.close();
    await visit(address);
    await expect.poll(pixels).toBe(conditioned);
    // The same by the element's own call.
    await page.evaluate(async (bytes) => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      await element.open(new Blob([Uint8Array.from(bytes)]), "again.onnx", { set: { label: [2] } });
    }, Array.from(conditionalModel));
    expect(await field("label").inputValue()).toBe("2");
    expect(complaints).toEqual([]);
  });

  it("edits a range of layers alone", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "layered.onnx"), layeredModel);
    const engine = new ModelEngine(new NodeRuntime({ threads: 1 }));
    const model = { name: "layered.onnx", bytes: layeredModel };
    await engine.load(model, { from: "w_plus" });
    const point = await engine.sample(3, 1);
    const { set, deviations } = await engine.basis(point);
    await visit(`${url}?src=layered.onnx#seed=3&from=w_plus&to=image&layers=1-2`);
    await settle();
    await drag(0, 2);
    const move = (first: number) =>
      Array.from(point, (x, i) =>
        i >= 4 * first ? x + 2 * deviations[0]! * set.vectors.data[i * set.vectors.cols]! : x,
      );
    const expectLatent = async (expected: readonly number[]) =>
      (await state()).latent.forEach((x, i) => {
        expect(x).toBeCloseTo(expected[i]!, 5);
      });
    await expectLatent(move(1));
    const field = page.locator("vielbein-explorer #first-layer");
    expect(await field.inputValue()).toBe("1");
    await field.fill("0");
    await field.press("Tab");
    await expectLatent(move(0));
    expect(page.url()).not.toContain("layers");
    // In a space without layers there is nothing to choose.
    await page.locator("vielbein-explorer #from").selectOption("z");
    await settle();
    expect(await field.isVisible()).toBe(false);
    expect(complaints).toEqual([]);
    engine.dispose();
  });

  it("shows the first directions of a long code while it finds the others, and by which route", async (context) => {
    if (missing) context.skip(missing);
    writeFileSync(join(folder, "explorer", "long.onnx"), longModel);
    await visit(`${url}?src=long.onnx&provider=wasm#show=basis`);
    await settle();
    const steps = await page.evaluate(async () => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const part = (selector: string) => element.shadowRoot!.querySelector<HTMLElement>(selector)!;
      const slider = part("#slider-basis-1");
      slider.focus();
      const seen: (readonly [title: string, rows: number])[] = [];
      const observer = new MutationObserver(() => {
        const [title, { length }] = [
          part("#spectrum-title").textContent!,
          element.shadowRoot!.querySelectorAll(".row"),
        ];
        if (seen.at(-1)?.[0] !== title) seen.push([title, length]);
      });
      observer.observe(part("#spectrum-title"), { childList: true });
      const found = new Promise((resolve) => element.addEventListener("basis", resolve, { once: true }));
      part("#recompute").click();
      await found;
      observer.disconnect();
      // A slider that one has in hand stays there.
      return { seen, isHeld: element.shadowRoot!.activeElement === slider };
    });
    expect(steps).toEqual({
      seen: [
        ["4 leading singular values", 4],
        ["12 leading singular values", 12],
        ["32 leading singular values", 12],
      ],
      isHeld: true,
    });
    const routes = page.locator("vielbein-explorer .route", { hasText: "by linearized products" });
    expect(await routes.count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it("animates the traversal", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    const [frames, width, first, middle] = await page.evaluate(async () => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const blob = await element.exportAnimation({ frames: 5 });
      // Chromium's own decoder.
      const decoder = new ImageDecoder({ data: blob.stream(), type: blob.type });
      await decoder.tracks.ready;
      await decoder.completed;
      const pixels = async (frameIndex: number): Promise<string> => {
        const { image } = await decoder.decode({ frameIndex });
        const data = new Uint8Array(image.allocationSize({ format: "RGBA" }));
        await image.copyTo(data, { format: "RGBA" });
        return String(data.slice(0, 65_536));
      };
      const { frameCount } = decoder.tracks.selectedTrack!;
      const { image } = await decoder.decode();
      return [frameCount, image.displayWidth, await pixels(0), await pixels(2)] as const;
    });
    // Forth and back.
    expect(frames).toBe(8);
    expect(width).toBe(256);
    expect(first).not.toBe(middle);
    const saved = page.waitForEvent("download");
    await page.locator("vielbein-explorer #animation").click();
    expect((await saved).suggestedFilename()).toMatch(/-seed0-traversal\.png$/);
    const file = readFileSync(await (await saved).path());
    const at = file.indexOf("iTXt");
    const text = file.subarray(at + 4, at + 4 + file.readUInt32BE(at - 4)).toString();
    expect(text.split("\0")[0]).toBe("vielbein.address");
    const state = text.split("\0").at(-1);
    expect(new URLSearchParams(state).get("seed")).toBe("0");
    expect(complaints).toEqual([]);
  });

  it("opens what is dropped on it", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    await settle();
    const drop = (name: string, bytes: Uint8Array): Promise<void> =>
      page.locator("vielbein-explorer").evaluate(
        (element, file) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([Uint8Array.from(file.bytes)], file.name));
          for (const type of ["dragover", "drop"]) {
            const init = { dataTransfer, bubbles: true, cancelable: true };
            element
              .shadowRoot!.querySelector("#canvas")!
              .dispatchEvent(new DragEvent(type, { ...init, composed: true }));
          }
        },
        { name, bytes: Array.from(bytes) },
      );
    await drop("layered.onnx", layeredModel);
    await page.locator("vielbein-explorer #name", { hasText: "layered.onnx" }).waitFor();
    await settle();
    expect((await state()).latent.length).toBe(5);
    const { set } = await page.evaluate(async () => {
      const { latent, directions } = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const { vectors, space, names, method } = directions.get("basis")!.set;
      return { set: { space, vectors, names, method }, latent };
    });
    await drop("mine.safetensors", encodeDirections(set));
    await page.locator('vielbein-explorer [data-kind="file"] .row').first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("saves directions and the image, and opens directions again", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${url}#seed=2`);
    const saved = page.waitForEvent("download");
    await page.locator('vielbein-explorer [data-kind="basis"] .save').click();
    const file = await saved;
    expect(file.suggestedFilename()).toBe("faces-local-basis.safetensors");
    const path = await file.path();
    const set = decodeDirections(new Uint8Array(readFileSync(path)));
    expect(set).toMatchObject({
      method: "local basis",
      space: { name: "z", dim: 16 },
      provenance: { options: { k: 16, routes: ["matrix"] } },
    });
    expect(Array.from(set.point!)).toEqual((await state()).latent);
    await page.locator("vielbein-explorer #directions-file").setInputFiles({
      name: "mine.safetensors",
      mimeType: "application/octet-stream",
      buffer: readFileSync(path),
    });
    await page.locator('vielbein-explorer [data-kind="file"] .row').first().waitFor();
    const opened = await page.evaluate(() => {
      const { directions } = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      return Array.from(directions.get("file")!.set.vectors.data);
    });
    expect(opened).toEqual(Array.from(set.vectors.data));
    const image = page.waitForEvent("download");
    await page.locator("vielbein-explorer #png").click();
    const png = readFileSync(await (await image).path());
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([64, 64]);
    expect(complaints).toEqual([]);
  });

  it("shows why a file is no model, tells the page, and goes on", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    const failed = nextEvent("error");
    await page.locator("vielbein-explorer #model-file").setInputFiles({
      name: "cat.onnx",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("no model at all"),
    });
    await failed;
    expect(await page.locator("vielbein-explorer [role=alert]").textContent()).toContain("cat.onnx");
    const before = await pixels();
    await drag(0, 2);
    expect(await pixels()).not.toBe(before);
  });

  it("finds the rest of the directions where a file that is no model ended the search", async (context) => {
    if (missing) context.skip(missing);
    await newPage();
    await page.goto(`${url}?src=sample.onnx&provider=wasm`);
    await slider(0).waitFor({ timeout: 60_000 });
    expect(await slider(4).count()).toBe(0);
    await page.locator("vielbein-explorer #model-file").setInputFiles({
      name: "cat.onnx",
      mimeType: "application/octet-stream",
      buffer: Buffer.from("no model at all"),
    });
    await slider(11).waitFor({ timeout: 60_000 });
    expect(await page.locator("vielbein-explorer [role=alert]").textContent()).toContain("cat.onnx");
  });

  it.for([
    ["a damaged part", "#seed=5&basis=1,z", '`basis` must be numbers, such as 1.5,0,-2, got "1,z"'],
    ["a code of another model", "#seed=5&at=AACAPw", 'a code of 1 numbers, but "z" of "faces.onnx" has 16'],
    ["layers that are not there", "#seed=5&layers=0-3", "has no layers"],
    ["a space that is not there", "#seed=5&from=nowhere", "nowhere"],
    ["an input that is not there", "#seed=5&set=label:3", "label"],
    ["a layout of another size", "#seed=5&layout=hw:3,3", "hw:3,3"],
  ])("starts afresh from an address with %s, and says so", async ([, hash, message], context) => {
    if (missing) context.skip(missing);
    await visit(`${url}?provider=wasm${hash}`);
    await settle();
    expect(await page.locator("vielbein-explorer #error").textContent()).toContain(message);
    const { latent } = await state();
    expect(latent).toEqual(Array.from(samplePoints({ name: "z", dim: 16, shape: [16] }, 0, 0, 1)));
    expect(page.url()).toMatch(/#seed=0$/);
    // And goes on.
    const before = await pixels();
    await drag(0, 1);
    expect(await pixels()).not.toBe(before);
    expect(complaints).toEqual([]);
  });

  it.for([
    ["?src=http://[", "is not on this server"],
    ["?src=https://elsewhere.example/model.onnx", "is not on this server"],
    ["?src=javascript:alert(1)", "is not on this server"],
    ["?provider=quantum&src=none.onnx", 'no provider "quantum"'],
  ])("says what is wrong with %s, and opens nothing from elsewhere", async ([query, message], context) => {
    if (missing) context.skip(missing);
    await newPage();
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(request.url());
    });
    await page.goto(`${url}${query}`);
    await page.locator("body > [role=alert]").filter({ hasText: message }).waitFor();
    expect(await page.locator("vielbein-explorer #open-model").isVisible()).toBe(true);
    // Of a model that is not there, the browser complains too.
    expect(complaints.filter((complaint) => !complaint.startsWith("Failed to load resource"))).toEqual([]);
  });

  it("says that a model is not there", async (context) => {
    if (missing) context.skip(missing);
    await newPage();
    await page.goto(`${url}?src=%25E0%25A4.onnx`);
    const alert = page.locator("vielbein-explorer #error");
    await alert.filter({ hasText: "does not load: the server answers with status" }).waitFor();
  });

  it("starts threads where the page is isolated", async (context) => {
    if (missing) context.skip(missing);
    const isolated = await serve({
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    });
    // Four processors, whatever this machine has.
    const claim = "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });\n";
    const prepare = () =>
      page.route(/worker-[^/]*\.js/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: claim + (await response.text()) });
      });
    await visit(`${addressOf(isolated)}?provider=wasm`, { prepare });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    // Ours, the engine's, and a thread beside it.
    expect(page.workers().length).toBe(3);
    expect(complaints).toEqual([]);
    await isolated.close();
  });

  it("fits a phone, at 360 pixels", async (context) => {
    if (missing) context.skip(missing);
    await visit(url, { viewport: { width: 360, height: 740 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const box = await slider(0).boundingBox();
    expect(box!.x).toBeGreaterThanOrEqual(0);
    expect(box!.x + box!.width).toBeLessThanOrEqual(360);
    expect(box!.width).toBeGreaterThan(120);
  });

  it("keeps its memory over two hundred recomputations", { timeout: 600_000 }, async (context) => {
    if (missing) context.skip(missing);
    await visit(`${url}?provider=wasm`);
    const worker = page.workers().find((each) => /worker-wasm/.test(each.url()))!;
    const heaps = await openHeaps();
    await worker.evaluate(() => {
      // Every memory that the engine makes from now on; what it has is seen through its growth.
      const { grow } = WebAssembly.Memory.prototype;
      const scope = globalThis as unknown as { grown: number };
      scope.grown = 0;
      WebAssembly.Memory.prototype.grow = function (pages) {
        scope.grown += pages;
        return grow.call(this, pages);
      };
    });
    // In the page, so that no round trip and no wait for a click is a part of each.
    const recompute = (times: number): Promise<void> =>
      page.evaluate(async (count) => {
        const element = document.querySelector("vielbein-explorer")!;
        const part = <E extends HTMLElement>(id: string) => element.shadowRoot!.querySelector<E>(`#${id}`)!;
        const next = (type: string) =>
          new Promise((resolve) => element.addEventListener(type, resolve, { once: true }));
        for (let i = 0; i < count; i++) {
          const slider = part<HTMLInputElement>(`slider-basis-${i % 4}`);
          const changed = next("change");
          slider.value = "0.3";
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await changed;
          const found = next("basis");
          part("recompute").click();
          await found;
        }
      }, times);
    const grown = (): Promise<number> =>
      worker.evaluate(() => (globalThis as unknown as { grown: number }).grown);
    await recompute(10);
    const [before, grownBefore] = [await heaps(), await grown()];
    // Of the page and of the worker that has the Jacobians.
    expect(before.length).toBeGreaterThanOrEqual(2);
    await recompute(200);
    expect(await grown()).toBe(grownBefore);
    (await heaps()).forEach((bytes, i) => {
      // A few Jacobians of 0.8 MB are kept, and what was done, for undoing it.
      expect(bytes - before[i]!).toBeLessThan(3 * 2 ** 20);
    });
    expect(complaints).toEqual([]);
  });

  it("ends its worker when the element leaves the page", async (context) => {
    if (missing) context.skip(missing);
    await visit();
    expect(page.workers().length).toBe(2);
    await page.evaluate(() => document.querySelector("vielbein-explorer")!.remove());
    await expect.poll(() => page.workers().length).toBe(0);
    expect(complaints).toEqual([]);
  });
});

/** Ceilings in kB, compressed. */
const CEILINGS: readonly (readonly [RegExp, number])[] = [
  // Schemas and their parser, which check what the address says and what the shelf holds, are 8 kB of it.
  [/^assets\/src-.*\.js$/, 60],
  [/^assets\/(worker-(?!wasm|webgpu)|model-engine-).*\.js$/, 225],
  [/^assets\/worker-(wasm|webgpu)-.*\.js$/, 45],
];

it("is as small as it says", async (context) => {
  if (missing) context.skip(missing);
  const outDir = join(folder, "explorer");
  const names = (await readdir(outDir, { recursive: true })).filter((name) => /\.(js|html)$/.test(name));
  for (const [pattern, ceiling] of CEILINGS) {
    const matching = names.filter((name) => pattern.test(name));
    expect(matching.length).toBeGreaterThan(0);
    for (const name of matching) {
      const size = gzipSync(readFileSync(join(outDir, name))).length / 1000;
      expect(size, `${name}: ${size.toFixed(1)} kB`).toBeLessThan(ceiling);
    }
  }
  expect(statSync(join(outDir, "sample.onnx")).size).toBe(statSync(sampleUrl).size);
});

it("the example of the README works as pasted", async (context) => {
  if (missing) context.skip(missing);
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, example] = /```html\n(.*?)```/s.exec(readme)!;
  writeFileSync(join(folder, "mine.html"), example!);
  // Chromium asks for it by itself.
  writeFileSync(join(folder, "favicon.ico"), "");
  const latents: string[] = [];
  const prepare = async () => {
    page.on("console", (message) => latents.push(message.text()));
  };
  await visit(new URL("../mine.html", url).href, { prepare });
  await drag(0, 1);
  expect(latents.some((text) => /Float32Array/.test(text))).toBe(true);
  expect(complaints).toEqual([]);
  expect(page.url()).not.toContain("#");
});
