// What a picture is made of, as a command line and as code.

import { formatSetting } from "@vielbein/core";
import type { Edit, LayerRange } from "../code.ts";
import type { DirectionKind, ExplorerModel } from "../engine.ts";
import { writeFloats } from "../float-text.ts";

/** The edits of a column that has some. */
export interface NamedEdit {
  readonly kind: DirectionKind;
  readonly edit: Edit;
}

export interface Subject {
  readonly model: ExplorerModel;
  readonly seed: number;
  readonly truncation: number;
  /** Whether the edits start at another code than the sample of the seed. */
  readonly isMoved: boolean;
  readonly edits: readonly NamedEdit[];
  /** The layers that they act on; all where it is absent. */
  readonly layers?: LayerRange | undefined;
  readonly latent: Float32Array;
  /** Of files that are saved from the page. */
  fileOf(edit: NamedEdit): string;
}

/** The command that draws the picture; it reads the files that the page saves. */
export function commandFor({ model, seed, truncation, isMoved, edits, layers, fileOf }: Subject): string {
  const moved = edits.filter(({ edit }) => edit.steps.some((t) => t !== 0));
  const pulled = truncation === 1 ? "" : ` --truncation ${truncation}`;
  const start = [isMoved ? "--points code.npy" : `--seed ${seed}${pulled}`];
  const named = [quoted(model.name), ...answersOf(model), ...openedWith(model)];
  const ends = [`--from ${quoted(model.from.name)}`, `--to ${quoted(model.tos.at(-1)?.name ?? "")}`];
  if (moved.length === 0) return ["vielbein basis", ...named, ...ends, ...start].join(" ");
  const isOne = moved.length === 1;
  const files = moved.map((each) => quoted(isOne ? fileOf(each) : `${each.kind}=${fileOf(each)}`));
  const terms = moved.flatMap(({ kind, edit: { set, steps, lengths } }) =>
    steps.flatMap((t, k) => {
      const name = isOne ? set.names[k] : `${kind}_${set.names[k]}`;
      return t === 0 ? [] : [`${Number((t * lengths[k]).toPrecision(6))}*${name}`];
    }),
  );
  const only = layers ? ` --layers ${layers.join("-")}` : "";
  const expression = terms.join(" + ").replaceAll("+ -", "- ");
  return [
    ...["vielbein edit", ...named, ...ends, ...start],
    `--directions-in ${files.join(" ")}`,
    `--edit "${expression}"${only}`,
    "--out edited.png",
  ].join(" ");
}

/** What a checkpoint does not say by itself, as options. */
function answersOf({ checkpoint = {} }: ExplorerModel): string[] {
  const given = Object.entries(checkpoint).filter(([, answer]) => answer !== undefined);
  return given.map(([name, answer]) => `--${name} ${quoted(String(answer))}`);
}

/** Extents of the axes that the file leaves open, and values of further inputs, as options. */
function openedWith({ extents, set }: ExplorerModel): string[] {
  const shape = Object.entries(extents).map(([axis, extent]) => `--shape ${quoted(`${axis}=${extent}`)}`);
  const values = Object.entries(set).map(
    ([name, value]) => `--set ${quoted(`${name}=${formatSetting(value)}`)}`,
  );
  return [...shape, ...values];
}

/** TypeScript that computes the output behind the picture. */
export function codeFor({ model, latent }: Pick<Subject, "model" | "latent">): string {
  const { name, from, tos, extents, set, checkpoint } = model;
  const isShaped = Object.keys(extents).length > 0;
  const isSet = Object.keys(set).length > 0;
  const imported = [
    !checkpoint && "decodeModel",
    isSet && "inputTensors",
    "OnnxMap",
    isShaped && "withShapes",
  ].filter((imports) => imports !== false);
  const read = checkpoint
    ? `(await fromCheckpoint({ name: ${literal(name)}, bytes }, ${literal(checkpoint)})).model`
    : "decodeModel(bytes)";
  const shapes = Object.entries(extents).map(([axis, extent]) => [axis, [extent]]);
  const ends = `from: ${literal(from.name)}, to: ${literal(tos.at(-1)?.name ?? "")}`;
  const inputs = isSet ? `, inputs: inputTensors(model, ${literal(set)})` : "";
  return `import { readFile } from "node:fs/promises";
${checkpoint ? 'import { fromCheckpoint } from "@vielbein/checkpoints";\n' : ""}import { ${imported.join(", ")} } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";

const bytes = await readFile(${literal(name)});
const model = ${isShaped ? `withShapes(${read}, new Map(${literal(shapes)}))` : read};
const map = await OnnxMap.create(model, new NodeRuntime(), { ${ends}${inputs} });
const buffer = Buffer.from(${literal(writeFloats(latent))}, "base64url");
const code = new Float32Array(new Uint8Array(buffer).buffer);
const output = await map.evaluate(code, 1); // ${tos.at(-1)?.shape.join(" × ")}
await map.dispose();
`;
}

/** Made of texts, numbers, integers of any size, and lists and records of them: a value as code writes it. */
export function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as unknown[], literal).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${entries.map(([name, part]) => `${keyOf(name)}:${literal(part)}`).join(",")}}`;
}

/** A name as the key of a record: `__proto__` is one in brackets alone. */
function keyOf(name: string): string {
  return name === "__proto__" ? '["__proto__"]' : JSON.stringify(name);
}

function quoted(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `"${word.replaceAll(/["\\$`]/g, "\\$&")}"`;
}
