// vielbein survey plan: writes the folder of a survey.

import { readdir, rmdir } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { InvalidArgumentError } from "commander";
import { layerOptions } from "../inputs/layers.ts";
import { pointOptions } from "../inputs/model.ts";
import { isEmbedded } from "../inputs/model-file.ts";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { OutputFolderOption } from "../kit/command-files.ts";
import { cannotWrite, makeFolder } from "../kit/folders.ts";
import { shortHash } from "../kit/names.ts";
import { json, type OptionsOf, option, requireAbsent, required } from "../kit/options.ts";
import { writeDurably } from "../kit/output.ts";
import { quoted } from "../kit/shell.ts";
import { number, significant, table, text } from "../kit/table.ts";
import { dim, heading } from "../kit/terminal.ts";
import { storeFiles } from "./arrays.ts";
import { SurveyFolder } from "./folder.ts";
import { METHODS, methodOf } from "./methods.ts";
import { inFolder } from "./place.ts";
import { type NamedPlan, planText } from "./plan.ts";
import { type Axis, makePlan, type Planned, type Wanted } from "./planning.ts";
import { shardsOf } from "./shards.ts";
import { asWords, fromFolder, methodWords, requireOwnOptions, wordsFor } from "./words.ts";

const shared = asWords({
  ...layerOptions,
  ...pointOptions,
  samples: option("--samples <n>", "number of points of methods that work at points", integer(1)),
  pairs: option("--pairs <n>", "number of pairs of methods that work at pairs of points", integer(1)),
});

const options = {
  what: required(option("--what <list>", `methods, of ${METHODS.join(", ")}`, once(methodList))),
  ...shared,
  with: option(
    "--with <options>",
    'options of one method, such as "warpage --k 50"; repeatable',
    methodWords,
  ),
  axis: option(
    "--axis <name=values>",
    "what the models differ in and where each stands, such as step=1000,2000,4000",
    once(axisOf),
  ),
  keep: option(
    "--keep <list>",
    "bulky results that are kept too: points, values, input_vectors, output_vectors, eigenvectors …",
    once(columnList),
  ),
  shardSize: option(
    "--shard-size <n>",
    "points or pairs of a shard, or auto: about five minutes, measured on two points",
    shardSize,
    "auto",
  ),
  out: required(
    new OutputFolderOption("--out <dir>", "folder of the survey, new or empty", /^survey\.json$/),
  ),
  json,
};

type PlanOptions = OptionsOf<typeof options>;

export const plan = command({
  argument: "<models...>",
  description:
    "Writes the folder of a survey: survey.json, which says what is to be computed and is never changed, and the descriptions of its arrays. What is computed at a point is what the single commands compute.",
  options,
  async run({ models, options, terminal }) {
    const path = options.out!;
    const made = await makeOwnFolder(path);
    try {
      const wanted = wantedOf(models, options, resolve(path));
      const planned = await inFolder(path, () => makePlan(wanted, terminal));
      await writePlan(new SurveyFolder(path), planned.plan);
      const shards = shardsOf(planned.plan).length;
      return {
        json: () => ({ folder: path, shards, plan: planned.plan }),
        text: () => textOf(path, planned),
      };
    } catch (error) {
      // Nothing of a plan that was refused stays.
      if (made !== undefined) await removeFolders(path, made);
      throw error;
    }
  },
});

/** A list that is given in one go: of two lists the first would be lost. */
function once<T>(parse: (text: string) => T): (text: string, previous?: T) => T {
  return (text, previous) => {
    if (previous === undefined) return parse(text);
    throw new InvalidArgumentError("It is given twice. Give one list, with commas between.");
  };
}

function methodList(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name, i) => METHODS.includes(name) && names.indexOf(name) === i)) return names;
  throw new InvalidArgumentError(`Expected some of ${METHODS.join(", ")}, each once, with commas between.`);
}

function columnList(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => /^\w+$/.test(name))) return names;
  throw new InvalidArgumentError("Expected names of results such as points,input_vectors.");
}

function axisOf(text: string): Axis {
  const [, name, list] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const values = (list ?? "").split(",").map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (name !== undefined && values.every(Number.isFinite)) return { name, values };
  throw new InvalidArgumentError("Expected NAME=VALUE,VALUE,… with a number for each model.");
}

function shardSize(text: string): number | "auto" {
  return text === "auto" ? text : integer(1)(text);
}

