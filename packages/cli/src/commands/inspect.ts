// vielbein inspect: what a model is, its spaces, and what of it can be differentiated.

import { statedPrior, VielbeinError } from "@vielbein/core";
import { inspect as inspectModel, type ModelReport, type PortReport } from "@vielbein/onnx";
import { escapeControls, statedLayout, statedRange, statedSampleRate } from "@vielbein/viz";
import { type LoadedModel, loadModel, mapOptions } from "../inputs/model.ts";
import { spanOf } from "../inputs/prepared.ts";
import { command } from "../kit/command.ts";
import { definedItems } from "../kit/defined.ts";
import { shapeText } from "../kit/names.ts";
import { json } from "../kit/options.ts";
import { number, table, text } from "../kit/table.ts";
import { bold, dim } from "../kit/terminal.ts";

export const inspect = command({
  argument: "<model>",
  description:
    "Describes an ONNX model: what goes in and out, which tensors can serve as spaces, and how each operator between --from and --to is differentiated.",
  options: { ...mapOptions, json },
  async run({ model, options, terminal }) {
    const loaded = await loadModel(model, options, terminal);
    const report = await inspectModel(loaded.model, loaded.runtime, spanOf(loaded, options));
    for (const stated of [statedPrior, statedRange, statedLayout, statedSampleRate]) {
      remarkOnMetadata(() => stated(loaded.model.metadata), loaded);
    }
    const { file, bytes, sha256 } = loaded;
    return {
      json: () => ({ file, bytes, sha256, ...report }),
      text: () => `${describe(file, bytes, report)}\n`,
    };
  },
});

/** What is wrong with metadata is an error only where they are used. */
function remarkOnMetadata(read: () => unknown, { remark }: LoadedModel): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof VielbeinError)) throw error;
    remark(error.message);
  }
}

function describe(file: string, bytes: number, report: ModelReport): string {
  return [
    ...summaryLines(file, bytes, report),
    ...spaceLines(report),
    ...derivativeLines(report.differentiability),
  ].join("\n");
}

function summaryLines(file: string, bytes: number, report: ModelReport): string[] {
  const { producer, family } = report;
  const ports = [
    ...report.inputs.map((port) => ({ kind: "input", ...port })),
    ...report.outputs.map((port) => ({ kind: "output", ...port })),
  ];
  const operators = Object.entries(report.operators).map(
    ([name, count]) => `${escapeControls(name)} ×${count}`,
  );
  const known = [
    `${bold(file)}  ${megabytes(bytes)}, ${report.parameters.toLocaleString("en")} parameters`,
    `opset ${report.opset}, IR ${report.irVersion}${producer ? `, from ${escapeControls(producer)}` : ""}`,
    family && `built like: ${family.name} (${family.because})`,
    "",
    table(ports, [
      text("", ({ kind }) => kind),
      text("", ({ name }) => name),
      text("", ({ type }) => type),
      text("", portShape),
    ]),
    "",
    bold("Operators"),
    wrapItems(operators, 96),
  ];
  return definedItems(known);
}

function spaceLines({ spaces, differentiability: { from, to } }: ModelReport): string[] {
  if (spaces.length === 0) return [];
  const shown = abridged(spaces);
  const rest = spaces.length - shown.length;
  return definedItems([
    "",
    `${bold("Spaces")} ${dim(`tensors between ${from} and ${to}, for --from and --to`)}`,
    table(shown, [
      text("", ({ name }) => `  ${name}`),
      number("", ({ dim: size }) => size),
      text("", ({ shape }) => shapeText(shape)),
      text("", ({ producer }) => producer),
    ]),
    rest > 0 ? dim(`  … and ${rest} between these: --json lists them all`) : undefined,
  ]);
}

function derivativeLines({
  from,
  to,
  nodes,
  operators,
  differentiable,
  problem = "",
}: ModelReport["differentiability"]): string[] {
  const isRounded = nodes.some((node) => node.derivative === "straight");
  const exact = isRounded
    ? "  exact, but for rounding to reduced precision or quantised levels, which counts as the identity"
    : "  exact";
  return [
    "",
    bold(`Derivative of ${to} with respect to ${from}`),
    differentiable ? exact : `  not available: ${escapeControls(problem)}`,
    ...Object.entries(operators).map(([operator, counts]) => {
      const parts = Object.entries(counts).filter(([, count]) => count > 0);
      const kinds = parts.map(([kind, count]) => `${kind} ×${count}`).join(", ");
      return `  ${escapeControls(operator).padEnd(24)} ${kinds}`;
    }),
    ...nodes
      .filter(({ derivative, reason }) => derivative !== "straight" && reason !== undefined)
      .map(({ opType, node, position, reason }) =>
        escapeControls(`  ${opType} "${node}" (node ${position}): ${reason}`),
      ),
  ];
}

const SHOWN = 40;

/** The first and the last of a long list. */
function abridged<T>(items: readonly T[]): readonly T[] {
  return items.length <= SHOWN ? items : [...items.slice(0, SHOWN / 2), ...items.slice(-SHOWN / 2)];
}

function portShape({ shape }: PortReport): string {
  return shape ? shapeText(shape.map((extent) => (extent === "" ? "?" : extent))) : "shape unknown";
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Items separated by commas, broken into indented lines. */
function wrapItems(items: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = "  ";
  for (const [i, item] of items.entries()) {
    const piece = i < items.length - 1 ? `${item}, ` : item;
    if (line.length + piece.length > width) {
      lines.push(line);
      line = "  ";
    }
    line += piece;
  }
  return [...lines, line].map((each) => each.trimEnd()).join("\n");
}
