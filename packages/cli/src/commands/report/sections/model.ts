// What the model is: its spaces, its operators, and pictures of samples.

import { VielbeinError } from "@vielbein/core";
import { section } from "../section.ts";
import type { Inspected } from "../subject.ts";
import { about, counted, listed, named } from "../words.ts";
import { type Run, type Workbench, work } from "../workbench.ts";

interface ModelNumbers {
  readonly from: string;
  readonly to: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly family: string | undefined;
  readonly parameters: number;
  readonly bytes: number;
  readonly opset: number;
  readonly producer: string;
  readonly operators: Readonly<Record<string, number>>;
  readonly mappedCode: string | undefined;
  readonly layers: number;
  /** Why there is no derivative. */
  readonly problem: string | undefined;
  /** Why samples are not drawn. */
  readonly undrawn: string | undefined;
}

interface Port {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (string | number)[];
}

const OPERATORS = 12;

export const modelSection = section<ModelNumbers>({
  id: "model",
  title: "What the model is",
  question: "What goes in, what comes out, and what do its samples look like?",
  reading:
    "Samples in the order in which they are drawn; every number on this page is taken at such samples.",
  share: 2,
  async compute(bench) {
    const found = bench.inspected;
    const drawn = await drawSamples(bench);
    const svg = "run" in drawn ? drawn.run.figures["samples.svg"] : undefined;
    return {
      numbers: numbersOf(found.document, "why" in drawn ? drawn.why : undefined),
      figures: svg === undefined ? [] : [svg],
      runs: "run" in drawn ? [found, drawn.run] : [found],
    };
  },
  sentence({ from, to, problem, mappedCode, layers, undrawn, family }) {
    const like = family === undefined ? "" : `, built like ${family},`;
    const mapping =
      mappedCode === undefined
        ? "has no mapping network"
        : `first maps ${named(from)} to ${named(mappedCode)}`;
    const derivative = problem === undefined ? "is exact." : `is not available: ${problem}`;
    const picture = undrawn === undefined || undrawn === problem ? "" : ` It is not drawn: ${undrawn}`;
    return `The generator${like} ${mapping} and takes ${named(from)} to ${named(to)} in ${counted(layers, "layer")}; its derivative ${derivative}${picture}`;
  },
  facts: ({ parameters, family }) => [
    ["parameters", parameters.toLocaleString("en")],
    ["built like", family ?? "–"],
  ],
  tables: (numbers) => [
    {
      caption: "Inputs and outputs",
      columns: ["", "name", "type", "shape"],
      rows: [...portRows("input", numbers.inputs), ...portRows("output", numbers.outputs)],
    },
    {
      caption: "The file",
      columns: [],
      rows: [
        ["size", `${about(numbers.bytes / 1e6)} MB, ${numbers.parameters.toLocaleString("en")} parameters`],
        ["format", `opset ${numbers.opset}${numbers.producer ? `, from ${numbers.producer}` : ""}`],
        ["operators", operatorsText(numbers.operators)],
      ],
    },
  ],
});

/** Whether outputs are pictures is found by drawing them. */
async function drawSamples(
  bench: Workbench,
): Promise<{ readonly run: Run<object> } | { readonly why: string }> {
  try {
    const { rows } = bench.budget;
    return { run: await bench.run("samples", ["--rows", rows, "--out", work("samples.svg")]) };
  } catch (error) {
    // What stands against a derivative, such as an input without a value, stands against values too.
    const isExpected =
      error instanceof VielbeinError &&
      (error.code === "SHAPE_MISMATCH" || bench.subject.problem !== undefined);
    if (!isExpected) throw error;
    return { why: error.message };
  }
}

function numbersOf(document: Inspected, undrawn: string | undefined): ModelNumbers {
  const port = ({ name, type, shape = [] }: Inspected["inputs"][number]): Port => ({ name, type, shape });
  const { from, to, problem } = document.differentiability;
  return {
    ...{ from, to, problem, undrawn },
    inputs: document.inputs.map(port),
    outputs: document.outputs.map(port),
    family: document.family?.name,
    parameters: document.parameters,
    bytes: document.bytes,
    opset: document.opset,
    producer: document.producer,
    operators: document.operators,
    mappedCode: document.mappedCode,
    layers: document.layers.length,
  };
}

function portRows(kind: string, ports: readonly Port[]): string[][] {
  return ports.map(({ name, type, shape }) => [
    kind,
    name,
    type,
    `[${shape.map((extent) => (extent === "" ? "?" : extent)).join(", ")}]`,
  ]);
}

function operatorsText(operators: ModelNumbers["operators"]): string {
  const all = Object.entries(operators).map(([name, count]) => `${name} ×${count}`);
  const rest = all.length - OPERATORS;
  return rest > 0 ? `${all.slice(0, OPERATORS).join(", ")} and ${rest} more kinds` : listed(all);
}
