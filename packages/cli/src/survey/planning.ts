// Making a plan: opens every method at every layer of the first model, as its shards will be opened, to see what the
// rows hold and how long they take; every one of further models, that they have the same.

import { basename } from "node:path";
import { type Provenance, VielbeinError } from "@vielbein/core";
import { standardOpset } from "@vielbein/onnx";
import { layerOptions, layerSpaces } from "../inputs/layers.ts";
import { pointOptions, sha256 } from "../inputs/model.ts";
import { checkpointChoices, readModel } from "../inputs/model-file.ts";
import { loadTruncated } from "../inputs/truncation.ts";
import { readOptions } from "../kit/command.ts";
import { defined } from "../kit/defined.ts";
import { spacesText } from "../kit/names.ts";
import type { Column } from "../kit/row-file.ts";
import type { OpenJob } from "../kit/rows-command.ts";
import { disposing } from "../kit/task.ts";
import type { Terminal } from "../kit/terminal.ts";
import { tableColumns } from "./kept-rows.ts";
import { methodOf } from "./methods.ts";
import { differenceFromPlan, quietly } from "./parts.ts";
import {
  type NamedPlan,
  namePlan,
  type Part,
  type Plan,
  type PlannedArray,
  type PlannedLayer,
  type PlannedMethod,
  type PlannedModel,
  plannedPart,
  TOOL,
} from "./plan.ts";

/** What is to be surveyed. */
export interface Wanted {
  /** Arguments MODEL, from the folder of the survey. */
  readonly models: readonly string[];
  readonly axis?: Axis | undefined;
  readonly methods: readonly WantedMethod[];
  /** The options of all methods that choose model and layers, as words. */
  readonly words: readonly string[];
  /** Rows a shard; undefined for as many as take {@link SHARD_SECONDS}. */
  readonly shardSize?: number | undefined;
  /** Names of bulky columns that are kept all the same. */
  readonly keep: readonly string[];
}

interface WantedMethod {
  readonly name: string;
  readonly words: readonly string[];
}

export interface Axis {
  readonly name: string;
  /** For each model. */
  readonly values: readonly number[];
}

/** A plan, and what its first rows took. */
export interface Planned {
  readonly plan: NamedPlan;
  /** By method, over the layers, in seconds a row; undefined where none was computed. */
  readonly seconds: readonly (number | undefined)[];
}

/** How long a shard is to take, in seconds. */
const SHARD_SECONDS = 300;
/** Bytes of its rows at most, which are held together. */
const SHARD_BYTES = 2 ** 28;

/**
 * Makes the plan, in the folder of the survey as the working directory.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where models do not agree, or options are not those of a method; what
 *   opening throws.
 */
export async function makePlan(wanted: Wanted, terminal: Terminal): Promise<Planned> {
  const models = await planModels(wanted);
  const ends = await layerWords(wanted, terminal);
  const methods: PlannedMethod[] = [];
  const bulky = new Set<string>();
  const seconds: (number | undefined)[] = [];
  for (const method of wanted.methods) {
    const found: Opened[] = [];
    for (const end of ends) {
      // What is remarked is remarked once.
      const isFirst = found.length === 0;
      found.push(await openLayer(wanted, method, end, isFirst ? terminal : quietly(terminal)));
    }
    for (const name of found.flatMap((one) => one.bulky)) bulky.add(name);
    const times = found.flatMap(({ seconds }) => seconds ?? []);
    const longest = times.length > 0 ? Math.max(...times) : undefined;
    seconds.push(longest);
    methods.push(planMethod(wanted, method, found, longest));
  }
  requireKnown(wanted.keep, bulky);
  const plan: Plan = { format: 1, tool: TOOL, models, axis: wanted.axis?.name, methods };
  for (const model of [...models.keys()].slice(1)) await requireSameRows(plan, model, terminal);
  return { plan: namePlan(JSON.parse(JSON.stringify(plan))), seconds };
}

async function planModels({ models, axis, words }: Wanted): Promise<PlannedModel[]> {
  const choices = checkpointChoices(sharedOptions(words));
  const names = models.map((argument) => basename(argument));
  const planned: PlannedModel[] = [];
  for (const [i, argument] of models.entries()) {
    const { bytes, model, architecture, remarks } = await readModel(argument, choices);
    const isAlone = names.filter((name) => name === names[i]).length === 1;
    planned.push({
      argument,
      label: isAlone ? names[i]! : argument,
      sha256: sha256(bytes),
      opset: standardOpset(model),
      ...defined({ architecture, remarks: remarks.length > 0 ? remarks : undefined }),
      at: axis?.values[i],
    });
  }
  const twice = planned.find(({ label }, i) => planned.findIndex((other) => other.label === label) !== i);
  if (twice) throw invalid(`MODELS: "${twice.argument}" is named twice. Name it once.`);
  return planned;
}

/** The options that all methods share. */
function sharedOptions(words: readonly string[]) {
  const options = { ...layerOptions, ...pointOptions };
  return readOptions({ argument: "<model>", description: "", options }, words);
}

/** What command lines end with to end at each layer: the layers of the first model. */
async function layerWords({ models, words }: Wanted, terminal: Terminal): Promise<(readonly string[])[]> {
  const options = sharedOptions(words);
  if (options.to === undefined && !options.everyLayer) return [[]];
  return disposing(async (use) => {
    const { signal } = new AbortController();
    const task = { model: models[0]!, options, terminal: quietly(terminal), signal, use };
    const spaces = await layerSpaces(await loadTruncated(task), options);
    return spaces.map(({ name }) => ["--to", name]);
  });
}

