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
  const named = [quoted(model.name), ...answersOf(model)];
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
  const expression = terms.join(" + ").replaceAll("+ -", "- ");
  return [
    ...["vielbein edit", ...named, ...ends, ...start],
    `--directions-in ${files.join(" ")}`,
    `--edit "${expression}"`,
    "--out edited.png",
  ].join(" ");
}

/** What a checkpoint does not say by itself, as options. */
function answersOf({ checkpoint = {} }: ExplorerModel): string[] {
  const given = Object.entries(checkpoint).filter(([, answer]) => answer !== undefined);
  return given.map(([name, answer]) => `--${name} ${quoted(String(answer))}`);
}

/** TypeScript that computes the output behind the picture. */
export function codeFor({ model, latent }: Pick<Subject, "model" | "latent">): string {
  const text = (value: string): string => JSON.stringify(value);
  const name = text(model.name);
  const [reader, read] = model.checkpoint
    ? [
        'import { fromCheckpoint } from "@vielbein/checkpoints";\nimport { OnnxMap } from "@vielbein/onnx";',
        `const bytes = await readFile(${name});\nconst { model } = await fromCheckpoint({ name: ${name}, bytes }, ${JSON.stringify(model.checkpoint)});`,
      ]
    : [
        'import { decodeModel, OnnxMap } from "@vielbein/onnx";',
        `const model = decodeModel(await readFile(${name}));`,
      ];
  return `import { readFile } from "node:fs/promises";
${reader}
import { NodeRuntime } from "@vielbein/runtime-node";

${read}
const map = await OnnxMap.create(model, new NodeRuntime(), { from: ${text(model.from.name)}, to: ${text(model.tos.at(-1)?.name ?? "")} });
const buffer = Buffer.from(${text(writeFloats(latent))}, "base64url");
const code = new Float32Array(new Uint8Array(buffer).buffer);
const output = await map.evaluate(code, 1); // ${model.tos.at(-1)?.shape.join(" × ")}
await map.dispose();
`;
}

function quoted(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `"${word.replaceAll(/["\\$`]/g, "\\$&")}"`;
}