function wantedOf(models: readonly string[], options: PlanOptions, folder: string): Wanted {
  const { what, with: own = [], axis, keep = [], shardSize } = options;
  if (axis && axis.values.length !== models.length) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--axis: ${axis.values.length} values for ${models.length} models. Give one for each.`,
    );
  }
  const stray = own.find(({ method }) => !what.includes(method));
  if (stray) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--with "${stray.method} …": ${stray.method} is not among --what ${what.join(",")}. Name it there, or leave its options out.`,
    );
  }
  requireUsed(what, options);
  const { to, everyLayer, ...chosen } = given(options);
  const methods = what.map((name) => {
    const method = methodOf(name);
    const further = own.filter((one) => one.method === name);
    for (const one of further) requireOwnOptions(one, method.options);
    // One thread: the numbers do not depend on how many there are, and processes use the cores.
    const threads = ["--threads", "1"];
    const words = [...threads, ...wordsFor(method.options, chosen), ...further.flatMap(({ words }) => words)];
    return { name, words: fromFolder(words, method.options, folder) };
  });
  const forLayers = wordsFor({ ...layerOptions, ...pointOptions }, given(options));
  return {
    models: models.map((model) => argumentFrom(model, folder)),
    axis,
    methods,
    words: fromFolder(forLayers, { ...layerOptions, ...pointOptions }, folder),
    shardSize: shardSize === "auto" ? undefined : shardSize,
    keep,
  };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for an option of the plan that none of the methods has. */
function requireUsed(what: readonly string[], options: PlanOptions): void {
  // That of layers is the plan's own.
  const names = Object.keys(shared).filter((name) => !(name in layerOptions));
  const takes = (method: string, name: string) => name in methodOf(method).options;
  for (const name of names.filter((name) => !what.some((method) => takes(method, name)))) {
    const others = METHODS.filter((method) => takes(method, name));
    requireAbsent(
      options,
      [name],
      `${what.join(" and ")} ${what.length === 1 ? "has" : "have"} no such option, but ${others.join(", ")} do. Leave it out, or name one of them in --what.`,
    );
  }
}

/** The words of the options that all methods share. */
function given(
  options: PlanOptions,
): Readonly<Record<string, unknown>> & Pick<PlanOptions, "to" | "everyLayer"> {
  return Object.fromEntries(
    Object.keys(shared).map((name) => [name, options[name as keyof typeof shared]]),
  ) as ReturnType<typeof given>;
}

function argumentFrom(model: string, folder: string): string {
  return isEmbedded(model) ? model : relative(folder, resolve(model));
}

/**
 * Makes the folder, and returns the first of those that it made for it.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where something is in it: what was computed is never replaced;
 *   {CannotWriteError}.
 */
async function makeOwnFolder(path: string): Promise<string | undefined> {
  const made = await makeFolder(path);
  const names = await readdir(path).catch((error: unknown) => {
    throw cannotWrite(path, error);
  });
  if (names.length === 0) return made;
  const what = names.includes("survey.json") ? "is a survey already" : "is not empty";
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--out: "${path}" ${what}. Go on with it by vielbein survey run, or name another folder.`,
  );
}

/** Removes the folder, and those that it is in up to `first`, as long as they are empty. */
async function removeFolders(path: string, first: string): Promise<void> {
  const [last, end] = [resolve(path), resolve(first)];
  try {
    for (let folder = last; ; folder = dirname(folder)) {
      await rmdir(folder);
      if (folder === end) return;
    }
  } catch {
    // Something else is in it by now.
  }
}

/** The plan comes last: a folder with a plan is whole. */
async function writePlan(folder: SurveyFolder, plan: NamedPlan): Promise<void> {
  for (const { path, bytes } of await storeFiles(plan)) {
    await writeDurably(folder.file(path), bytes, folder.temporary);
  }
  await writeDurably(folder.plan, planText(plan), folder.temporary);
}

function textOf(path: string, { plan, seconds }: Planned): string {
  const lines = plan.methods.map((method, i) => ({ ...method, seconds: seconds[i] }));
  const body = table(lines, [
    text("method", ({ name }) => name),
    number("layers", ({ layers }) => layers.length),
    number("points or pairs", ({ total }) => total),
    number("a shard", ({ shardSize }) => shardSize),
    number("seconds each", ({ seconds }) => significant(seconds, 2)),
  ]);
  const models = plan.models.length === 1 ? "1 model" : `${plan.models.length} models`;
  const shards = shardsOf(plan).length;
  const title = heading(path, `survey ${shortHash(plan.id)}, ${models}, shards 0 to ${shards - 1}`);
  return `${title}\n${body}\n${dim(`compute it with: vielbein survey run ${quoted(path)}`)}\n`;
}
