// What options yield to a command.

import { describe, expect, it } from "vitest";
import { integer } from "../../src/kit/arguments.ts";
import { command } from "../../src/kit/command.ts";
import { input, output } from "../../src/kit/command-files.ts";
import {
  choice,
  flag,
  listOption,
  type Options,
  option,
  required,
  withDefault,
} from "../../src/kit/options.ts";
import { perform } from "./perform.ts";

/** A command that says what its options are. */
const saying = (options: Options) =>
  command({
    argument: "<word>",
    description: "Says it.",
    options,
    run: async ({ word, options }) => ({ text: () => JSON.stringify({ word, ...options }) }),
  });

async function said(options: Options, ...argv: string[]): Promise<object> {
  const { stdout, error } = await perform(saying(options), ["say", "it", ...argv]);
  if (error) throw error;
  const { word, quiet, verbose, ...rest } = JSON.parse(stdout);
  expect([word, quiet, verbose]).toEqual(["it", argv.includes("--quiet"), false]);
  return rest;
}

describe("values", () => {
  it("of flags are whether they were given", async () => {
    const options = { loud: flag("--loud", ""), open: flag("--no-open", "") };
    expect(await said(options)).toEqual({ loud: false, open: true });
    expect(await said(options, "--loud", "--no-open", "--quiet")).toEqual({ loud: true, open: false });
  });

  it("are texts, or what is made of them; absent without a default", async () => {
    const options = {
      name: option("--name <text>", ""),
      k: option("-K, --k <k>", "", integer(1)),
      steps: option("--steps <n>", "", integer(1), 7),
      to: listOption("--to <tensors...>", ""),
      each: option("--each <j>", "", (text, before: readonly number[] = []) => [...before, Number(text)]),
    };
    expect(await said(options)).toEqual({ steps: 7 });
    expect(
      await said(options, "--name", "x", "-K", "2", "--steps", "3", "--to", "a", "b", "--each=1", "--each=2"),
    ).toEqual({ name: "x", k: 2, steps: 3, to: ["a", "b"], each: [1, 2] });
  });

  it("of choices are one of them", async () => {
    const options = { of: choice("--of <which>", "", ["first", "each"], "first") };
    expect(await said(options)).toEqual({ of: "first" });
    expect(await said(options, "--of", "each")).toEqual({ of: "each" });
    await expect(said(options, "--of", "last")).rejects.toThrow("Allowed choices are first, each.");
  });

  it("that must be given, that exclude each other, that have a default", async () => {
    const options = {
      target: required(input("--target <file>", "")),
      distance: withDefault(input("--distance <features>", ""), "l2"),
      top: option("--top <k>", "", integer(1)),
      all: flag("--all", "").conflicts("top"),
    };
    await expect(said(options)).rejects.toThrow("'--target <file>' not specified");
    expect(await said(options, "--target", "x.png")).toEqual({
      target: "x.png",
      distance: "l2",
      all: false,
    });
    await expect(said(options, "--target", "x.png", "--top", "2", "--all")).rejects.toThrow(
      "cannot be used with",
    );
  });

  it("are of several programs, one apart from the other", async () => {
    const options = { to: listOption("--to <tensors...>", ""), loud: flag("--loud", "") };
    expect(await said(options, "--to", "a", "--loud")).toEqual({ to: ["a"], loud: true });
    expect(await said(options, "--to", "b")).toEqual({ to: ["b"], loud: false });
  });

  it("that are empty are refused, by name", async () => {
    const options = { name: option("--name <text>", ""), out: output("--out <file>", "") };
    await expect(said(options, "--name", "")).rejects.toThrow("--name: its value is empty");
    await expect(said(options, "--out", "")).rejects.toThrow("--out: its value is empty");
    const { error } = await perform(saying(options), ["say", ""]);
    expect(error).toMatchObject({ message: expect.stringContaining("WORD: its value is empty") });
  });
});

it("an option under another name than that of its value is refused when the program is made", async () => {
  await expect(said({ range: option("--image-range <low,high>", "") })).rejects.toThrow(
    'say: --image-range is read as "imageRange", but named "range".',
  );
});

it("help lists options in the order of the object, those of every command last", async () => {
  const options = { b: flag("--b", ""), a: flag("--a", ""), json: flag("--json", "") };
  const { stdout } = await perform(saying(options), ["say", "--help"]);
  expect([...stdout.matchAll(/--[a-z]+/g)].map(String)).toEqual([
    "--b",
    "--a",
    "--json",
    "--quiet",
    "--verbose",
    "--help",
  ]);
});
