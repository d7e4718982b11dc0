// The files of a command: options that name files to write, and options and arguments that name files to read. What
// stands against writing is found before any work begins, for all commands here.

import { fstatSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { checkpointFormat } from "@vielbein/checkpoints/format";
import { VielbeinError } from "@vielbein/core";
import { decodeModel, resolveExternalData } from "@vielbein/onnx";
import { readModelFile } from "@vielbein/runtime-node";
import { type Command, InvalidArgumentError } from "commander";
import { arrayPath } from "../inputs/array-files.ts";
import { TypedOption } from "./options.ts";
import { requireWritable, requireWritableFolder, standardStream, targetOf } from "./output.ts";

/** An option that names a file to write. `-` is stdout. */
export class OutputOption<T extends string | undefined = string | undefined> extends TypedOption<T> {
  /** The files that a value stands for. */
  async filesOf(value: string): Promise<readonly string[]> {
    return [value];
  }

  /** @throws {CannotWriteError} */
  async requireWritable(value: string): Promise<void> {
    for (const file of await this.filesOf(value)) await requireWritable(file);
  }
}

/** Parses file names that must end in one of `endings`, such as `.svg`; of stdout and devices no ending is asked. */
export function endingIn(...endings: readonly string[]): (text: string) => string {
  return (text) => {
    const isDevice = text === "-" || text.startsWith("/dev/");
    if (isDevice || endings.some((ending) => text.toLowerCase().endsWith(ending))) return text;
    throw new InvalidArgumentError(`Expected a file name that ends in ${endings.join(" or ")}.`);
  };
}

/** An option whose value, with several endings, names as many files to write. */
export class OutputPrefixOption extends OutputOption {
  readonly #endings: readonly string[];

  constructor(flags: string, description: string, endings: readonly string[]) {
    super(flags, description);
    this.#endings = endings;
  }

  override async filesOf(prefix: string): Promise<readonly string[]> {
    return this.#endings.map((ending) => prefix + ending);
  }
}

/** An option that names a folder to write files to whose names match. */
export class OutputFolderOption extends OutputOption {
  readonly #names: RegExp;

  constructor(flags: string, description: string, names: RegExp) {
    super(flags, description);
    this.#names = names;
  }

  /** Those that are there. */
  override async filesOf(folder: string): Promise<readonly string[]> {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => this.#names.test(name)).map((name) => join(folder, name));
  }

  override requireWritable(folder: string): Promise<void> {
    return requireWritableFolder(folder);
  }

  /** Whether a file to come may be one of those, or is in the folder's place. */
  async claims(folder: string, path: string): Promise<boolean> {
    const [place, file] = await Promise.all(
      [folder, path].map((each) => targetOf(each).catch(() => resolve(each))),
    );
    return place === file || (dirname(file!) === place && this.#names.test(basename(file!)));
  }
}

/** As {@link OutputOption}. */
export function output(flags: string, description: string): OutputOption {
  return new OutputOption(flags, description);
}

/**
 * An option that names files to read, as FILE, NAME=FILE or FILE.npz:NAME; those of a model may have data in further
 * files.
 */
export class InputOption<T = string | undefined> extends TypedOption<T> {
  readonly isModel: boolean;
  /** The file that a value names, whether it is there or not. */
  fileIn: (value: string) => NamedFile | undefined = (value) => ({ start: 0, path: arrayPath(value).path });

  constructor(flags: string, description: string, kind: "file" | "model" = "file") {
    super(flags, description);
    this.isModel = kind === "model";
  }

  /** States which values name files; else all do. */
  naming(fileIn: (value: string) => NamedFile | undefined): this {
    this.fileIn = fileIn;
    return this;
  }
}

/** A file in the value of an option, and where its path begins there. */
export interface NamedFile {
  readonly start: number;
  readonly path: string;
}

/** As {@link InputOption}. */
export function input(flags: string, description: string, kind?: "file" | "model"): InputOption {
  return new InputOption(flags, description, kind);
}

/** A file as a message names it, and what tells it from others whatever it is called. */
interface Place {
  /** The option or argument. */
  readonly by: string;
  readonly path: string;
  /** Undefined of a device, which any number of options may share. */
  readonly identity: string | undefined;
}

/**
 * Checks what the options of a command name to write before it begins: no two are one file, none is a file that the
 * command reads, and all can be written.
 *
 * @returns whether one of them is stdout.
 * @throws {VielbeinError} `INVALID_ARGUMENT`, {CannotWriteError}
 */
export async function checkOutputs(command: Command): Promise<boolean> {
  const options = command.options.filter((option) => option instanceof OutputOption);
  const named = options.flatMap((option) => {
    const value: string | undefined = command.getOptionValue(option.attributeName());
    return value === undefined ? [] : [{ option, value }];
  });
  const outputs: Place[] = [];
  for (const { option, value } of named) {
    if (value === "-" && (await option.filesOf(value))[0] !== value) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `${option.long}: writes several files, which stdout cannot take. Name it otherwise than "-".`,
      );
    }
    for (const path of await option.filesOf(value)) outputs.push(await placeOf(option.long!, path));
  }
  requireDistinct([...redirected(), ...outputs]);
  for (const { option, value } of named) {
    if (option instanceof OutputFolderOption) await requireOutside(option, value, outputs);
  }
  const isOnStdout = outputs.some(({ identity }) => identity === "stdout");
  if (isOnStdout && command.getOptionValue("json")) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--json: the document and a file cannot both go to stdout. Name a file instead of "-", or leave out --json.`,
    );
  }
  await requireNoInput(command, outputs);
  for (const { option, value } of named) await option.requireWritable(value);
  return isOnStdout;
}

/** stdout, where the shell has made it a file. */
function redirected(): Place[] {
  try {
    const there = fstatSync(1, { bigint: true });
    const { dev, ino } = there;
    return there.isFile() ? [{ by: "stdout", path: "stdout", identity: `${dev}:${ino}` }] : [];
  } catch {
    return [];
  }
}

function requireDistinct(places: readonly Place[]): void {
  const seen = new Map<string, Place>();
  for (const place of places) {
    if (place.identity === undefined) continue;
    const other = seen.get(place.identity);
    if (other) {
      throw new VielbeinError(
        "INVALID_ARGUMENT",
        `${place.by}: "${place.path}" is what ${other.by} writes to. Name another file.`,
      );
    }
    seen.set(place.identity, place);
  }
}

/** Files that another option writes must not be among those that a folder is to hold. */
async function requireOutside(
  option: OutputFolderOption,
  folder: string,
  outputs: readonly Place[],
): Promise<void> {
  for (const { by, path } of outputs) {
    if (by === option.long || !(await option.claims(folder, path))) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${by}: "${path}" may be what ${option.long} writes to. Name another file.`,
    );
  }
}

