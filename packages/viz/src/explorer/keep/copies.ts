// What a picture is made of, as a command line and as code.

import type { Edit } from "../code.ts";
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
  readonly latent: Float32Array;
  /** Of files that are saved from the page. */
  fileOf(edit: NamedEdit): string;
}

/** The command that draws the picture; it reads the files that the page saves. */
export function commandFor({ model, seed, truncation, isMoved, edits, fileOf }: Subject): string {
  const moved = edits.filter(({ edit }) => edit.steps.some((t) => t !== 0));
  const pulled = truncation === 1 ? "" : ` --truncation ${truncation}`;
  const start = [isMoved ? "--points code.npy" : `--seed ${seed}${pulled}`];
  const ends = [`--from ${quoted(model.from.name)}`, `--to ${quoted(model.tos.at(-1)?.name ?? "")}`];
  if (moved.length === 0) return ["vielbein basis", quoted(model.name), ...ends, ...start].join(" ");
  const isOne = moved.length === 1;
  const files = moved.map((each) => quoted(isOne ? fileOf(each) : `${each.kind}=${fileOf(each)}`));
  const terms = moved.flatMap(({ kind, edit: { set, steps, lengths } }) =>
    steps.flatMap((t, k) => {
      const name = isOne ? set.names[k] : `${kind}_${set.names[k]}`;
      return t === 0 ? [] : [`${Number((t * lengths[k]).toPrecision(6))}*${name}`];
    }),
  );
  const expression = terms.join(" + ").replaceAll("+ -", "- ");
  return [
    ...["vielbein edit", quoted(model.name), ...ends, ...start],
    `--directions-in ${files.join(" ")}`,
    `--edit "${expression}"`,
    "--out edited.png",
  ].join(" ");
}

/** TypeScript that computes the output behind the picture. */
export function codeFor({ model, latent }: Pick<Subject, "model" | "latent">): string {
  const text = (value: string): string => JSON.stringify(value);
  return `import { readFile } from "node:fs/promises";
import { decodeModel, OnnxMap } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";

const model = decodeModel(await readFile(${text(model.name)}));
const map = await OnnxMap.create(model, new NodeRuntime(), { from: ${text(model.from.name)}, to: ${text(model.tos.at(-1)?.name ?? "")} });
const bytes = Buffer.from(${text(writeFloats(latent))}, "base64url");
const code = new Float32Array(new Uint8Array(bytes).buffer);
const output = await map.evaluate(code, 1); // ${model.tos.at(-1)?.shape.join(" × ")}
await map.dispose();
`;
}

function quoted(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `"${word.replaceAll(/["\\$`]/g, "\\$&")}"`;
}
