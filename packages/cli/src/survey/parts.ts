// The job of a part: that of the command line which the plan states, typed in the folder of the survey.

import { isDeepStrictEqual } from "node:util";
import { type Provenance, VielbeinError } from "@vielbein/core";
import { defined } from "../kit/defined.ts";
import type { OpenJob } from "../kit/rows-command.ts";
import type { Task } from "../kit/task.ts";
import type { Terminal } from "../kit/terminal.ts";
import { methodOf } from "./methods.ts";
import { type Part, type Plan, type PlannedPart, plannedPart } from "./plan.ts";

/** What a part is opened with. A survey finishes the point at hand, so nothing in it is interrupted. */
export type Opening = Pick<Task<unknown>, "terminal" | "use">;

/** The words of the command line, after the name of the method and MODEL. */
function wordsOf({ method, layer }: PlannedPart): readonly string[] {
  return [...method.words, ...layer.words];
}

/**
 * Opens the job of a part, from the folder of the survey as the working directory.
 *
 * @throws {VielbeinError} `INVALID_FILE` where the job is not the one that was planned, because a file is another now;
 *   what opening throws.
 */
export async function openPart(plan: Plan, part: Part, { terminal, use }: Opening): Promise<OpenJob> {
  const planned = plannedPart(plan, part);
  const { argument } = planned.model;
  const task = { model: argument, terminal, signal: new AbortController().signal, use };
  const job = await methodOf(planned.method.name).open(task, wordsOf(planned));
  requirePlanned(plan, part, job.provenance);
  return job;
}

/** A terminal for what was said when the survey was planned. */
export function quietly(terminal: Terminal): Terminal {
  return { ...terminal, quiet: true };
}

/** What the provenance of a part must be: that of the first model, with the file that the plan states for its own. */
export function provenanceOfPart(plan: Plan, part: Part): Provenance {
  const { model, layer } = plannedPart(plan, part);
  const { label, sha256, opset, architecture, remarks } = model;
  return {
    ...layer.provenance,
    model: { file: label, sha256, opset, ...defined({ architecture, remarks }) },
  };
}

function requirePlanned(plan: Plan, part: Part, found: Provenance): void {
  const { model, method } = plannedPart(plan, part);
  const difference = differenceFromPlan(plan, part, found);
  if (!difference) return;
  const { name, was, is } = difference;
  throw new VielbeinError(
    "INVALID_FILE",
    `${method.name} of "${model.argument}": the plan states its ${name} as ${was}, and it is ${is}. Put the files back as they were, or plan another survey.`,
  );
}

/** The first entry of a provenance that is not as planned, as JSON. */
export function differenceFromPlan(
  plan: Plan,
  part: Part,
  found: Provenance,
): Readonly<Record<"name" | "was" | "is", string>> | undefined {
  const { model } = plannedPart(plan, part);
  const was = asJson(provenanceOfPart(plan, part));
  const is = asJson({ ...found, model: { ...found.model, file: model.label } });
  const name = Object.keys({ ...was, ...is }).find((key) => !isDeepStrictEqual(was[key], is[key]));
  return name === undefined
    ? undefined
    : { name, was: JSON.stringify(was[name]), is: JSON.stringify(is[name]) };
}

function asJson(provenance: Provenance): Record<string, unknown> {
  return JSON.parse(JSON.stringify(provenance));
}
