// A section of a report: what it asks, how it is computed, and what is said of the numbers.

import type { Provenance } from "@vielbein/core";
import type { ReportTable } from "@vielbein/viz";
import type { Run, Workbench } from "./workbench.ts";

/** What a section found of one model. */
export interface Finding<N extends object> {
  /** All that the sentence, the facts and the tables are made of; JSON. */
  readonly numbers: N;
  /** SVG documents. */
  readonly figures: readonly string[];
  /** What was run for it, in order. */
  readonly runs: readonly Run<unknown>[];
}

/** A number of the page in short: what it is, and what it is here. */
type Fact = readonly [name: string, value: string];

export interface Section<N extends object> {
  /** Anchor on the page. */
  readonly id: string;
  readonly title: string;
  /** What it asks, for a reader who knows none of the papers. */
  readonly question: string;
  /** How the figure is read. */
  readonly reading: string;
  /** About how long it takes, as a share of the whole. */
  readonly share: number;
  /** Why it does not apply to a model; undefined where it does. */
  readonly absence?: (bench: Workbench) => string | undefined;
  /** @throws {NotApplicable} where that is found out on the way. */
  readonly compute: (bench: Workbench) => Promise<Finding<N>>;
  /** What is seen here: one sentence, from the numbers alone. */
  readonly sentence: (numbers: N) => string;
  readonly facts?: (numbers: N) => readonly Fact[];
  readonly tables?: (numbers: N) => readonly ReportTable[];
}

/** A section whose numbers are known to itself alone. */
export type AnySection = Section<object>;

export function section<N extends object>(definition: Section<N>): AnySection {
  return definition as unknown as AnySection;
}

/** A section has nothing to say of a model, which is no failure. */
export class NotApplicable extends Error {}

/** The provenance of the last run that has one; that of a comparison of files has no map and no points. */
export function provenanceOfRuns(runs: readonly Run<unknown>[]): Partial<Provenance> {
  return runs.findLast(({ document }) => document.provenance)?.document.provenance ?? {};
}
