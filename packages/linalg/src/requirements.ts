// What public functions are given, by kind: what is forgotten or confused is said by name.

import { LinalgError } from "./errors.ts";

type Kind =
  | "bytes"
  | "chunks"
  | "list"
  | "mathjs"
  | "mathjsMatrix"
  | "mlMatrix"
  | "mlMatrixClass"
  | "npyArray"
  | "numbers"
  | "object"
  | "stack"
  | "zipMember";

/** Fits values that have all of these parts. */
function hasParts(...parts: string[]): (value: unknown) => boolean {
  return (value) => {
    const given = value as Readonly<Record<string, unknown>> | null | undefined;
    return parts.every((part) => given?.[part] !== undefined && given[part] !== null);
  };
}

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;
const isIterable = (value: unknown): boolean =>
  Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value);

const KINDS: Readonly<Record<Kind, readonly [needed: string, fits: (value: unknown) => boolean]>> = {
  bytes: ["a Uint8Array", (value) => value instanceof Uint8Array],
  chunks: ["an array of matrices, or an iterable of them", isIterable],
  list: ["an array", Array.isArray],
  mathjs: ["mathjs, which has a function matrix", hasParts("matrix")],
  mathjsMatrix: ["a matrix of mathjs", hasParts("size", "toArray")],
  mlMatrix: ["a matrix of ml-matrix", hasParts("rows", "columns", "get")],
  mlMatrixClass: ["the class Matrix of ml-matrix", hasParts("from1DArray")],
  npyArray: ["an array { shape, data }", hasParts("shape", "data")],
  numbers: ["an array of numbers", (value) => isObject(value) && hasParts("length")(value)],
  object: ["an object", isObject],
  stack: ["a stack of matrices { count, rows, cols, data }", hasParts("count", "rows", "cols", "data")],
  zipMember: ["a member, as zipMembers lists it", hasParts("name", "size", "packed")],
};

/**
 * Requires an argument of a kind. It looks at the outside of a value only. `what` names it in the message.
 *
 * @throws {LinalgError} `INVALID_ARGUMENT`.
 */
export function requireKind(what: string, kind: Kind, value: unknown): void {
  const [needed, fits] = KINDS[kind];
  if (fits(value)) return;
  const got = Array.isArray(value) ? "an array" : value === null ? "null" : typeof value;
  throw new LinalgError("INVALID_ARGUMENT", `${what} must be ${needed}, got ${got}.`);
}
