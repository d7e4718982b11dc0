// What holds the thread for long cannot hear a signal, so that meanwhile nobody listens for one and it ends the process.

import { writeNpy } from "@vielbein/linalg/npy";
import type * as viz from "@vielbein/viz";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { endingAtOnce } from "../src/kit/signals.ts";
import { generatorBytes } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

// Other files of this process may have loaded the packages unwrapped, and later ones want them so.
vi.hoisted(() => vi.resetModules());
afterAll(() => {
  vi.doUnmock("@vielbein/viz");
  vi.doUnmock("@vielbein/core/paths");
  vi.resetModules();
});

/** Names of what held the thread, and how many listened for SIGINT then. */
const heard = vi.hoisted(() => new Map<string, number>());

/** The functions of a module by name, so wrapped that they note who listens while they run. */
const noting = vi.hoisted(
  () =>
    <M extends object>(module: M, names: readonly (keyof M & string)[]): M => ({
      ...module,
      ...Object.fromEntries(
        names.map((name) => [
          name,
          (...args: unknown[]) => {
            heard.set(name, Math.max(heard.get(name) ?? 0, process.listenerCount("SIGINT")));
            return (module[name] as (...args: unknown[]) => unknown)(...args);
          },
        ]),
      ),
    }),
);

vi.mock("@vielbein/viz", async (original) =>
  noting(await original<typeof viz>(), [
    "bandPlot",
    "contactSheet",
    "decodeImage",
    "directionTables",
    "encodeAnimatedPng",
    "encodePng",
    "heatMap",
    "toRgba",
  ]),
);

vi.mock("@vielbein/core/paths", async (original) =>
  noting(await original<typeof import("@vielbein/core/paths")>(), ["summarizePathLengths"]),
);

vi.mock("@vielbein/core/grassmann", async (original) =>
  noting(await original<typeof import("@vielbein/core/grassmann")>(), ["matchDirections"]),
);

const model = scratch("drawn.onnx", generatorBytes);
const out = (name: string) => scratch(`signals-${name}`);
const listener = () => undefined;

beforeAll(() => void process.on("SIGINT", listener));
afterAll(() => void process.off("SIGINT", listener));

describe("a signal ends at once", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    [
      "traverse",
      ["--out", out("a.svg"), "--frames", out("frames"), "--animate", out("a.png")],
      ["contactSheet", "encodePng", "encodeAnimatedPng", "toRgba"],
    ],
    ["axes", ["--out", out("b.svg"), "--plot", out("c.svg")], ["contactSheet", "bandPlot", "toRgba"]],
    ["sefa", ["--html", out("pages")], ["directionTables", "toRgba"]],
    ["geodesic", ["--steps", "1", "--sheet", out("d.svg")], ["contactSheet", "toRgba"]],
    ["ppl", ["--pairs", "4"], ["summarizePathLengths"]],
  ])("what %s draws or sums up", async (command, options, work) => {
    heard.clear();
    const { code, stderr } = await vielbein(command, model, "--quiet", ...options);
    expect([code, stderr]).toEqual([0, ""]);
    expect(Object.fromEntries(heard)).toEqual(Object.fromEntries(work.map((name) => [name, 0])));
    expect(process.listeners("SIGINT")).toEqual([listener]);
  });

  it("edit and compare", async () => {
    const directions = out("directions.safetensors");
    await vielbein("random", model, "--k", "2", "--out", directions);
    heard.clear();
    await vielbein("edit", model, "--directions-in", directions, "--edit", "d0", "--out", out("e.svg"));
    await vielbein("compare", directions, directions, "--plot", out("f.svg"));
    expect(Object.fromEntries(heard)).toEqual({ contactSheet: 0, toRgba: 0, matchDirections: 0, heatMap: 0 });
  });

  it("the reading of a picture, and the sheet of an inversion", async () => {
    const code = scratch("signals.npy", writeNpy({ shape: [4], data: new Float32Array(4) }));
    await vielbein("traverse", model, "--points", code, "--directions", "0", "--frames", out("target"));
    heard.clear();
    const picture = `${out("target")}/direction-0-3.png`;
    await vielbein("invert", model, "--target", picture, "--steps", "1", "--sheet", out("g.svg"));
    expect(Object.fromEntries(heard)).toEqual({ decodeImage: 0, contactSheet: 0, toRgba: 0 });
  });
});

describe("endingAtOnce", () => {
  it("listens again afterwards, and does not begin what was interrupted before", async () => {
    const interrupt = new AbortController();
    await expect(
      endingAtOnce(() => {
        expect(process.listenerCount("SIGINT")).toBe(0);
        throw new Error("failed");
      }, interrupt.signal),
    ).rejects.toThrow("failed");
    expect(process.listeners("SIGINT")).toEqual([listener]);
    const work = vi.fn();
    const begun = endingAtOnce(work, interrupt.signal);
    interrupt.abort();
    await expect(begun).rejects.toThrow(/abort/);
    expect(work).not.toHaveBeenCalled();
  });
});
