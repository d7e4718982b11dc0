// vielbein convert: a checkpoint as an ONNX file.

import { fromCheckpoint } from "@vielbein/checkpoints";
import { encodeModel } from "@vielbein/onnx";
import { readModelFile } from "@vielbein/runtime-node";
import { sha256 } from "../inputs/model.ts";
import { checkpointChoices, checkpointOptions } from "../inputs/model-file.ts";
import { number } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { output } from "../kit/command-files.ts";
import { defined } from "../kit/defined.ts";
import { flag, option, required } from "../kit/options.ts";
import { writeNamed } from "../kit/output.ts";
import { info } from "../kit/terminal.ts";
import { version } from "../kit/version.ts";

export const convert = command({
  argument: "<model>",
  description:
    "Reads a checkpoint (safetensors, PyTorch, NVIDIA's pickles, Keras, TensorFlow.js), recognises its architecture and writes the generator as an ONNX model. Nothing in the file is executed. Every other command takes the checkpoint as it is.",
  options: {
    ...checkpointOptions,
    truncation: option(
      "--truncation <psi>",
      "constant in the file: w moves to the mean that the checkpoint has, 1 not at all",
      number(0, 2),
    ),
    float16: flag("--float16", "store weights as float16: half the size, computed with as float32"),
    licence: option("--licence <text>", "of the weights, for the file's metadata"),
    out: required(output("-o, --out <file.onnx>", "file to write")),
    json: flag("--json", "architecture, inputs, spaces and hash of the checkpoint as JSON on stdout"),
  },
  async run({ model: argument, options, terminal }) {
    const { out, licence, float16, truncation } = options;
    const { name, bytes, readExternal } = await readModelFile(argument);
    const file = { name, bytes, readBeside: readExternal };
    const choices = { ...checkpointChoices(options), truncation, float16 };
    const { model, architecture, remarks } = await fromCheckpoint(file, choices);
    for (const text of remarks) info(terminal, text);
    const source = { file: name, sha256: sha256(bytes) };
    const stated = defined({ "vielbein.licence": licence, "vielbein.checkpoint": JSON.stringify(source) });
    const metadata = new Map([...model.metadata, ...Object.entries(stated)]);
    const written = { ...model, producerVersion: version, metadata };
    await writeNamed(out, () => encodeModel(written), terminal);
    const { inputs, valueInfo, outputs } = model.graph;
    const spaces = [...inputs, ...valueInfo, ...outputs].map(({ name: space, shape }) => ({
      name: space,
      shape,
    }));
    return {
      json: () => ({ out, checkpoint: source, architecture, metadata: Object.fromEntries(metadata), spaces }),
    };
  },
});
