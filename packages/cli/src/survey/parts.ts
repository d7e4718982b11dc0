// The job of a part: that of the command line which the plan states, typed in the folder of the survey.

import { isDeepStrictEqual } from "node:util";
import { type Provenance, VielbeinError } from "@vielbein/core";
import type { OpenJob } from "../kit/rows-command.ts";
import type { Task } from "../kit/task.ts";
import type { Terminal } from "../kit/terminal.ts";
import { methodOf } from "./methods.ts";
import type { Plan } from "./plan.ts";
import type { Part } from "./shards.ts";

/** What a part is opened with. A survey finishes the point at hand, so nothing in it is interrupted. */
export type Opening = Pick<Task<unknown>, "terminal" | "use">;

/** The words of the command line, after the name of the method and MODEL. */
function wordsOf(plan: Pick<Plan, "methods">, { method, layer }: Part): readonly string[] {
  const { words, layers } = plan.methods[method]!;
  return [...words, ...layers[layer]!.words];
}

/**
 * Opens the job of a part, from the folder of the survey as the working directory.
 *
 * @throws {VielbeinError} `INVALID_FILE` where the job is not the one that was planned, because a file is another now;
 *   what opening throws.
 */
export async function openPart(plan: Plan, part: Part, { terminal, use }: Opening): Promise<OpenJob> {
  const { argument } = plan.models[part.model]!;
  const method = methodOf(plan.methods[part.method]!.name);
  const task = { model: argument, terminal, signal: new AbortController().signal, use };
  const job = await method.open(task, wordsOf(plan, part));
  requirePlanned(plan, part, job.provenance);
  return job;
}

/** A terminal for what was said when the survey was planned. */
export function quietly(terminal: Terminal): Terminal {
  return { ...terminal, quiet: true };
}

/** What the provenance of a part must be: that of the first model, with the file that the plan states for its own. */
export function provenanceOfPart(plan: Plan, { model, method, layer }: Part): Provenance {
  const { label, sha256, opset } = plan.models[model]!;
  const { provenance } = plan.methods[method]!.layers[layer]!;
  return { ...provenance, model: { file: label, sha256, opset } };
}

function requirePlanned(plan: Plan, part: Part, found: Provenance): void {
  const planned = provenanceOfPart(plan, part);
  const { model } = found;
  const was = asJson(planned);
  const is = asJson({ ...found, model: { ...model, file: planned.model.file } });
  if (isDeepStrictEqual(was, is)) return;
  const name = Object.keys({ ...was, ...is }).find((key) => !isDeepStrictEqual(was[key], is[key]))!;
  throw new VielbeinError(
    "INVALID_FILE",
    `${plan.methods[part.method]!.name} of "${plan.models[part.model]!.argument}": the plan states its ${name} as ${JSON.stringify(was[name])}, and it is ${JSON.stringify(is[name])}. Put the files back as they were, or plan another survey.`,
  );
}

function asJson(provenance: Provenance): Record<string, unknown> {
  return JSON.parse(JSON.stringify(provenance));
}
