// What a model says of itself before any map is opened: its code, its further inputs, the chain of its spaces.

import { type InputSetting, type Prior, type Space, statedPrior } from "@vielbein/core";
import type { Runtime, RuntimeTensor } from "@vielbein/core/runtime";
import {
  codeInput,
  type FurtherInput,
  furtherInputs,
  inputTensors,
  layers,
  type Model,
  mappedCode,
  type PreparedGraph,
  prepare,
  sharedCode,
} from "@vielbein/onnx";
import type { ExplorerTruncation, SpacesChoice } from "@vielbein/viz/explorer";

/** What one run may take of the 4 GB that WebAssembly addresses. */
export const MEMORY_BUDGET: number = 2 ** 30;

export interface Survey {
  /** What was surveyed. */
  readonly model: Model;
  /** Input → image. */
  readonly whole: PreparedGraph;
  /** The spaces behind the input, in order. */
  readonly chain: readonly Space[];
  /** Inputs beside the code, and what they are `set` to. */
  readonly further: readonly FurtherInput[];
  readonly set: NonNullable<SpacesChoice["set"]>;
  /** Values of all of these. */
  readonly inputs: Readonly<Record<string, RuntimeTensor>>;
  /** Of the input. */
  readonly prior: Prior;
  readonly from: string;
  readonly to: string;
  /** Where the mapping network ends, if there is one. */
  readonly style: Space | undefined;
  readonly truncation: ExplorerTruncation;
}

export async function surveyOf(model: Model, runtime: Runtime, choice: SpacesChoice): Promise<Survey> {
  const { set = {} } = choice;
  const code = codeInput(model, (name) => Object.hasOwn(set, name))?.name;
  const further = code === undefined ? [] : furtherInputs(model, code);
  const inputs: Readonly<Record<string, RuntimeTensor>> = {
    ...inputTensors(model, Object.fromEntries(further.map(zeros)), MEMORY_BUDGET),
    ...inputTensors(model, set, MEMORY_BUDGET),
  };
  const whole = await prepare(model, runtime, { inputs });
  const chain = chainOf(whole);
  const { from = whole.input, to = whole.output } = choice;
  const place = (wanted: string | undefined): number => chain.findIndex(({ name }) => name === wanted);
  const style = mappedCode(whole);
  const isBehind = place(from) >= place(style);
  return {
    model,
    whole,
    chain,
    further,
    set,
    inputs,
    prior: statedPrior(model.metadata) ?? { kind: "normal" },
    from,
    to,
    style: chain[place(style)],
    truncation: truncationOf(from, whole.input, style, isBehind, choice.truncation),
  };
}

/** The layers, and before one with a code for each layer the code that these are copies of. */
function chainOf(whole: PreparedGraph): Space[] {
  return layers(whole).flatMap(({ name, dim, shape }, i, all): Space[] => {
    const layer = { name, dim, shape };
    const shared = sharedCode(whole, layer);
    const known = [whole.input, all[i - 1]?.name];
    return shared && !known.includes(shared.name) ? [shared, layer] : [layer];
  });
}

/** @param isBehind whether `from` is the end of the mapping network, or lies behind it. */
function truncationOf(
  from: string,
  input: string,
  style: string | undefined,
  isBehind: boolean,
  psi = 1,
): ExplorerTruncation {
  if (style !== undefined && !isBehind) return { kind: "graph", space: style, psi };
  if (style !== undefined) return { kind: "mean", space: style, psi: 1 };
  return { kind: from === input ? "scale" : "mean", space: from, psi: 1 };
}

function zeros({ name, shape }: FurtherInput): [string, InputSetting] {
  // Only a list of numbers can be given to an input that does not declare its shape.
  return [name, shape.every((extent) => extent === 1) ? [0] : { all: 0 }];
}
