// Whatever third parties' files contain: each of the shared models is inspected, has a basis and is traversed, with no
// options but those that say what the file leaves open.

import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scratch, shared, vielbein } from "./run.ts";

const folder = `${shared}/models`;
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".onnx")) : [];

/** What files leave open. */
const options: Readonly<Record<string, readonly string[]>> = {
  "vaelight.onnx": ["--shape", "height=4,width=4"],
  "cvaehull_decoder.onnx": ["--set", "zeta=0,0,0,0,0"],
};
/** One number has no picture. */
const withoutPicture: ReadonlySet<string> = new Set(["jax_marimo.onnx"]);

it("there are shared models", (context) => {
  if (!existsSync(folder)) context.skip(`no ${folder}; set VIELBEIN_SHARED`);
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files)("%s", (name) => {
  const model = [`${folder}/${name}`, ...(options[name] ?? [])];

  it("is inspected and has a basis", async () => {
    const inspected = await vielbein("inspect", ...model, "--json");
    expect(inspected.code, inspected.stderr).toBe(0);
    const { differentiability } = JSON.parse(inspected.stdout);
    expect(differentiability.problem).toBeUndefined();

    const { code, stdout, stderr } = await vielbein("basis", ...model, "--k", "3", "--json");
    expect(code, stderr).toBe(0);
    const [{ singularValues }] = JSON.parse(stdout).points;
    expect(singularValues.length).toBeGreaterThan(0);
    expect(singularValues.every((value: number) => value > 0)).toBe(true);
  });

  it("is traversed", async () => {
    const sheet = scratch("sheet.png");
    const { code, stderr } = await vielbein(
      ...["traverse", ...model, "--directions", "0", "--columns", "3", "--out", sheet],
    );
    if (withoutPicture.has(name)) {
      expect([code, stderr]).toEqual([65, expect.stringContaining("one number is no picture")]);
      return;
    }
    expect(code, stderr).toBe(0);
    expect(existsSync(sheet)).toBe(true);
  });
});
