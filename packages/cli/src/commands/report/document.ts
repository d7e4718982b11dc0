// The twin of a report's page: a JSON document with all that the page is made of. An interrupted report goes on from it.

import { readFile } from "node:fs/promises";
import { VielbeinError } from "@vielbein/core";
import * as z from "zod/mini";
import { sha256 } from "../../inputs/model.ts";
import { EFFORTS } from "./budgets.ts";

const texts = z.array(z.string());

const done = z.object({
  status: z.literal("done"),
  /** SHA-256 of the rest of the entry. */
  digest: z.string(),
  /** What sentence, facts and tables are made of. */
  numbers: z.record(z.string(), z.unknown()),
  /** SVG documents. */
  figures: texts,
  /** What to type to compute it alone. */
  commands: texts,
  remarks: texts,
  /** What it was computed with, by name. */
  settings: z.array(z.tuple([z.string(), z.string()])),
});

const part = z.union([
  done,
  z.object({ status: z.enum(["absent", "failed"]), reason: z.string() }),
  z.object({ status: z.literal("pending") }),
]);

const schema = z.object({
  tool: z.string(),
  effort: z.enum(EFFORTS),
  /** Those that every command was given. */
  options: texts,
  models: z.array(
    z.object({ model: z.string(), file: z.string(), sha256: z.string(), from: z.string(), to: z.string() }),
  ),
  /** In reading order, with a part for each model. */
  sections: z.array(z.object({ id: z.string(), parts: z.array(part) })),
});

export type ReportDocument = z.infer<typeof schema>;

export type ReportPart = z.infer<typeof part>;

type DonePart = z.infer<typeof done>;

/** The entry of a section that was computed. */
export function donePart(content: Omit<DonePart, "status" | "digest">): DonePart {
  return { status: "done", digest: digestOf(content), ...content };
}

function digestOf({
  numbers,
  figures,
  commands,
  remarks,
  settings,
}: Omit<DonePart, "status" | "digest">): string {
  const text = JSON.stringify([numbers, figures, commands, remarks, settings]);
  return sha256(new TextEncoder().encode(text));
}

/** As it is written: a reader of another program finds the numbers without the figures. */
export function encodeDocument(document: ReportDocument): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

/**
 * Reads the document that an earlier run left; undefined where there is none.
 *
 * @throws {VielbeinError} `INVALID_FILE`, `MISSING_FILE`.
 */
export async function readDocument(path: string): Promise<ReportDocument | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new VielbeinError(
      "MISSING_FILE",
      `--resume: cannot read "${path}": ${error.message}. Check its permissions, or write to another file.`,
      { cause: error },
    );
  });
  if (text === undefined) return undefined;
  const result = z.safeParse(schema, parsed(text));
  if (result.success) return result.data;
  const entry = result.error.issues[0]?.path.join(".") || "the whole of it";
  throw new VielbeinError(
    "INVALID_FILE",
    `--resume: "${path}" is not a report's document: ${JSON.stringify(entry)} does not fit. The file is damaged or another program's: write to another, or leave out --resume.`,
    { cause: result.error },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What must be the same for sections to be kept. */
const IDENTITY = ["tool", "effort", "options", "models"] as const;

/**
 * The parts of an earlier document that are done and whole, by section and model.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` where it is of another run.
 */
export function keptParts(
  path: string,
  before: ReportDocument,
  now: ReportDocument,
): Map<string, ReportPart[]> {
  const identityOf = (document: ReportDocument, entry: (typeof IDENTITY)[number]) =>
    JSON.stringify(
      entry === "models" ? document.models.map(({ model: _, file: __, ...rest }) => rest) : document[entry],
    );
  const other = IDENTITY.find((entry) => identityOf(before, entry) !== identityOf(now, entry));
  if (other !== undefined) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--resume: "${path}" is of another run: its ${other} is ${identityOf(before, other)}, now it is ${identityOf(now, other)}. Give the options of that run, or write to another file.`,
    );
  }
  return new Map(before.sections.map(({ id, parts }) => [id, parts.map(ifWhole)]));
}

function ifWhole(part: ReportPart): ReportPart {
  return part.status === "done" && part.digest === digestOf(part) ? part : { status: "pending" };
}
