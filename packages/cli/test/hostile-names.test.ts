// Names in a model and of its file are strangers' text: nothing in them may act on a terminal, a figure or a page.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { generator, generatorBytes, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

/** Colours, a title for the window, a sequence of one 8-bit character, text from right to left, a line of its own. */
const HOSTILE = "\u001b[31m\u001b]0;title\u0007\u009b2J\u202eabc\u2066\nforged";

function hostileModel(): Uint8Array {
  const { graph, ...rest } = generator();
  const renamed = (name: string) => (["z", "hidden", "image"].includes(name) ? `${name}${HOSTILE}` : name);
  return encodeModel({
    ...rest,
    producerName: HOSTILE,
    metadata: new Map([[HOSTILE, HOSTILE]]),
    graph: {
      ...graph,
      nodes: graph.nodes.map((n) => ({
        ...n,
        inputs: n.inputs.map(renamed),
        outputs: n.outputs.map(renamed),
      })),
      inputs: graph.inputs.map((port) => ({ ...port, name: renamed(port.name), shape: [HOSTILE, 4] })),
      outputs: graph.outputs.map((port) => ({ ...port, name: renamed(port.name) })),
    },
  });
}

function expectHarmless(text: string): void {
  expect(text.match(/[\p{Cc}\p{Bidi_Control}]/gu)?.filter((character) => character !== "\n") ?? []).toEqual(
    [],
  );
  expect(text).not.toMatch(/^\s*forged/m);
}

const path = scratch("hostile.onnx", hostileModel());

describe("names with control and bidirectional characters", () => {
  it.each([
    ["inspect", path],
    ["inspect", path, "--json"],
    ["basis", path],
    ["basis", path, "--json"],
    ["dimension", path, "--samples", "2", "--every-layer"],
    ["metric", path, "--samples", "2"],
    ["pca", path, "--samples", "20"],
    ["sefa", path],
  ])("%s shows them escaped", async (...argv) => {
    const { code, stdout, stderr } = await vielbein(...argv);
    expect([code, stderr.includes("Error")]).toEqual([0, false]);
    expect(stdout + stderr).toContain("\\u001b[31m");
    expectHarmless(stdout);
    expectHarmless(stderr);
  });

  it("JSON means the same names as before", async () => {
    const { inputs } = JSON.parse((await vielbein("inspect", path, "--json")).stdout);
    expect(inputs[0].name).toBe(`z${HOSTILE}`);
  });

  it("messages show them escaped, in one line", async () => {
    const file = scratch(`sub${HOSTILE.replaceAll("/", "")}.onnx`, generatorBytes);
    const graph = generator([node(`Ma${HOSTILE}gic`, ["image"], ["m"], {}, "com.example")], "m");
    const magic = scratch(
      "magic-name.onnx",
      encodeModel({ ...graph, opsets: new Map([...graph.opsets, ["com.example", 1]]) }),
    );
    for (const argv of [
      ["basis", file, "--to", `imag${HOSTILE}`],
      ["basis", `${file}.absent`],
      ["basis", magic],
      ["inspect", magic],
      ["basis", file, "--\u009b2J"],
    ]) {
      const { code, stdout, stderr } = await vielbein(...argv);
      if (argv[0] !== "inspect") expect(code).toBeGreaterThan(1);
      expect(stdout + stderr).toContain("\\u009b2J");
      expectHarmless(stdout);
      expectHarmless(stderr);
    }
  });

  it("figures and pages show them escaped", async () => {
    const [sheet, html] = [scratch("hostile.svg"), scratch("hostile")];
    expect((await vielbein("traverse", path, "--directions", "0", "--out", sheet)).code).toBe(0);
    expect((await vielbein("sefa", path, "--k", "1", "-N", "1", "--html", html)).code).toBe(0);
    for (const file of [sheet, `${html}-by-sample.html`]) {
      const text = readFileSync(file, "utf8");
      expect(text).toContain("\\u001b[31m");
      expect(text).toContain("\\u202e");
      expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
    }
  });
});

const shared = join(process.env.VIELBEIN_SHARED ?? "../shared", "cases/name_ansi.onnx");
const isThere = existsSync(shared);
if (!isThere) console.log(`skipped: ${shared} is not there`);

it.skipIf(!isThere)("a model that would colour the terminal and rename its window", async () => {
  const { code, stdout, stderr } = await vielbein("inspect", shared);
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("\\u001b[31mRED\\u001b[0m\\u001b]0;pwn\\u0007");
  expectHarmless(stdout);
});