/** A method at a layer. */
interface Opened {
  readonly layer: PlannedLayer;
  readonly columns: readonly string[];
  readonly arrays: Readonly<Record<string, Column>>;
  /** Columns that are kept only where they are asked for. */
  readonly bulky: readonly string[];
  readonly total: number;
  readonly seconds: number | undefined;
}

function openLayer(
  wanted: Wanted,
  { name, words }: WantedMethod,
  end: readonly string[],
  terminal: Terminal,
): Promise<Opened> {
  return disposing(async (use) => {
    const { signal } = new AbortController();
    const task = { model: wanted.models[0]!, terminal, signal, use };
    const job = await methodOf(name).open(task, [...words, ...end]);
    const arrays = Object.fromEntries(
      Object.entries(job.columns).filter(([column, { shape, isBulky }]) => {
        return shape.length > 0 && (isBulky !== true || wanted.keep.includes(column));
      }),
    );
    const cells = Object.fromEntries(Object.entries(arrays).map(([column, { shape }]) => [column, shape]));
    const { to } = job.provenance;
    return {
      layer: { name: to.name, dim: to.dim, words: end, provenance: job.provenance, cells },
      columns: tableColumns(job),
      arrays,
      bulky: Object.keys(job.columns).filter((column) => job.columns[column]?.isBulky),
      total: job.total,
      seconds: wanted.shardSize === undefined ? await secondsPerRow(job) : undefined,
    };
  });
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for results that --keep names and no method has. */
function requireKnown(keep: readonly string[], bulky: ReadonlySet<string>): void {
  const unknown = keep.find((name) => !bulky.has(name));
  if (unknown === undefined) return;
  throw invalid(
    `--keep: "${unknown}" is no bulky result of these methods, which have ${[...bulky].join(", ") || "none"}. What is not bulky is kept anyway.`,
  );
}

/** Of the second row: the first has more to do. */
async function secondsPerRow({ total, compute }: OpenJob): Promise<number> {
  await compute(0);
  const start = performance.now();
  await compute(Math.min(1, total - 1));
  return (performance.now() - start) / 1000;
}

function planMethod(
  { shardSize }: Wanted,
  { name, words }: WantedMethod,
  found: readonly Opened[],
  seconds: number | undefined,
): PlannedMethod {
  const [{ total }] = found as [Opened];
  const arrays = new Map<string, PlannedArray>();
  for (const [column, { shape, dtype = "f8" }] of found.flatMap((one) => Object.entries(one.arrays))) {
    const before = arrays.get(column)?.shape ?? shape;
    arrays.set(column, { column, dtype, shape: shape.map((extent, i) => Math.max(extent, before[i]!)) });
  }
  const kept = [...arrays.values()];
  const bytes = kept.reduce(
    (sum, { shape }) => sum + 8 * shape.reduce((size, extent) => size * extent, 1),
    8,
  );
  const fitting = Math.floor(Math.min(SHARD_SECONDS / (seconds ?? 1), SHARD_BYTES / bytes));
  return {
    name,
    words,
    total,
    shardSize: Math.min(shardSize ?? Math.max(fitting, 1), total),
    layers: found.map(({ layer }) => layer),
    columns: [...new Set(found.flatMap(({ columns }) => columns))],
    arrays: kept,
  };
}

/** Opens every part of a further model, to find out now what its shards would find out. */
async function requireSameRows(plan: Plan, model: number, terminal: Terminal): Promise<void> {
  for (const [method, { layers }] of plan.methods.entries()) {
    for (const layer of layers.keys()) await requireSamePart(plan, { model, method, layer }, terminal);
  }
}

async function requireSamePart(plan: Plan, part: Part, terminal: Terminal): Promise<void> {
  const { model, method, layer } = plannedPart(plan, part);
  const { words: end, provenance, cells } = layer;
  const job = await disposing((use) => {
    const { signal } = new AbortController();
    const task = { model: model.argument, terminal: quietly(terminal), signal, use };
    return methodOf(method.name).open(task, [...method.words, ...end]);
  });
  const first = plan.models[0]!.argument;
  const shapes = Object.keys(cells).map((column) => [column, job.columns[column]?.shape] as const);
  const found = rowsText(job.provenance, Object.fromEntries(shapes));
  const wanted = rowsText(provenance, cells);
  if (found !== wanted) {
    throw invalid(
      `MODELS: "${model.argument}" does not have the rows of "${first}", ${method.name} ${found} instead of ${wanted}. Models of one survey have the same layers; plan others separately.`,
    );
  }
  const difference = differenceFromPlan(plan, part, job.provenance);
  if (!difference) return;
  const { name, was, is } = difference;
  throw invalid(
    `MODELS: ${method.name} of "${model.argument}" has ${is} as its ${name}, and that of "${first}" ${was}. Models of one survey have that in common; plan others separately.`,
  );
}

/** Which spaces and which shapes: what models of one survey have in common. */
function rowsText({ from, to }: Provenance, cells: object): string {
  return `${spacesText(from, to)} ${JSON.stringify(cells)}`;
}

function invalid(message: string): VielbeinError {
  return new VielbeinError("INVALID_ARGUMENT", message);
}
