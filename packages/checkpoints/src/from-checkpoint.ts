// From a downloaded file to an ONNX model.

import { remarksEntry, VielbeinError } from "@vielbein/core";
import type { Model } from "@vielbein/onnx";
import type { BuildOptions } from "./architectures/architecture.ts";
import { type FlatAverages, flatAverages, isAveraged, renamed } from "./architectures/averages.ts";
import { recognise } from "./architectures/registry.ts";
import { halved } from "./build/halve.ts";
import { Network } from "./build/network.ts";
import type { Weights } from "./build/weights.ts";
import { brief } from "./errors.ts";
import { type Checkpoint, type CheckpointFile, openCheckpoint } from "./files/open.ts";
import { notBuiltAs, unrecognised } from "./refusal.ts";
import { isTensorFinite } from "./tensors/finite.ts";

export interface CheckpointOptions extends BuildOptions {
  /** Stores large weights as float16: half the size, computed with as float32. */
  readonly float16?: boolean | undefined;
}

/** A checkpoint as an ONNX model, with the architecture that it was recognised as. */
export interface ConvertedCheckpoint {
  /** z → … → image, with the architecture, the prior and the range in its metadata. Weights may be views of the file. */
  readonly model: Model;
  /** The architecture that was recognised; `version` rises whenever the graph made of the same file changes. */
  readonly architecture: { readonly name: string; readonly version: number };
  /** What was assumed, for people. They stand in the model's metadata too. */
  readonly remarks: readonly string[];
}

/**
 * The generator of a checkpoint as an ONNX model: reads the weights (nothing in the file is executed), recognises the
 * architecture and writes its graph.
 *
 * @throws {VielbeinError} `INVALID_MODEL` for a file that is damaged or of no architecture known here;
 * `INVALID_ARGUMENT` where an option is missing or of no use, `OUT_OF_RANGE` for a class that does not exist.
 */
export async function fromCheckpoint(
  file: CheckpointFile,
  options: CheckpointOptions = {},
): Promise<ConvertedCheckpoint> {
  const checkpoint = await openCheckpoint(file);
  const averages = flatAverages(checkpoint);
  const tensors = renamed(checkpoint.tensors, averages);
  const recognised = checkpoint.lacks === undefined ? recognise({ ...checkpoint, tensors }) : undefined;
  if (!recognised) throw unrecognised(checkpoint);
  const { architecture, weights, others } = recognised;
  const { name, version } = architecture;
  requireKnown(options, architecture.options, name);
  const network = new Network();
  try {
    architecture.build(network, weights, options, others);
    weights.requireUnscaled();
    if (architecture.whole) weights.requireUsed(architecture.whole);
  } catch (error) {
    throw notBuiltAs(architecture, checkpoint, error);
  }
  const range = architecture.range ?? network.range;
  const remarks = [
    recognisedAs(name, weights.prefix),
    ...chosenRemark(options),
    ...othersRemark(others),
    ...shadowRemark(checkpoint, weights.prefix),
    ...averages.flatMap((each) => averagesRemark(each, weights.prefix)),
    ...network.remarks,
    ...finiteRemark(weights),
  ];
  const metadata = new Map([
    ["vielbein.architecture", `${name} ${version}`],
    ["vielbein.prior", architecture.prior],
    remarksEntry(remarks),
  ]);
  if (range !== undefined) metadata.set("vielbein.range", range);
  const model = network.model(metadata, checkpoint.files);
  return {
    model: options.float16 ? halved(model) : model,
    architecture: { name, version },
    remarks,
  };
}

const OPTIONS = ["label", "truncation", "activation", "size"] as const satisfies (keyof BuildOptions)[];

/** Refuses options that would do nothing. */
function requireKnown(options: BuildOptions, known: readonly (keyof BuildOptions)[], name: string): void {
  for (const option of OPTIONS) {
    if (options[option] === undefined || known.includes(option)) continue;
    throw new VielbeinError("INVALID_ARGUMENT", `${option}: ${name} has no use for it. Leave it out.`);
  }
}

function recognisedAs(name: string, prefix: string): string {
  return prefix === "" ? `checkpoint of ${name}` : `checkpoint of ${name}: ${brief(prefix.slice(0, -1))}`;
}

/** What the file does not tell, and results depend on. */
function chosenRemark(options: BuildOptions): string[] {
  const chosen = OPTIONS.filter((option) => options[option] !== undefined);
  return chosen.length === 0 ? [] : [`with ${chosen.map((name) => `${name} ${options[name]}`).join(", ")}`];
}

function othersRemark(others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `other networks of the file are left out: ${others.map((prefix) => brief(prefix.slice(0, -1))).join(", ")}`,
  ];
}

/** Averages that are kept as a list, beside the weights that they are of. */
function shadowRemark({ tensors }: Checkpoint, prefix: string): string[] {
  const shadow = [...tensors.keys()].find((name) => /(^|\.)shadow_params\.\d+$/.test(name));
  if (shadow === undefined) return [];
  return [
    `averaged weights of the file have no names (${shadow.replace(/\.\d+$/, "")}) and are left out; those of ${prefix.slice(0, -1) || "the network"} are taken`,
  ];
}

function averagesRemark({ prefix, of }: FlatAverages, chosen: string): string[] {
  const name = prefix.slice(0, -1);
  if (of !== undefined) {
    const whose = of === "" ? "the tensors beside them" : of.slice(0, -1);
    return chosen.startsWith(prefix)
      ? [
          `averaged weights of the file (${name}) have names without points, which are those of ${whose}; what is not averaged is taken from there`,
        ]
      : [];
  }
  if (isAveraged(chosen)) return [];
  return [
    `averaged weights of the file (${name}) have names without points, of which it is not certain whose they are; they are left out, and those of ${chosen.slice(0, -1) || "the network"} are taken`,
  ];
}

/** Names of tensors that are listed. */
const SHOWN = 3;

/** Weights that are no numbers make an image that is none. */
function finiteRemark({ used }: Weights): string[] {
  const names = [...used].filter(([, tensor]) => !isTensorFinite(tensor)).map(([name]) => name);
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "";
  return [`weights that are NaN or infinite: ${names.slice(0, SHOWN).map(brief).join(", ")}${more}`];
}
