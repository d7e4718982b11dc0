// Every command with every option that names a file to write, pointed at what must not be overwritten or cannot be.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readNpz, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { encodeModel } from "@vielbein/onnx";
import type { Command, Option } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import {
  InputOption,
  OutputFolderOption,
  OutputOption,
  OutputPrefixOption,
} from "../src/kit/command-files.ts";
import { runnable, wholeProgram } from "../src/program.ts";
import { nameOf, readProfiles } from "./command-profile.ts";
import { generator, generatorBytes, model } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("outputs.onnx", generatorBytes);
const target = scratch("target.npy", writeNpy({ shape: [3, 8, 8], data: new Float32Array(192).fill(0.5) }));
const [first, second] = [scratch("first.safetensors"), scratch("second.safetensors")];
const survey = scratch("planned-survey");

/** The least work of each command that writes files. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  (await readProfiles()).flatMap(({ command, least }) =>
    least ? [[command, least({ model: path, target, first, second, survey })]] : [],
  ),
);

const silent = { write: () => true };
const commands = runnable(
  await wholeProgram(
    { stdout: silent, stderr: silent, reports: "stdout", quiet: true },
    new AbortController().signal,
  ),
);
interface Case {
  readonly command: string;
  readonly option: OutputOption;
  readonly ending: string;
  readonly argv: readonly string[];
}

function endingOf({ flags, description }: Option): string {
  const [, ending] = /<file\.(\w+)>/.exec(flags) ?? [];
  return ending ?? (description.includes(".npy") ? "npy" : "svg");
}

const cases: Case[] = commands.flatMap((command) => {
  const outputs = command.options.filter((option) => option instanceof OutputOption);
  return outputs.map((option) => {
    // What is written in any case is named whichever option is tried.
    const others = outputs.filter(
      (other) => (other.mandatory || other.defaultValue !== undefined) && other !== option,
    );
    const name = nameOf(command);
    return {
      command: name,
      option,
      ending: endingOf(option),
      argv: [
        ...name.split(" "),
        ...ARGUMENTS[name]!,
        ...others.flatMap((other) => [other.long!, scratch(`other-${name}.${endingOf(other)}`)]),
      ],
    };
  });
});
const names = cases.map((one) => [`${one.command} ${one.option.long}`, one] as const);
const ofFiles = names.filter(([, { option }]) => option.constructor === OutputOption);

let count = 0;
/** A path that an option takes by its ending. */
const fresh = (ending: string) => scratch(`output-${count++}.${ending}`);

const parts = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".part"));

beforeAll(async () => {
  await vielbein("random", path, "--out", first, "--seed", "1");
  await vielbein("random", path, "--out", second, "--seed", "2");
  const small = ["--what", "basis", "--samples", "1", "--shard-size", "1"];
  await vielbein("survey", "plan", path, ...small, "--out", survey);
  await vielbein("survey", "run", survey, "--jobs", "1");
});

it("every option that names files says whether they are read or written", () => {
  const files = /<(?:file|folder|prefix|features)/;
  const undeclared = (command: Command) =>
    command.options
      .filter((option) => files.test(option.flags))
      .filter((option) => !(option instanceof InputOption || option instanceof OutputOption))
      .map(({ flags }) => `${nameOf(command)} ${flags}`);
  expect(commands.flatMap(undeclared)).toEqual([]);
  const writing = commands.filter(({ options }) => options.some((option) => option instanceof OutputOption));
  expect(writing.map(nameOf).sort()).toEqual(Object.keys(ARGUMENTS).sort());
  expect(cases.length).toBeGreaterThan(25);
});

