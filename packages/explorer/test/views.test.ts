// What the page shows beside its numbers, in Chromium: pictures of directions, regions, what was before, what is kept;
// and that anyone can use it.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeDirections } from "@vielbein/core/directions-file";
import type { VielbeinExplorer } from "@vielbein/viz/explorer";
import { source as axe } from "axe-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { missing } from "../../runtime-web/test/chromium.ts";
import { lightModel } from "./light.ts";
import {
  browser,
  closePage,
  closeSite,
  complaints,
  drag,
  folder,
  newPage,
  openSite,
  page,
  part,
  pixels,
  settle,
  slider,
  state,
  url,
  visit,
} from "./site.ts";

beforeAll(async () => {
  if (!missing) await openSite();
}, 240_000);
afterAll(async () => {
  if (!missing) await closeSite();
});
afterEach(closePage);

const wasm = (): string => `${url}?provider=wasm`;

/** As `expect.poll`, for as long as a busy machine may take. */
const until = <T>(found: () => T) => expect.poll(found, { timeout: 20_000 });

/** The pixels of a canvas as text. */
const drawn = (selector: string): Promise<string> =>
  part(selector)
    .first()
    .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

/** Has a script of the page begin with other lines; what it returns takes them away again. */
function prefix(name: RegExp, lines: string): () => void {
  const assets = join(folder, "explorer", "assets");
  const path = join(assets, readdirSync(assets).find((file) => name.test(file))!);
  const script = readFileSync(path, "utf8");
  writeFileSync(path, lines + script);
  return () => writeFileSync(path, script);
}

/** Marks a rectangle, its corners as shares of the picture. */
async function mark(left: number, top: number, right: number, bottom: number): Promise<void> {
  await part("[data-tool=rectangle]").click();
  const box = (await part("#surface").boundingBox())!;
  const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
  await page.mouse.move(...at(left, top));
  await page.mouse.down();
  await page.mouse.move(...at(right, bottom), { steps: 3 });
  await page.mouse.up();
}

