// vielbein inspect: what a model is, its spaces, and what of it can be differentiated.

import { statedPrior, VielbeinError } from "@vielbein/core";
import { inspect, type ModelReport, type PortReport } from "@vielbein/onnx";
import { escapeControls, statedRange } from "@vielbein/viz";
import type { Command } from "commander";
import { addMapOptions, type LoadedModel, loadModel, type MapOptions } from "../inputs/model.ts";
import { bold, dim, print, type Terminal, table } from "../kit/terminal.ts";

export function inspectCommand(program: Command, terminal: Terminal): void {
  addMapOptions(
    program
      .command("inspect <model>")
      .summary("inputs, outputs, spaces, operators, and what can be differentiated")
      .description(
        "Describes an ONNX model: what goes in and out, which tensors can serve as spaces, and how each operator between --from and --to is differentiated.",
      ),
  )
    .option("--json", "one JSON document on stdout")
    .action(async (argument: string, options: MapOptions & { json?: boolean }) => {
      const loaded = await loadModel(argument, options, terminal);
      const report = await inspect(loaded.model, loaded.runtime, {
        ...(options.from === undefined ? {} : { from: options.from }),
        ...(options.to === undefined ? {} : { to: options.to }),
        inputs: loaded.inputs,
        memoryBudget: loaded.memoryBudget,
      });
      for (const stated of [statedPrior, statedRange])
        remarkOnMetadata(() => stated(loaded.model.metadata), loaded);
      const { file, bytes, sha256 } = loaded;
      print(
        terminal,
        options.json ? { file, bytes, sha256, ...report } : `${describe(file, bytes, report)}\n`,
      );
    });
}

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
  const { differentiability: d } = report;
  const operators = Object.entries(report.operators).map(
    ([name, count]) => `${escapeControls(name)} ×${count}`,
  );
  const lines = [
    `${bold(file)}  ${megabytes(bytes)}, ${report.parameters.toLocaleString("en")} parameters`,
    `opset ${report.opset}, IR ${report.irVersion}${report.producer ? `, from ${escapeControls(report.producer)}` : ""}`,
    ...(report.family ? [`built like: ${report.family.name} (${report.family.because})`] : []),
    "",
    table([
      ...report.inputs.map((p) => ["input", ...port(p)]),
      ...report.outputs.map((p) => ["output", ...port(p)]),
    ]),
    "",
    bold("Operators"),
    wrapped(operators, 96),
  ];
  if (report.spaces.length > 0) {
    const shown = abridged(report.spaces);
    lines.push(
      "",
      `${bold("Spaces")} ${dim(`tensors between ${d.from} and ${d.to}, for --from and --to`)}`,
      table(
        shown.map((s) => [`  ${s.name}`, String(s.dim), `[${s.shape.join(", ")}]`, s.producer]),
        [1],
      ),
    );
    const rest = report.spaces.length - shown.length;
    if (rest > 0) lines.push(dim(`  … and ${rest} between these: --json lists them all`));
  }
  lines.push("", bold(`Derivative of ${d.to} with respect to ${d.from}`));
  const isRounded = d.nodes.some((node) => node.derivative === "straight");
  const exact = isRounded
    ? "  exact, but for rounding to reduced precision, which counts as the identity"
    : "  exact";
  lines.push(d.differentiable ? exact : `  not available: ${escapeControls(d.problem ?? "")}`);
  for (const [operator, counts] of Object.entries(d.operators)) {
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    lines.push(
      `  ${escapeControls(operator).padEnd(24)} ${parts.map(([kind, count]) => `${kind} ×${count}`).join(", ")}`,
    );
  }
  for (const node of d.nodes.filter((n) => n.derivative === "unsupported")) {
    lines.push(escapeControls(`  ${node.opType} "${node.node}" (node ${node.position}): ${node.reason}`));
  }
  return lines.join("\n");
}

const SHOWN = 40;

/** The first and the last of a long list. */
function abridged<T>(items: readonly T[]): readonly T[] {
  return items.length <= SHOWN ? items : [...items.slice(0, SHOWN / 2), ...items.slice(-SHOWN / 2)];
}

function port(p: PortReport): string[] {
  const shape = p.shape?.map((extent) => (extent === "" ? "?" : extent)).join(", ");
  return [p.name, p.type, shape === undefined ? "shape unknown" : `[${shape}]`];
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Items separated by commas, broken into indented lines. */
function wrapped(items: readonly string[], width: number): string {
  const lines = ["  "];
  items.forEach((item, i) => {
    const piece = i < items.length - 1 ? `${item}, ` : item;
    if (lines.at(-1)!.length + piece.length > width) lines.push("  ");
    lines[lines.length - 1] += piece;
  });
  return lines.map((line) => line.trimEnd()).join("\n");
}
