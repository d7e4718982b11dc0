// Computes the parts of a report one after another. What fails is noted in its place, and the rest goes on.

import type { Provenance } from "@vielbein/core";
import { spacesText } from "../../kit/names.ts";
import { donePart, type ReportDocument, type ReportPart } from "./document.ts";
import type { ReportProgress } from "./progress.ts";
import { type AnySection, NotApplicable, provenanceOfRuns } from "./section.ts";
import { SECTIONS } from "./sections.ts";
import type { Workbench } from "./workbench.ts";

/** A part that failed. */
export interface Failure {
  readonly title: string;
  readonly error: unknown;
}

interface Report {
  readonly document: ReportDocument;
  readonly benches: readonly Workbench[];
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
  /** Keeps what there is, after each part. */
  readonly save: () => Promise<void>;
}

/**
 * Computes the parts that are pending, in place.
 *
 * @returns those that failed.
 * @throws the reason of the abort, the part at hand being pending still; what `save` throws.
 */
export async function computeParts({
  document,
  benches,
  progress,
  signal,
  save,
}: Report): Promise<Failure[]> {
  const failures: Failure[] = [];
  const partsOf = ({ id }: AnySection) => document.sections.find((one) => one.id === id)?.parts ?? [];
  for (const section of SECTIONS) {
    progress.skip(section.share * partsOf(section).filter(({ status }) => status === "done").length);
  }
  for (const section of SECTIONS) {
    const parts = partsOf(section);
    for (const [model, bench] of benches.entries()) {
      if (parts[model]?.status === "done") continue;
      signal.throwIfAborted();
      progress.begin(section.title, section.share);
      const { part, error } = await computePart(section, bench, signal);
      parts[model] = part;
      if (error !== undefined) failures.push({ title: section.title, error });
      progress.end();
      await save();
      // Signals are let in.
      await new Promise(setImmediate);
    }
  }
  return failures;
}

async function computePart(
  section: AnySection,
  bench: Workbench,
  signal: AbortSignal,
): Promise<{ readonly part: ReportPart; readonly error?: unknown }> {
  const absence = section.absence?.(bench);
  if (absence !== undefined) return { part: { status: "absent", reason: absence } };
  try {
    const { numbers, figures, runs } = await section.compute(bench);
    const part = donePart({
      numbers: JSON.parse(JSON.stringify(numbers)),
      figures: [...figures],
      commands: unique(runs.flatMap(({ commands }) => commands)),
      remarks: unique(runs.flatMap(({ remarks }) => remarks)),
      settings: settingsOf(provenanceOfRuns(runs)),
    });
    return { part };
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof NotApplicable) return { part: { status: "absent", reason } };
    return { part: { status: "failed", reason }, error };
  }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** What stands in a provenance, by name. */
function settingsOf(provenance: Partial<Provenance>): [string, string][] {
  const { tool, method, from, to, points, options, truncation, runtime } = provenance;
  const entries: Record<string, unknown> = {
    method,
    from: from && spacesText(from),
    to: to && spacesText(to),
    points,
    truncation,
    ...options,
    runtime,
    tool,
  };
  return Object.entries(entries)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, valueText(value)]);
}

const LONGEST_VALUE = 300;

function valueText(value: unknown): string {
  const text =
    typeof value === "string"
      ? value
      : JSON.stringify(value, rounded)
          .replace(/["{}]/g, "")
          .replace(/([:,])/g, "$1 ");
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

/** Steps that are evenly spaced have sixteen digits, of which four tell what they are. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