describe("the command's own input is never written to", () => {
  const inputs: readonly [string, (command: string) => string][] = [
    ["the argument", (command) => ARGUMENTS[command]![0]!],
    ["--points", (command) => given(command, "--points") ?? target],
    ["--distance", () => path],
    ["--target", () => target],
    ["--directions-in", () => first],
    ["--set", () => target],
  ];
  const given = (command: string, option: string): string | undefined =>
    ARGUMENTS[command]!.find((_, i, argv) => argv[i - 1] === option);
  /** An option of another input, where the command has it. */
  const reading = (command: string, what: string, file: string): string[] | undefined => {
    if (what === "the argument") return [];
    const option = commands.find((one) => nameOf(one) === command)!.options.find(({ long }) => long === what);
    if (!(option instanceof InputOption)) return undefined;
    return option.mandatory ? [] : [what, what === "--set" ? `y=${file}` : file];
  };

  it.each(ofFiles)("%s", async (_, { command, option, ending, argv }) => {
    for (const [what, inputOf] of inputs) {
      const input = inputOf(command);
      const more = reading(command, what, input);
      if (!more || !statSync(input).isFile()) continue;
      const bytes = readFileSync(input);
      const [symbolic, hard] = [fresh(ending), fresh(ending)];
      symlinkSync(basename(input), symbolic);
      linkSync(input, hard);
      const { ino } = statSync(input);
      for (const output of [symbolic, hard, ...(input.endsWith(`.${ending}`) ? [input] : [])]) {
        const { code, stdout, stderr } = await vielbein(...argv, ...more, option.long!, output);
        expect([what, output, code, stdout]).toEqual([what, output, 2, ""]);
        expect(stderr).toContain(`${option.long}: "${output}" is what`);
      }
      expect(readFileSync(input).equals(bytes)).toBe(true);
      expect(statSync(input).ino).toBe(ino);
    }
  });

  it("nor are files that a prefix or a folder stands for", async () => {
    const prefix = scratch("ruin");
    symlinkSync(path, `${prefix}-by-direction.html`);
    const pages = await vielbein("sefa", path, "--html", prefix);
    expect([pages.code, pages.stderr.includes("--html")]).toEqual([2, true]);
    const folder = scratch("frames-ruin");
    mkdirSync(folder);
    symlinkSync(path, join(folder, "direction-0-1.png"));
    const frames = await vielbein("traverse", path, "--frames", folder);
    expect([frames.code, frames.stderr.includes("--frames")]).toEqual([2, true]);
    for (const out of [join(folder, "direction-1-1.png"), `${folder}.png`]) {
      const within = out.startsWith(`${folder}/`) ? folder : out;
      const both = await vielbein("traverse", "sample", "--frames", within, "--out", out);
      expect([both.code, both.stderr.includes("what --frames writes to")]).toEqual([2, true]);
    }
    expect(readFileSync(path).equals(generatorBytes)).toBe(true);
  });

  it("nor are the files that a model keeps its weights in", async () => {
    const { graph, ...rest } = generator();
    const weights = graph.initializers.find(({ name }) => name === "w2")!;
    const data = scratch("weights.npz", weights.raw);
    const external = { location: basename(data), offset: 0, length: weights.raw.length };
    const initializers = graph.initializers.map((tensor) =>
      tensor === weights ? { ...tensor, raw: new Uint8Array(0), external } : tensor,
    );
    const file = scratch("beside.onnx", encodeModel(model({ ...graph, initializers }, rest)));
    expect((await vielbein("basis", file)).code).toBe(0);
    const { code, stderr } = await vielbein("basis", file, "--out", data);
    expect([code, stderr.includes("weights.npz")]).toEqual([2, true]);
    expect(readFileSync(data).equals(weights.raw)).toBe(true);
  });

  it("nor is the archive of an array", async () => {
    const points = scratch("array.npz", writeNpz({ a: { shape: [4], data: new Float64Array(4) } }));
    const { code } = await vielbein("basis", path, "--points", `${points}:a`, "--out", points);
    expect([code, readNpz(readFileSync(points)).a!.shape]).toEqual([2, [4]]);
  });

  it("nor is the model by derive --weights reference", async () => {
    const { code } = await vielbein("derive", path, "--weights", "reference", "--out", path);
    expect(code).toBe(2);
    expect(readFileSync(path).equals(generatorBytes)).toBe(true);
  });

  it("but --resume goes on with --out", async () => {
    const out = fresh("npz");
    expect((await vielbein("basis", path, "--out", out)).code).toBe(0);
    expect((await vielbein("basis", path, "--samples", "2", "--out", out, "--resume")).code).toBe(0);
  });
});

