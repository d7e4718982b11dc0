// The limits of every numeric option: values at them pass, values beyond them are usage errors that say what would do.

import { encodeModel } from "@vielbein/onnx";
import type { Option } from "commander";
import { describe, expect, it } from "vitest";
import type { Terminal } from "../src/kit/terminal.ts";
import { runnable, wholeProgram } from "../src/program.ts";
import { nameOf, readProfiles } from "./command-profile.ts";
import { generatorBytes, styled } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const profiles = await readProfiles();

const cases = profiles.flatMap(({ command, limits = {}, required = [] }) =>
  Object.entries(limits).map(([option, limit]) => [command, option, limit, required] as const),
);

/** The program, which is not run. */
const silent = { write: () => undefined };
const terminal: Terminal = { stdout: silent, stderr: silent, reports: "stdout", quiet: true };
const program = await wholeProgram(terminal, new AbortController().signal);

it("every command has a profile", () => {
  expect(profiles.map(({ command }) => command).sort()).toEqual(runnable(program).map(nameOf).sort());
});

describe("limits of options", () => {
  it.each(cases)("%s %s", async (command, option, { passes, fails }, required) => {
    const at = required.indexOf(option);
    const others = at < 0 ? required : required.toSpliced(at, 2);
    const run = (value: string) =>
      vielbein(...command.split(" "), "nowhere.onnx", ...others, `${option}=${value}`);
    // What passes goes on to the file that is not there.
    for (const value of passes) expect([value, (await run(value)).code]).toEqual([value, 66]);
    for (const value of fails) {
      const { code, stdout, stderr } = await run(value);
      expect([value, code, stdout]).toEqual([value, 2, ""]);
      expect(stderr).toMatch(/Expected/);
    }
  });

  it("name every numeric option of every command", async () => {
    for (const { command, limits = {} } of profiles) {
      const { stdout } = await vielbein(...command.split(" "), "--help");
      const numeric = /(--[\w-]+) <(?:n|k|j|t|e|eps|rho|s|ms|psi|percent|size|low,high|list)>/g;
      const named = [...stdout.matchAll(numeric)].map(([, option]) => option!);
      const elsewhere = [
        "--provider",
        "--step-size",
        ...(command === "geodesic" ? ["--sample"] : []),
        ...(command === "edit" || command === "pca" ? ["--layers"] : []),
        ...(command === "directions import" ? ["--space-shape", "--layers", "--names"] : []),
      ];
      expect([command, named.filter((option) => !(option in limits) && !elsewhere.includes(option))]).toEqual(
        [command, []],
      );
    }
  });
});

it.each(profiles.flatMap(({ command, defaults }) => (defaults ? [[command, defaults] as const] : [])))(
  "%s: numeric options that are not given",
  (name, defaults) => {
    const found = program.commands
      .find((command) => command.name() === name)!
      .options.map((option) => [option.long, defaultOf(option)] as const)
      .filter(([, value]) => [value].flat().every((each) => typeof each === "number"));
    expect(Object.fromEntries(found)).toEqual(defaults);
  },
);

/** Of an option that counts points: what its description says, since rows of --points have none. */
function defaultOf({ defaultValue, description }: Option): unknown {
  const [, stated] = /\(default: (\d+), or [^)]*\brows\b/.exec(description) ?? [];
  return stated === undefined ? defaultValue : Number(stated);
}

describe("samples at the limits", () => {
  const plain = scratch("generator.onnx", generatorBytes);
  const mapped = scratch("styled.onnx", encodeModel(styled()));

  it("the last sample there is", async () => {
    const last = String(Number.MAX_SAFE_INTEGER);
    const out = scratch("last.svg");
    const { code, stdout } = await vielbein("traverse", plain, "--sample", last, "--out", out, "--json");
    expect(code).toBe(0);
    const { point } = JSON.parse(stdout);
    const first = JSON.parse((await vielbein("traverse", plain, "--out", out, "--json")).stdout).point;
    expect(point).not.toEqual(first);
  });

  it.each([
    ["basis", "--samples"],
    ["dimension", "--samples"],
    ["metric", "--samples"],
  ])("%s %s: more than memory holds", async (command, option) => {
    for (const from of [
      ["--from", "z"],
      ["--from", "w"],
    ]) {
      const file = from[1] === "w" ? mapped : plain;
      const { code, stderr } = await vielbein(command, file, ...from, option, "1000000000000");
      expect([code, stderr]).toEqual([75, expect.stringMatching(/1000000000000 points .* memory/)]);
    }
  });
});
