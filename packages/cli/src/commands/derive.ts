// vielbein derive: the derivative of a model as an ONNX file of its own.

import { encodeModel, jvp, prepare, vjp } from "@vielbein/onnx";
import { type Command, Option } from "commander";
import { addMapOptions, loadModel, type MapOptions } from "../model.ts";
import { writeWhole } from "../output.ts";
import { info, type Terminal } from "../terminal.ts";

interface DeriveOptions extends MapOptions {
  mode: "jvp" | "vjp";
  out: string;
  json?: boolean;
}

export function deriveCommand(program: Command, terminal: Terminal): void {
  addMapOptions(
    program
      .command("derive <model>")
      .summary("write the derivative as an ONNX file")
      .description(
        "Writes an ONNX model that computes the value and J·t for k tangents (--mode jvp), or Jᵀ·u for k cotangents (--mode vjp). It runs on any ONNX Runtime, in any language, without Vielbein.",
      ),
  )
    .addOption(new Option("--mode <mode>", "forward or reverse").choices(["jvp", "vjp"]).default("jvp"))
    .requiredOption("--out <file.onnx>", "file to write")
    .option("--json", "names and shapes of the inputs and outputs as JSON on stdout")
    .action(async (argument: string, options: DeriveOptions) => {
      const loaded = await loadModel(argument, options);
      const graph = await prepare(loaded.model, loaded.runtime, {
        ...(options.from === undefined ? {} : { from: options.from }),
        ...(options.to === undefined ? {} : { to: options.to }),
        inputs: loaded.inputs,
      });
      const { model } = options.mode === "jvp" ? jvp(graph) : vjp(graph);
      const bytes = encodeModel(model);
      await writeWhole(options.out, bytes);
      info(terminal, `wrote ${options.out}`);
      if (!options.json) return;
      const { inputs, outputs } = model.graph;
      const port = ({ name, shape }: (typeof inputs)[number]) => ({ name, shape });
      const document = { out: options.out, inputs: inputs.map(port), outputs: outputs.map(port) };
      terminal.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    });
}
