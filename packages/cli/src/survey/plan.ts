// The plan of a survey: models, methods with their options as they are typed, points and shards. It is written once; its
// hash names the survey, and whatever is computed belongs to that name.

import { createHash } from "node:crypto";
import { type Provenance, VielbeinError } from "@vielbein/core";
import { version } from "../kit/version.ts";
import type { SurveyFolder } from "./folder.ts";
import { readIfThere } from "./reading.ts";

/** One network; several are checkpoints of a training run, or others that have the same layers. */
export interface PlannedModel {
  /** The argument MODEL, from the folder of the survey. */
  readonly argument: string;
  /** What tables call it. */
  readonly label: string;
  readonly sha256: string;
  readonly opset: number;
  /** Name and version, where it is a checkpoint. */
  readonly architecture?: string | undefined;
  /** What was assumed of it. */
  readonly remarks?: readonly string[] | undefined;
  /** Its place on the axis. */
  readonly at?: number | undefined;
}

/** A column of vectors or matrices that is kept: an array of the store. */
export interface PlannedArray {
  /** `singular_values`; in the store `METHOD_singular_values`. */
  readonly column: string;
  readonly dtype: "f4" | "f8";
  /** Of a cell, the largest of all layers. */
  readonly shape: readonly number[];
}

/** One method at one layer: the rows of one command line. */
export interface PlannedLayer {
  readonly name: string;
  readonly dim: number;
  /** What the command line is followed by to end here. */
  readonly words: readonly string[];
  /** Of the first model. */
  readonly provenance: Provenance;
  /** Shapes of the cells that go into arrays. */
  readonly cells: Readonly<Record<string, readonly number[]>>;
}

export interface PlannedMethod {
  readonly name: string;
  /** Options as they are typed, in the folder of the survey. */
  readonly words: readonly string[];
  /** Points or pairs. */
  readonly total: number;
  readonly shardSize: number;
  readonly layers: readonly PlannedLayer[];
  /** Columns of the table, less the name of the method. */
  readonly columns: readonly string[];
  readonly arrays: readonly PlannedArray[];
}

export interface Plan {
  readonly format: 1;
  /** Program and version. */
  readonly tool: string;
  readonly models: readonly PlannedModel[];
  /** What the models differ in. */
  readonly axis?: string | undefined;
  readonly methods: readonly PlannedMethod[];
}

/** A plan, and the name that its content gives it. */
export interface NamedPlan extends Plan {
  readonly id: string;
}

/** One model by one method at one layer: positions in the plan. */
export interface Part {
  readonly model: number;
  readonly method: number;
  readonly layer: number;
}

/** What is at the positions of a part. */
export interface PlannedPart {
  readonly model: PlannedModel;
  readonly method: PlannedMethod;
  readonly layer: PlannedLayer;
}

export function plannedPart(plan: Pick<Plan, "models" | "methods">, part: Part): PlannedPart {
  const model = plan.models[part.model];
  const method = plan.methods[part.method];
  const layer = method?.layers[part.layer];
  if (model && method && layer) return { model, method, layer };
  throw new Error(`The plan has no part ${JSON.stringify(part)}.`);
}

/** The seed of the points of a method. */
export function seedOf({ layers }: PlannedMethod): number {
  const points = layers[0]?.provenance.points;
  return points && "seed" in points ? points.seed : 0;
}

/** This program, as plans state it. */
export const TOOL: string = `vielbein ${version}`;

/** The plan with its name. */
export function namePlan(plan: Plan): NamedPlan {
  return { id: idOf(plan), ...plan };
}

/** The text of the file. */
export function planText(plan: NamedPlan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}

/**
 * Reads the plan in a folder.
 *
 * @throws {VielbeinError} `MISSING_FILE` where there is none; `INVALID_FILE` where it was changed after it was written;
 *   `INVALID_ARGUMENT` where another version of the program made it.
 */
export async function readPlan(folder: SurveyFolder): Promise<NamedPlan> {
  const { id, ...plan } = parse(await readText(folder), folder);
  // What another version computes may differ in the last digit, or in more.
  if (plan.format !== 1 || plan.tool !== TOOL) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `"${folder.plan}" is a survey of ${JSON.stringify(plan.tool)}, and this is ${TOOL}. Continue it with that version, or plan another.`,
    );
  }
  if (id !== idOf(plan)) {
    throw new VielbeinError(
      "INVALID_FILE",
      `"${folder.plan}" was changed after it was written: its content does not have the hash ${JSON.stringify(id)}. What was computed belongs to the plan as it was: restore that, or plan another survey.`,
    );
  }
  return { id, ...plan };
}

async function readText(folder: SurveyFolder): Promise<string> {
  const bytes = await readIfThere(folder.plan);
  if (bytes) return bytes.toString();
  throw new VielbeinError(
    "MISSING_FILE",
    `"${folder.path}" is no survey: cannot read "${folder.plan}", which is not there. Make one with vielbein survey plan.`,
  );
}

function parse(text: string, folder: SurveyFolder): NamedPlan {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (cause) {
    throw new VielbeinError(
      "INVALID_FILE",
      `"${folder.plan}" is not JSON: it was changed after it was written. Restore it, or plan another survey.`,
      { cause },
    );
  }
  // The hash says the rest.
  return (typeof found === "object" && found !== null ? found : {}) as NamedPlan;
}

function idOf(plan: Plan): string {
  return createHash("sha256").update(JSON.stringify(plan)).digest("hex");
}