describe("looking", () => {
  it("has a picture of each end of each slider, and goes there", async (context) => {
    if (missing) context.skip(missing);
    // All rows in view.
    await visit(`${wasm()}#show=basis`, { viewport: { width: 1280, height: 1400 } });
    await until(() => part(".row canvas.stale").count()).toBe(0);
    expect(await part(".row canvas").count()).toBe(24);
    const ends = await Promise.all(
      [0, 1].map((i) =>
        part(".row:nth-child(3) canvas")
          .nth(i)
          .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL()),
      ),
    );
    expect(ends[0]).not.toBe(ends[1]);
    await part(".row:nth-child(3) .cell").nth(1).click();
    expect(await slider(2).inputValue()).toBe("3");
    // Drawn from the same code, the end is the picture.
    await until(() => part(".row:nth-child(3) canvas.stale").count()).toBe(0);
    await until(pixels).toBe(ends[1]);
    // Pictures of other directions are of other codes now: dimmed until they are drawn again.
    await until(() => part(".row canvas.stale").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("has a grid of all directions at all steps", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#show=basis`);
    await part("[data-view=grid]").click();
    await until(() => part(".row.tiles").count()).toBe(12);
    expect(await part(".row.tiles .cell").count()).toBe(84);
    await until(() => part(".row.tiles:nth-child(1) canvas.stale").count()).toBe(0);
    const tile = part(".row.tiles:nth-child(1) .cell").nth(5);
    await tile.focus();
    await page.keyboard.press("Enter");
    await until(() => page.url()).toMatch(/basis=2$/);
    expect(await tile.getAttribute("aria-current")).toBe("true");
    await part("[data-view=sliders]").click();
    expect(await slider(0).inputValue()).toBe("2");
    expect(complaints).toEqual([]);
  });

  it("shows the picture before the edit, the difference, and where a direction acts", async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm());
    const before = await pixels();
    await drag(0, 2.5);
    const after = await pixels();
    const lens = part("#lens");
    await slider(0).focus();
    await page.keyboard.down("b");
    await lens.waitFor();
    expect(await drawn("#lens")).toBe(before);
    expect(await pixels()).toBe(after);
    await page.keyboard.up("b");
    await lens.waitFor({ state: "hidden" });
    await part("button[data-lens=difference]").click();
    await part(".lens-name").filter({ hasText: "difference" }).waitFor();
    const far = await drawn("#lens");
    await drag(0, 0.5);
    // Nearer to the picture before, so darker.
    await until(() => drawn("#lens")).not.toBe(far);
    await part("button[data-lens=heat]").click();
    await part(".lens-name").filter({ hasText: "where d0 acts" }).waitFor();
    await part("button[data-lens=heat]").click();
    await lens.waitFor({ state: "hidden" });
    // The pointer on a name looks there too.
    await part("[data-kind=basis] .row:nth-child(4) .title-of").hover();
    await part(".lens-name").filter({ hasText: "where d3 acts" }).waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("a region", () => {
  it("is marked on the picture, has directions, and is in the address and in files", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#seed=4&show=basis`);
    await mark(0.25, 0.5, 0.5, 0.75);
    await part('[data-kind="region"] .row').first().waitFor();
    const address = page.url();
    expect(address).toMatch(/#seed=4&show=basis,region&mask=ratio:64x64:[\w-]+$/);
    const found = await page.evaluate(() => {
      const { inside, outside } = (
        document.querySelector("vielbein-explorer") as VielbeinExplorer
      ).directions.get("region")!;
      return { inside: Array.from(inside!), outside: Array.from(outside!) };
    });
    expect(found.inside.length).toBeGreaterThan(0);
    const quotients = found.inside.map((value, k) => found.outside[k]! / value);
    expect(quotients).toEqual([...quotients].sort((a, b) => a - b));
    await drag(0, 2, "region");
    const moved = await pixels();
    const saved = page.waitForEvent("download");
    await part('[data-kind="region"] .save').click();
    const set = decodeDirections(new Uint8Array(readFileSync(await (await saved).path())));
    expect(set.provenance?.options).toMatchObject({
      region: { x: 16, y: 32, width: 17, height: 17 },
      outside: "ratio",
    });
    // The whole of it comes back with the address.
    const shared = page.url();
    expect(shared).toMatch(/&region=2$/);
    await page.close();
    await visit(shared);
    await settle();
    await until(pixels).toBe(moved);
    // What becomes of the rest is a choice, and without a region there are no directions of one.
    await part("#outside").selectOption("ignore");
    await until(() => page.url()).toMatch(/mask=ignore:/);
    await part("#clear-region").click();
    await settle();
    expect(await part('[data-kind="region"]').count()).toBe(0);
    expect(page.url()).toMatch(/#seed=4&show=basis$/);
    expect(complaints).toEqual([]);
  });

  it("is marked by keys", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#show=basis`);
    await part("[data-tool=rectangle]").focus();
    await page.keyboard.press("Enter");
    // The picture has the focus; the cursor starts in the middle.
    await page.keyboard.press("Shift+ArrowLeft");
    expect(await part("#surface").getAttribute("aria-label")).toBe("Region, column 25 of 64, row 33 of 64");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await part('[data-kind="region"] .row').first().waitFor();
    expect(await part("#region-note").textContent()).toBe("0.44 % of the picture");
    expect(complaints).toEqual([]);
  });
});

describe("nothing is lost", () => {
  it("undoes and redoes, by buttons, by keys and by the browser", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#seed=2`);
    const first = await pixels();
    expect(await part("#undo").isDisabled()).toBe(true);
    await drag(0, 1);
    await until(pixels).not.toBe(first);
    const second = await pixels();
    await page.waitForTimeout(600);
    await drag(1, -2);
    await part("#undo").click();
    await until(pixels).toBe(second);
    expect([await slider(0).inputValue(), await slider(1).inputValue()]).toEqual(["1", "0"]);
    await slider(0).focus();
    await page.keyboard.press("Control+z");
    await until(pixels).toBe(first);
    await page.keyboard.press("Control+Shift+z");
    await until(pixels).toBe(second);
    // Another sample is an entry of the browser's history.
    await part("#new").click();
    await settle();
    expect(page.url()).toMatch(/#seed=3$/);
    await page.goBack();
    await until(pixels).toBe(second);
    await settle();
    expect(page.url()).toMatch(/#seed=2&basis=1$/);
    await page.goForward();
    await settle();
    await until(() => part("#seed").inputValue()).toBe("3");
    expect(complaints).toEqual([]);
  });

  it("goes back to the model before", async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm());
    await settle();
    const before = await pixels();
    await page.evaluate(async (bytes) => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      await element.loadModel(Uint8Array.from(bytes), { name: "second.onnx" });
      await element.setCode(element.latent.map((x) => -x));
    }, Array.from(lightModel));
    expect(await part("#name").textContent()).toBe("second.onnx");
    await page.goBack();
    await page.goBack();
    await until(() => part("#name").textContent()).toBe("faces.onnx");
    await until(pixels).toBe(before);
    expect(complaints).toEqual([]);
  });

  it("dims what is of another code, answers at once, and lets one cancel", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#show=basis`);
    await settle();
    const seen = await page.evaluate(async (bytes) => {
      const element = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const root = element.shadowRoot!;
      const stale = () =>
        [...root.querySelectorAll("#picture, #spectrum-figure, #strip-figure, .column")].map((each) =>
          each.classList.contains("stale"),
        );
      const start = performance.now();
      const opened = element.loadModel(new File([Uint8Array.from(bytes)], "dropped.onnx"));
      const answer = {
        status: root.querySelector("#status")!.textContent,
        stale: stale(),
        time: performance.now() - start,
      };
      await opened;
      return { answer, after: stale() };
    }, Array.from(lightModel));
    expect(seen.answer.status).toBe("Reading dropped.onnx …");
    expect(seen.answer.stale).toEqual([true, true, true, true]);
    expect(seen.answer.time).toBeLessThan(100);
    expect(seen.after.filter(Boolean)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("lets one cancel a search, and keeps what was there", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#show=basis`);
    const { vectors } = await state();
    // In one turn, so that the search is under way however fast the machine is.
    const said = await page.evaluate(() => {
      const root = document.querySelector("vielbein-explorer")!.shadowRoot!;
      const button = (name: string) =>
        [...root.querySelectorAll("button")].find(({ textContent }) => textContent === name)!;
      button("PCA").click();
      const during = root.querySelector("#status")!.textContent;
      button("Cancel").click();
      return [during, root.querySelector("#status")!.textContent];
    });
    expect(said).toEqual(["Finding directions …", ""]);
    await settle();
    expect(await part('[data-kind="pca"] .note').textContent()).toMatch(/^The search was given up/);
    expect((await state()).vectors).toEqual(vectors);
    // And it is found where it is wanted after all.
    await part("#recompute").click();
    await part('[data-kind="pca"] .row').first().waitFor();
    expect(complaints).toEqual([]);
  });
});

describe("taking along", () => {
  it("renames directions, keeps them over visits, and gives them a column", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#seed=6&show=basis`);
    const { vectors } = await state();
    const name = part(".row:nth-child(2) .name");
    await name.fill("red hair");
    await name.press("Enter");
    expect(await name.inputValue()).toBe("red_hair");
    await part(".row:nth-child(2) .keep").click();
    expect(await part("#shelf li").count()).toBe(1);
    await page.reload();
    await part(".row").first().waitFor();
    await settle();
    await part("#new").click();
    await settle();
    await part("#use-shelf").click();
    await part('[data-kind="file"] .row').first().waitFor();
    const [kept, names] = await page.evaluate(() => {
      const { set } = (document.querySelector("vielbein-explorer") as VielbeinExplorer).directions.get(
        "file",
      )!;
      return [Array.from(set.vectors.data), set.names] as const;
    });
    expect(names).toEqual(["red_hair"]);
    kept.forEach((x, i) => {
      expect(x).toBeCloseTo(vectors[i * 16 + 1]!, 6);
    });
    const saved = page.waitForEvent("download");
    await part("#save-shelf").click();
    expect(decodeDirections(new Uint8Array(readFileSync(await (await saved).path()))).names).toEqual([
      "red_hair",
    ]);
    await part("#shelf .tool").click();
    expect(await part("#shelf li").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("makes films of keyframes", { timeout: 120_000 }, async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm());
    await settle();
    await part("#add-frame").click();
    await drag(0, 2);
    await part("#add-frame").click();
    await drag(1, -1);
    await part("#add-frame").click();
    await settle();
    expect(await part("#timeline-hint").textContent()).toBe("3 keyframes, 33 frames, 2.6 s.");
    const file = async (button: string) => {
      const saved = page.waitForEvent("download");
      await part(button).click();
      return readFileSync(await (await saved).path());
    };
    const png = await file("#save-apng");
    // The number of frames, and that they go round for ever.
    const control = png.indexOf("acTL");
    expect([png.readUInt32BE(control + 4), png.readUInt32BE(control + 8)]).toEqual([33, 0]);
    const names = namesIn(await file("#save-frames"));
    expect([names.length, names[0], names.at(-1)]).toEqual([33, "frame-000.png", "frame-032.png"]);
    const video = await file("#save-webm");
    expect(video.readUInt32BE(0)).toBe(0x1a45dfa3);
    expect(video.length).toBeGreaterThan(1000);
    expect(complaints).toEqual([]);
  });

  it("copies a command line and code", async (context) => {
    if (missing) context.skip(missing);
    await visit(`${wasm()}#seed=9`, { permissions: ["clipboard-read", "clipboard-write"] });
    await settle();
    await drag(0, 1.5);
    const copied = async (button: string) => {
      await part(button).click();
      await part("#copy-hint code").waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied("#copy-command")).toBe(
      'vielbein edit faces.onnx --from z --to image --seed 9 --directions-in faces-local-basis.safetensors --edit "1.5*d0" --out edited.png',
    );
    await until(() => copied("#copy-code")).toContain("OnnxMap.create(model, new NodeRuntime()");
    await until(() => copied("#copy-link")).toBe(page.url());
    expect(complaints).toEqual([]);
  });
});

/** Names in the directory of a ZIP archive. */
function namesIn(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf("PK\x01\x02"); at >= 0; at = zip.indexOf("PK\x01\x02", at + 4)) {
    names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  }
  return names;
}

describe("the element", () => {
  it("refuses wrong values at once, tells of models and frames, and works twice on a page", async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm());
    await settle();
    const told = await page.evaluate(async (bytes) => {
      const first = document.querySelector("vielbein-explorer") as VielbeinExplorer;
      const thrown = (run: () => unknown): string => {
        try {
          run();
          return "nothing";
        } catch (error) {
          return (error as Error).message;
        }
      };
      const wrong = [
        thrown(() => first.setCode([1, 2])),
        thrown(() => first.setCode(new Array(16).fill(Number.NaN))),
        thrown(() => {
          first.latent = new Float32Array(3);
        }),
        thrown(() => first.loadModel(7 as never)),
      ];
      const second = document.createElement("vielbein-explorer") as VielbeinExplorer;
      document.body.append(second);
      const early = thrown(() => second.setCode(new Float32Array(16)));
      const models: string[] = [];
      const frames: (readonly [number, number])[] = [];
      second.addEventListener("model", (event) => models.push((event as CustomEvent).detail.model.name));
      second.addEventListener("frame", (event) => {
        const { image } = (event as CustomEvent).detail;
        frames.push([image.width, image.data.length]);
      });
      await second.loadModel(new Blob([Uint8Array.from(bytes)]), { name: "two.onnx" });
      const refused = await second
        .loadModel(Uint8Array.of(1, 2, 3), { name: "bad.onnx" })
        .catch((error: Error) => error.message);
      await second.setCode(new Float32Array(16));
      second.src = "x.onnx";
      return {
        wrong,
        early,
        models,
        frame: frames.at(-1),
        refused,
        latents: [first.latent.some((x) => x !== 0), second.latent.some((x) => x !== 0)],
        reflected: [second.getAttribute("src"), second.hash, first.hash],
      };
    }, Array.from(lightModel));
    expect(told.wrong[0]).toContain('codes of "z" have 16 numbers, got 2');
    expect(told.wrong[1]).toContain("must be finite, got NaN at 0");
    expect(told.wrong[2]).toContain("got 3");
    expect(told.wrong[3]).toContain("got number");
    expect(told.early).toContain("no model is open");
    expect(told.models).toEqual(["two.onnx"]);
    expect(told.frame).toEqual([64, 4 * 64 * 64]);
    expect(told.refused).toContain("bad.onnx");
    expect(told.latents).toEqual([true, false]);
    expect(told.reflected).toEqual(["x.onnx", false, true]);
  });
});

