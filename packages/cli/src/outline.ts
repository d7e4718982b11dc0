// What the program says of itself before any command is loaded.

import { Command } from "commander";
import { addTitle } from "./kit/title.ts";
import { version } from "./kit/version.ts";
import { listings } from "./listings.ts";

/** The program without its commands. */
export function outline(): Command {
  return new Command("vielbein")
    .description("The local geometry of any ONNX generator: exact Jacobians, local bases, traversals.")
    .version(version)
    .option("--quiet", "no progress and no remarks on stderr")
    .option("--verbose", "stack traces with errors")
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("before", examples)
    .addHelpText("after", exitCodes);
}

/** What `--version` and `--help` print where nothing else is asked; undefined for all that needs a command. */
export function answer(argv: readonly string[]): string | undefined {
  if (argv.length !== 1) return undefined;
  if (["-V", "--version"].includes(argv[0]!)) return `${version}\n`;
  return ["-h", "--help"].includes(argv[0]!) ? help() : undefined;
}

function help(): string {
  const parts: string[] = [];
  const program = outline().configureOutput({ writeOut: (text) => parts.push(text) });
  for (const listing of listings) addTitle(program, listing);
  program.outputHelp();
  return parts.join("");
}

const examples = `Examples:
  vielbein inspect generator.onnx
  vielbein basis generator.onnx --samples 8 --out bases.npz
  vielbein traverse generator.onnx --directions 0-4 --range 3 --out sheet.png
  vielbein sefa generator.onnx --from w --out sefa.safetensors --html pages
  vielbein edit generator.onnx --from w --directions sefa.safetensors --edit "2*d0 - d3"
  vielbein explore generator.onnx
  vielbein traverse sample                (the embedded generator of cartoon faces)
  vielbein flipd sample-denoiser --points sample-pictures --sigma 0.2,0.5
`;

const exitCodes = `
Exit status: 0 done, 2 wrong usage, 65 bad model or input, 66 missing file, 69 engine unavailable,
70 numerical failure, 73 cannot write, 75 try again with more resources, 130 interrupted.`;
