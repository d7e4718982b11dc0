// Whatever public functions are given in place of one of their arguments, they work or say by a typed error what is
// wrong: never a TypeError of JavaScript. The rule stands in CONTRIBUTING.md.

import { VielbeinError } from "@vielbein/core";
import { LinalgError } from "@vielbein/linalg";
import { describe, expect, it } from "vitest";
import { rightFor } from "../right-arguments.ts";
import { type PublicFunction, publicFunctions } from "../signatures.ts";

/** What people pass by mistake. */
const WRONG = [undefined, null, 3, "x", {}, []];

/** Functions of inner loops, where a check would cost as much as what they do. */
const UNCHECKED = ["@vielbein/linalg rowAt"];

/** Entries that act when they are loaded, or need a page. */
const NOT_LOADED = ["./pool-worker", "./page", "./explorer", "./standalone"];

const PACKAGES = ["linalg", "core", "onnx", "checkpoints", "viz", "runtime-node"];
const functions = await Promise.all(
  PACKAGES.map(async (name) => [name, await publicFunctions(name, NOT_LOADED)] as const),
);

/** What a call ends with where it fails; lists of asynchronous results are begun. */
async function failureOf({ call }: PublicFunction, given: readonly unknown[]): Promise<unknown> {
  try {
    const result = await call(...given);
    for await (const _ of Symbol.asyncIterator in Object(result) ? (result as AsyncIterable<unknown>) : [])
      break;
    return undefined;
  } catch (error) {
    return error;
  }
}

const isTyped = (error: unknown) => error instanceof VielbeinError || error instanceof LinalgError;

describe.each(functions)("%s", (_, list) => {
  it("has functions", () => expect(list.length).toBeGreaterThan(0));

  it.for(list.filter(({ name }) => !UNCHECKED.includes(name)))("$name", async (tested) => {
    const untyped: string[] = [];
    for (const [i, { isOptional }] of tested.parameters.entries()) {
      // `null` is no way of leaving an argument out, and the declarations say so.
      for (const wrong of WRONG.filter((value) => !(isOptional && value === null))) {
        const given = tested.parameters.map(({ type }, j) => (j === i ? wrong : rightFor(type)));
        const failure = await failureOf(tested, given);
        if (failure !== undefined && !isTyped(failure)) {
          untyped.push(`argument ${i} = ${JSON.stringify(wrong)}: ${failure}`);
        }
      }
    }
    expect(untyped).toEqual([]);
  });
});
