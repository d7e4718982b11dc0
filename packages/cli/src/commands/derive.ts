// vielbein derive: a derivative of a model as an ONNX file of its own.

import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { VielbeinError } from "@vielbein/core";
import {
  encodeModel,
  gaussNewton,
  hvp,
  jvp,
  type Model,
  type PreparedGraph,
  prepare,
  vjp,
} from "@vielbein/onnx";
import { type LoadedModel, loadModel, mapOptions } from "../inputs/model.ts";
import { spanOf } from "../inputs/prepared.ts";
import { command } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { choice, flag, type OptionsOf, required } from "../kit/options.ts";
import { writeNamed } from "../kit/output.ts";

const MODES = ["jvp", "vjp", "hvp", "gauss-newton"] as const;

const options = {
  ...mapOptions,
  mode: choice(
    "--mode <mode>",
    "forward, reverse, second order, or forward and reverse in one",
    MODES,
    "jvp",
  ),
  out: required(output("-o, --out <file.onnx>", "file to write")),
  weights: choice(
    "--weights <where>",
    "copied into the file, or read from MODEL, which then must lie beside it",
    ["inline", "reference"],
    "inline",
  ),
  diagonal: flag(
    "--diagonal",
    "--mode gauss-newton: JᵀDJ·t, with the diagonal D of weights of the output's elements as a further input",
  ),
  portable: flag("--portable", "use only operators that every engine runs on its accelerator (WebGPU)"),
  json: flag("--json", "names and shapes of the inputs and outputs as JSON on stdout"),
};

type DeriveOptions = OptionsOf<typeof options>;

export const derive = command({
  argument: "<model>",
  description:
    "Writes an ONNX model that computes the value and J·t for k tangents (--mode jvp), the value and Jᵀ·u for k cotangents (--mode vjp), the gradient of uᵀf and its Hessian times k tangents (--mode hvp), or the value and JᵀJ·t for k tangents (--mode gauss-newton). It runs on any ONNX Runtime, in any language, without Vielbein.",
  options,
  async run({ model, options, terminal }) {
    const { mode, out, weights } = options;
    if (options.diagonal && mode !== "gauss-newton") {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `--diagonal goes with --mode gauss-newton, got --mode ${mode}. Leave it out, or choose that mode.`,
      );
    }
    const loaded = await loadModel(model, options, terminal);
    const graph = await prepare(loaded.model, loaded.runtime, spanOf(loaded, options));
    const derived = await derivative(graph, loaded, options);
    if (weights === "reference") await requireBeside(out, loaded);
    await writeNamed(out, () => encodeModel(derived, { weights }), terminal);
    const { inputs, outputs } = derived.graph;
    const port = ({ name, shape }: (typeof inputs)[number]) => ({ name, shape });
    return { json: () => ({ out, inputs: inputs.map(port), outputs: outputs.map(port) }) };
  },
});

async function derivative(
  graph: PreparedGraph,
  { runtime }: LoadedModel,
  { mode, portable, diagonal }: DeriveOptions,
): Promise<Model> {
  if (mode === "hvp") return (await hvp(graph, runtime, { portable })).model;
  if (mode === "gauss-newton") return gaussNewton(graph, { portable, diagonal }).model;
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