describe("what cannot be written is found before any work", () => {
  const isFolder = (option: OutputOption) => option instanceof OutputFolderOption;

  it.each(names)("%s", async (_, { option, ending, argv }) => {
    const folder = fresh(ending);
    mkdirSync(folder);
    const file = fresh("txt");
    writeFileSync(file, "kept");
    const isPrefix = option instanceof OutputPrefixOption;
    const impossible = [
      ...(isFolder(option) ? [file] : isPrefix ? [] : [folder]),
      scratch(`absent/folder/out.${ending}`),
      join(file, `out.${ending}`),
      scratch(`${"n".repeat(260)}.${ending}`),
    ].slice(0, isFolder(option) ? 1 : undefined);
    for (const output of impossible) {
      const { code, stdout, stderr } = await vielbein(...argv, option.long!, output);
      expect([output, code, stdout]).toEqual([output, 73, ""]);
      expect(stderr).toContain("Cannot write");
    }
    expect(readdirSync(folder)).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe("kept");
  });

  const pairs = ofFiles.flatMap(([name, one], i) =>
    ofFiles
      .slice(i + 1)
      .filter(([, other]) => other.command === one.command && other.ending === one.ending)
      .map(([, other]) => [name, other.option.long!, one] as const),
  );
  it.each(pairs)("%s and %s name two files", async (_, other, { option, ending, argv }) => {
    const file = fresh(ending);
    const again = `${scratch(".")}/${basename(file)}`;
    const { code, stderr } = await vielbein(...argv, option.long!, file, other, again);
    expect([code, stderr.includes("Name another file")]).toEqual([2, true]);
    expect(existsSync(file)).toBe(false);
  });
});

describe("FIFOs, devices and a full disk", () => {
  const fifos = names.map(([name, one]) => [name, one, fresh(one.ending)] as const);
  const files = fifos.filter(([, { option }]) => option.constructor === OutputOption);
  beforeAll(() =>
    execFileSync(
      "mkfifo",
      files.map(([, , fifo]) => fifo),
    ),
  );

  it.each(files)("%s writes to a FIFO", async (_, { option, argv }, fifo) => {
    const read = readFile(fifo);
    const { code, stderr } = await vielbein(...argv, option.long!, fifo);
    expect([code, stderr.includes("Cannot write")]).toEqual([0, false]);
    expect((await read).length).toBeGreaterThan(100);
    expect(statSync(fifo).isFIFO()).toBe(true);
  });

  it.each(files)("%s says that the disk is full", async (_, { option, ending, argv }) => {
    const full = fresh(ending);
    symlinkSync("/dev/full", full);
    const { code, stderr } = await vielbein(...argv, option.long!, full);
    expect([code, stderr.includes("ENOSPC")]).toEqual([73, true]);
    expect(statSync("/dev/full").isCharacterDevice()).toBe(true);
  });

  it("a file on stdout leaves the table to stderr, and no room for --json", async () => {
    const out: Uint8Array[] = [];
    const { run } = await import("../src/program.ts");
    const err: string[] = [];
    const streams = {
      stdout: { write: (content: string | Uint8Array) => out.push(Buffer.from(content)) },
      stderr: { write: (content: string | Uint8Array) => err.push(String(content)) },
      signal: new AbortController().signal,
    };
    expect(await run(["basis", path, "--out", "-"], streams)).toBe(0);
    expect(readNpz(Buffer.concat(out)).singular_values!.shape).toEqual([1, 4]);
    expect(err.join("")).toContain("σ0");
    for (const argv of [
      ["basis", path, "--out", "-", "--json"],
      ["basis", path, "--out", "/dev/stdout", "--json"],
      ["basis", path, "--out", "-", "--directions-out", "/dev/stdout"],
      ["basis", path, "--out", "-", "--resume"],
      ["traverse", path, "--frames", "-"],
      ["sefa", path, "--html", "-"],
    ]) {
      const { code, stdout } = await vielbein(...argv);
      expect([argv, code, stdout]).toEqual([argv, 2, ""]);
    }
  });
});

it("leaves no temporary files", () => {
  expect(parts(scratch("."))).toEqual([]);
});
