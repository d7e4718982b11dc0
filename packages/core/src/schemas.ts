// What is read back from files that may be damaged, or another program's: spaces and provenances as JSON.

import * as z from "zod/mini";
import { VielbeinError } from "./errors.ts";
import type { Prior, Space } from "./map/space.ts";
import type { Provenance } from "./provenance.ts";

const count = z.int().check(z.nonnegative());
const indices = z.optional(z.array(count));

const priors: { readonly [K in Prior["kind"]]: z.ZodMiniType<Extract<Prior, { kind: K }>> } = {
  normal: z.object({ kind: z.literal("normal") }),
  uniform: z.object({ kind: z.literal("uniform"), low: z.number(), high: z.number() }),
};
const prior = z.union(Object.values(priors));

/** Characters of a value that a message quotes. */
const LONGEST_VALUE = 60;

/** Checks a {@link Space}. What later versions add is kept, here and below. */
export const spaceSchema: z.ZodMiniType<Space> = z
  .looseObject({
    name: z.string(),
    dim: z.int().check(z.positive()),
    shape: z.array(z.int().check(z.positive())),
    prior: z.optional(prior),
  })
  .check(
    z.refine(({ dim, shape }) => shape.reduce((product, extent) => product * extent, 1) === dim, {
      path: ["dim"],
    }),
  ) as z.ZodMiniType<Space>;

export const provenanceSchema: z.ZodMiniType<Provenance> = z.looseObject({
  tool: z.string(),
  method: z.string(),
  model: z.looseObject({
    file: z.string(),
    sha256: z.string(),
    opset: z.int(),
    architecture: z.optional(z.string()),
    remarks: z.optional(z.array(z.string())),
  }),
  from: spaceSchema,
  to: spaceSchema,
  points: z.union([
    z.looseObject({ seed: z.number(), prior, first: count, count, indices }),
    z.looseObject({ file: z.string(), sha256: z.string(), first: z.optional(count), count, indices }),
  ]),
  options: z.record(z.string(), z.unknown()),
  runtime: z.string(),
}) as z.ZodMiniType<Provenance>;

/**
 * The value of a JSON text, checked by a schema. `what` begins the message: `"file.npz": its provenance`.
 *
 * @throws {VielbeinError} `INVALID_FILE` that names the entry that does not fit.
 */
export function parseJson<T>(text: string, schema: z.ZodMiniType<T>, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new VielbeinError("INVALID_FILE", `${what} is not JSON. Take another copy of the file.`, { cause });
  }
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  const path = result.error.issues[0]?.path ?? [];
  const entry = JSON.stringify(path.join(".") || "the whole of it");
  throw new VielbeinError(
    "INVALID_FILE",
    `${what} is not of the form that this program writes: ${entry} ${problemOf(value, path)}. Take another copy of the file.`,
    { cause: result.error },
  );
}

/** What is wrong with the entry of parsed JSON at a path that does not fit its schema. */
function problemOf(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | null)?.[key],
    value,
  );
  if (found === undefined) return "is missing";
  const text = JSON.stringify(found);
  return `cannot be ${text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`}`;
}

/**
 * Parses the JSON of a provenance. `what` begins the message.
 *
 * @throws {VielbeinError} `INVALID_FILE`.
 */
export function parseProvenance(text: string, what: string): Provenance {
  return parseJson(text, provenanceSchema, what);
}
