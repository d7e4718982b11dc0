// Why sections do not apply to a model.

import { named } from "./words.ts";
import type { Workbench } from "./workbench.ts";

export function derivativeProblem({ subject }: Workbench): string | undefined {
  if (subject.problem === undefined) return undefined;
  return "The derivative of this model is not available, for the reason that the first section gives.";
}

/** Of what counts directions. */
export function singleDirection(bench: Workbench): string | undefined {
  const { from } = bench.subject;
  const problem = derivativeProblem(bench);
  if (problem !== undefined || from.dim > 1) return problem;
  return `The code ${named(from.name)} is a single number, so there is one direction and nothing to count.`;
}

/** Of what compares directions with each other, which takes several. */
export function tooFewDirections(bench: Workbench): string | undefined {
  const { code } = bench.subject;
  const problem = derivativeProblem(bench);
  if (problem !== undefined) return problem;
  if (code.dim > 1) return undefined;
  return `The code ${named(code.name)} is a single number, so there is one direction and nothing to compare.`;
}