/** What is not there yet is no input, so inputs are looked for only where something would be replaced. */
async function requireNoInput(command: Command, outputs: readonly Place[]): Promise<void> {
  const byIdentity = new Map(outputs.map((place) => [place.identity, place]));
  const there = await Promise.all(
    outputs.map(({ path }) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!there.includes(true)) return;
  for (const input of await inputsOf(command)) {
    const output = input.identity === undefined ? undefined : byIdentity.get(input.identity);
    if (!output) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `${output.by}: "${output.path}" is what ${input.by} reads. Name another file.`,
    );
  }
}

/** Names of arguments that may be models. */
const MODELS: readonly string[] = ["model", "models", "cloud"];

async function inputsOf(command: Command): Promise<Place[]> {
  const inputs: Place[] = [];
  const add = async (by: string, path: string, isModel: boolean): Promise<void> => {
    // stdin.
    if (path === "-") return;
    const files = isModel ? [path, ...(await externalFiles(path))] : [path];
    for (const file of files) inputs.push(await placeOf(by, file));
  };
  const [argument] = command.registeredArguments;
  for (const path of command.args) {
    await add(argument!.name().toUpperCase(), arrayPath(path).path, MODELS.includes(argument!.name()));
  }
  for (const option of command.options) {
    if (!(option instanceof InputOption)) continue;
    for (const text of textsIn(command.getOptionValue(option.attributeName()))) {
      await add(option.long!, text, option.isModel);
      await add(option.long!, arrayPath(text.slice(text.indexOf("=") + 1)).path, false);
    }
  }
  return inputs;
}

/** All texts in an option's value, whatever was made of it. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Files beside a model that are read with it, such as those of its weights; none where it cannot be read, which the command will say. */
async function externalFiles(path: string): Promise<string[]> {
  const files: string[] = [];
  try {
    if (!(await stat(path)).isFile()) return [];
    const { bytes, name, readExternal } = await readModelFile(path);
    if (checkpointFormat(bytes) !== undefined) {
      const { fromCheckpoint } = await import("@vielbein/checkpoints");
      const readBeside = (location: string) => {
        files.push(join(dirname(path), location));
        return readExternal(location);
      };
      await fromCheckpoint({ name, bytes, readBeside });
      return files;
    }
    await resolveExternalData(decodeModel(bytes, name), async (location) => {
      const file = join(dirname(path), location);
      files.push(file);
      return new Uint8Array((await stat(file)).size);
    });
  } catch {
    // As far as it went.
  }
  return files;
}

async function placeOf(by: string, path: string): Promise<Place> {
  return { by, path, identity: await identityOf(path).catch(() => undefined) };
}

async function identityOf(path: string): Promise<string | undefined> {
  const stream = standardStream(path);
  if (stream) return stream;
  try {
    const there = await stat(path, { bigint: true });
    return there.isCharacterDevice() ? undefined : `${there.dev}:${there.ino}`;
  } catch {
    return targetOf(path);
  }
}
