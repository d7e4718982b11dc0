// vielbein derive: a derivative of a model as an ONNX file of its own.

import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { encodeModel, hvp, jvp, type Model, type PreparedGraph, prepare, vjp } from "@vielbein/onnx";
import { type Command, Option } from "commander";
import { addMapOptions, type LoadedModel, loadModel, type MapOptions } from "../inputs/model.ts";
import { spanOf } from "../inputs/prepared.ts";
import { OutputOption } from "../kit/command-files.ts";
import { writeWhole } from "../kit/output.ts";
import { info, print, type Terminal } from "../kit/terminal.ts";

type Mode = "jvp" | "vjp" | "hvp";

interface DeriveOptions extends MapOptions {
  mode: Mode;
  out: string;
  weights: "inline" | "reference";
  portable?: boolean;
  json?: boolean;
}

export function deriveCommand(program: Command, terminal: Terminal): void {
  addMapOptions(
    program
      .command("derive <model>")
      .summary("write a derivative as an ONNX file")
      .description(
        "Writes an ONNX model that computes the value and J·t for k tangents (--mode jvp), the value and Jᵀ·u for k cotangents (--mode vjp), or the gradient of uᵀf and its Hessian times k tangents (--mode hvp). It runs on any ONNX Runtime, in any language, without Vielbein.",
      ),
  )
    .addOption(
      new Option("--mode <mode>", "forward, reverse, or second order")
        .choices(["jvp", "vjp", "hvp"])
        .default("jvp"),
    )
    .addOption(new OutputOption("-o, --out <file.onnx>", "file to write").makeOptionMandatory())
    .addOption(
      new Option(
        "--weights <where>",
        "copied into the file, or read from MODEL, which then must lie beside it",
      )
        .choices(["inline", "reference"])
        .default("inline"),
    )
    .option("--portable", "only operators that every engine runs on its accelerator (WebGPU)")
    .option("--json", "names and shapes of the inputs and outputs as JSON on stdout")
    .action(async (argument: string, options: DeriveOptions) => {
      const loaded = await loadModel(argument, options, terminal);
      const graph = await prepare(loaded.model, loaded.runtime, spanOf(loaded, options));
      const model = await derivative(options.mode, graph, loaded, options.portable ?? false);
      if (options.weights === "reference") await requireBeside(options.out, loaded);
      const bytes = encodeModel(model, { weights: options.weights });
      await writeWhole(options.out, bytes, terminal);
      info(terminal, `wrote ${options.out}`);
      if (!options.json) return;
      const { inputs, outputs } = model.graph;
      const port = ({ name, shape }: (typeof inputs)[number]) => ({ name, shape });
      const document = { out: options.out, inputs: inputs.map(port), outputs: outputs.map(port) };
      print(terminal, document);
    });
}

async function derivative(
  mode: Mode,
  graph: PreparedGraph,
  { runtime }: LoadedModel,
  portable: boolean,
): Promise<Model> {
  if (mode === "hvp") return (await hvp(graph, runtime, { portable })).model;
  return (mode === "jvp" ? jvp : vjp)(graph, { portable }).model;
}

/** External data is found relative to the file that refers to it, and only in or below its folder. */
async function requireBeside(out: string, { file, folder }: LoadedModel): Promise<void> {
  const isThere = await stat(join(folder, file)).then(
    (there) => there.isFile(),
    () => false,
  );
  if (!isThere) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--weights reference: the model comes through a pipe (${file}), so there is no file to read weights from. Name its file, or copy the weights (--weights inline).`,
    );
  }
  const target = await realpath(dirname(out)).catch(() => undefined);
  // A folder that does not exist is reported when writing.
  if (target === undefined || target === (await realpath(folder))) return;
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `--weights reference: the derivative reads its weights from "${file}" and must lie in the same folder; "${out}" does not. Write it there, or copy the weights (--weights inline).`,
  );
}