describe("anyone can use it", () => {
  async function violations(): Promise<string[]> {
    await page.addScriptTag({ content: axe });
    return page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(
            options: object,
          ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
        };
      };
      const { violations } = await axe.run({ resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(
          ({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`,
        ),
      );
    });
  }

  it.for(["light", "dark"] as const)(
    "axe finds nothing in any state, %s",
    { timeout: 120_000 },
    async (colorScheme, context) => {
      if (missing) context.skip(missing);
      await visit(`${wasm()}#show=basis,sefa`, { colorScheme, viewport: { width: 1280, height: 900 } });
      await settle();
      expect(["ready", ...(await violations())]).toEqual(["ready"]);
      await mark(0.2, 0.2, 0.6, 0.5);
      await part('[data-kind="region"] .row').first().waitFor();
      await drag(0, 2);
      await part(".row .keep").first().click();
      await part("#add-frame").click();
      await part("button[data-lens=heat]").click();
      await settle();
      expect(["region", ...(await violations())]).toEqual(["region"]);
      await part("[data-view=grid]").click();
      expect(["grid", ...(await violations())]).toEqual(["grid"]);
      const upload = {
        name: "cat.onnx",
        mimeType: "application/octet-stream",
        buffer: Buffer.from("no model"),
      };
      await part("#model-file").setInputFiles(upload);
      await part("#error").waitFor();
      expect(["error", ...(await violations())]).toEqual(["error"]);
      await page.goto(`${url}?src=`);
      await part("#empty").waitFor();
      expect(["empty", ...(await violations())]).toEqual(["empty"]);
    },
  );

  it("fits a phone: picture and strip stay in view, and what is touched is 44 pixels high", async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm(), { viewport: { width: 390, height: 844 }, hasTouch: true });
    await settle();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    const small = await page.evaluate(() => {
      const root = document.querySelector("vielbein-explorer")!.shadowRoot!;
      const touched = root.querySelectorAll<HTMLElement>("button, .button, select, input");
      return [...touched].flatMap((each) => {
        const { width, height } = each.getBoundingClientRect();
        // Names are beside their slider; the row is what is touched.
        if (width === 0 || each.matches(".name")) return [];
        const target = each.matches("input[type=checkbox]")
          ? each.closest("label")!.getBoundingClientRect()
          : { width, height };
        return target.height < 43.5 || (each.matches("button") && target.width < 36)
          ? [`${each.id || each.className} ${width} × ${height}`]
          : [];
      });
    });
    expect(small).toEqual([]);
    await part(".row").nth(10).scrollIntoViewIfNeeded();
    for (const id of ["#picture", "#strip-figure"]) {
      const box = (await part(id).boundingBox())!;
      expect([id, box.y >= 0, box.y + box.height < 844]).toEqual([id, true, true]);
    }
  });

  it("keeps still for people who want that", async (context) => {
    if (missing) context.skip(missing);
    await visit(wasm(), { reducedMotion: "reduce" });
    const moving = await page.evaluate(() => {
      const root = document.querySelector("vielbein-explorer")!.shadowRoot!;
      root.querySelector("#picture")!.classList.add("stale");
      return [...root.querySelectorAll("*")].filter((each) => {
        const { animationName, transitionDuration } = getComputedStyle(each);
        return (
          animationName !== "none" ||
          transitionDuration !== "0s" ||
          getComputedStyle(each, "::after").animationName !== "none"
        );
      }).length;
    });
    expect(moving).toBe(0);
  });
});

it("goes on when the graphics device is lost in the middle of a drag", {
  timeout: 180_000,
}, async (context) => {
  if (missing) context.skip(missing);
  // So that the test can reach it.
  const held = `const { requestDevice } = GPUAdapter.prototype;
GPUAdapter.prototype.requestDevice = async function (...args) {
  return (globalThis.heldDevice = await requestDevice.apply(this, args));
};\n`;
  const restore = prefix(/^worker-webgpu-.*\.js$/, held);
  await visit(`${url}?provider=webgpu#show=basis`).finally(restore);
  expect((await state()).runtime).toMatch("webgpu");
  await drag(0, 1);
  const before = await pixels();
  const worker = page.workers().find((each) => /worker-webgpu/.test(each.url()))!;
  await worker.evaluate(() =>
    (globalThis as unknown as { heldDevice: { destroy(): void } }).heldDevice.destroy(),
  );
  await drag(0, 2);
  expect(await pixels()).not.toBe(before);
  await part("#recompute").click();
  await settle();
  expect(await part("#error").isVisible()).toBe(false);
  // Drawn by the other engine, the same code is the same picture up to rounding.
  expect(await slider(0).inputValue()).toBe("0");
});

it("invites where there is no model", async (context) => {
  if (missing) context.skip(missing);
  await newPage();
  await page.goto(`${url}?src=`);
  await part("#empty").waitFor();
  expect(await part("#body").isVisible()).toBe(false);
  await page.getByRole("link", { name: "Shapes" }).click();
  await part(".row").first().waitFor({ timeout: 60_000 });
  expect(await part("#name").textContent()).toBe("shapes-denoiser.onnx");
  expect(await part("#inputs input").inputValue()).toBe("1");
  expect(await part("#empty").isVisible()).toBe(false);
  expect(browser.isConnected()).toBe(true);
  expect(complaints).toEqual([]);
});
