// Edits as people write them: linear combinations of named directions such as `2*smile - 0.5*d3`, and paths such as
// `4*cos(2*pi*t)*d1 + 4*sin(2*pi*t)*d2` over t from 0 to 1. mathjs parses the text; the tree is walked here, by a list
// of what is allowed, and nothing of it is ever handed to mathjs for evaluation: expressions may come from strangers.

import { VielbeinError } from "@vielbein/core";

export interface Edit {
  /** Whether the expression contains t. */
  readonly isPath: boolean;
  /** The coefficient of every direction at time t. */
  at(t: number): Float64Array;
}

const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, tau: 2 * Math.PI, e: Math.E };

const FUNCTIONS: Readonly<Record<string, (...x: number[]) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  min: Math.min,
  max: Math.max,
};

/** Numbers of arguments other than one. */
const ARGUMENTS: Readonly<Record<string, (count: number) => boolean>> = {
  atan2: (count) => count === 2,
  min: (count) => count >= 1,
  max: (count) => count >= 1,
};

const TIME = "t";
const MAX_LENGTH = 2000;

/** The coefficients of the directions that occur, by their index. */
type Combination = ReadonlyMap<number, number>;

type Value = number | Combination;

/** Names that mean something in every expression, so that no direction can have them. */
export const RESERVED: readonly string[] = [TIME, ...Object.keys(CONSTANTS), ...Object.keys(FUNCTIONS)];

/**
 * Parses an edit over directions of the given names. Everything that can be wrong with it is found here, for all t but
 * for numbers that are not finite.
 *
 * @throws {VielbeinError} `INVALID_ARGUMENT` that says where.
 */
export async function parseEdit(text: string, names: readonly string[]): Promise<Edit> {
  if (text.length > MAX_LENGTH) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--edit: an expression has at most ${MAX_LENGTH} characters, got ${text.length}. Split it.`,
    );
  }
  // Takes a good part of a second to load, so only those who need it load it.
  const { parse } = await import("mathjs/number");
  const evaluator = new Evaluator(text, names);
  let root: Tree;
  try {
    root = parse(text) as unknown as Tree;
  } catch (error) {
    throw evaluator.syntaxError(error);
  }
  const at = (t: number): Float64Array => evaluator.displacement(root, t);
  at(0);
  return { isPath: evaluator.readsTime, at };
}

class Evaluator {
  readsTime = false;
  readonly #text: string;
  readonly #names: readonly string[];
  #time = 0;

  constructor(text: string, names: readonly string[]) {
    this.#text = text;
    this.#names = names;
  }

  displacement(root: Tree, t: number): Float64Array {
    this.#time = t;
    const value = this.#value(root);
    if (typeof value === "number") {
      throw this.#error(`it is the number ${value}, not a combination of directions: multiply it by one`);
    }
    const result = new Float64Array(this.#names.length);
    for (const [k, coefficient] of value) {
      if (!Number.isFinite(coefficient)) {
        const when = this.readsTime ? `at t = ${t} ` : "";
        throw this.#error(`${when}the coefficient of ${this.#names[k]} is ${coefficient}`);
      }
      result[k] = coefficient;
    }
    return result;
  }

  syntaxError(error: unknown): VielbeinError {
    if (error instanceof RangeError) return this.#error("it is nested too deeply");
    const { message, char } = error as Error & { char?: number };
    return this.#error(message.replace(/\s*\(char \d+\)$/, ""), char);
  }

  #value(node: Tree): Value {
    switch (node.type) {
      case "ParenthesisNode":
        return this.#value(node.content);
      case "ConstantNode":
        if (typeof node.value === "number") return node.value;
        break;
      case "SymbolNode":
        return this.#symbol(node.name);
      case "OperatorNode":
        return this.#operation(node);
      case "FunctionNode":
        return this.#call(node);
    }
    const shown = node.toString();
    throw this.#error(
      `"${shown}" is not allowed: an edit is made of numbers, directions, + − * / ^, and functions of numbers`,
      this.#positionOf(shown),
    );
  }

  #symbol(name: string): Value {
    if (name === TIME) {
      this.readsTime = true;
      return this.#time;
    }
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name]!;
    const k = this.#names.indexOf(name);
    if (k >= 0) return new Map([[k, 1]]);
    throw this.#error(
      `there is no direction "${name}"; there are ${abridged(this.#names)}, and the numbers t, pi, tau and e`,
      this.#positionOf(name),
    );
  }

  #operation({ fn, args, op }: OperatorTree): Value {
    const [a, b] = args.map((arg) => this.#value(arg));
    const isNumber = typeof a === "number" && (b === undefined || typeof b === "number");
    if (a !== undefined && b === undefined) {
      if (fn === "unaryMinus") return scaleValue(a, (x) => -x);
      if (fn === "unaryPlus") return a;
    } else if (a !== undefined && b !== undefined) {
      if (fn === "add" || fn === "subtract") return this.#sum(a, b, fn === "add" ? 1 : -1, op);
      if (fn === "multiply" && typeof a === "number") return scaleValue(b, (x) => a * x);
      if (fn === "multiply" && typeof b === "number") return scaleValue(a, (x) => x * b);
      if (fn === "divide" && typeof b === "number") return scaleValue(a, (x) => x / b);
      if (fn === "pow" && isNumber) return (a as number) ** (b as number);
    }
    throw this.#error(
      isNumber
        ? `the operator ${op} is not allowed`
        : `${op} between directions makes no direction: add them, or multiply them by numbers`,
      this.#positionOf(op),
    );
  }

  #sum(a: Value, b: Value, sign: number, op: string): Value {
    if (typeof a === "number" && typeof b === "number") return a + sign * b;
    if (typeof a !== "number" && typeof b !== "number") {
      const sum = new Map(a);
      for (const [k, x] of b) sum.set(k, (a.get(k) ?? 0) + sign * x);
      return sum;
    }
    throw this.#error(
      `${op} joins a number and a direction: multiply the number by a direction`,
      this.#positionOf(op),
    );
  }

  #call({ fn, args }: FunctionTree): number {
    const name = fn.type === "SymbolNode" ? fn.name : "";
    const apply = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name]! : undefined;
    const shown = name || fn.toString();
    if (!apply) {
      throw this.#error(
        `there is no function "${shown}"; there are ${Object.keys(FUNCTIONS).join(", ")}`,
        this.#positionOf(shown),
      );
    }
    const fits = ARGUMENTS[name] ?? ((count: number) => count === 1);
    if (!fits(args.length)) {
      throw this.#error(`${name} does not take ${args.length} arguments`, this.#positionOf(name));
    }
    const numbers = args.map((arg) => this.#value(arg));
    if (numbers.every((x) => typeof x === "number")) return apply(...numbers);
    throw this.#error(`${name} takes numbers, not directions`, this.#positionOf(name));
  }

  /** Where a symbol stands for the first time, from 1. */
  #positionOf(part: string): number | undefined {
    const word = /^[\p{L}\p{N}_]+$/u.test(part);
    const escaped = part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const pattern = word ? `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])` : escaped;
    const at = this.#text.search(new RegExp(pattern, "u"));
    return at < 0 ? undefined : at + 1;
  }

  #error(reason: string, position?: number): VielbeinError {
    const place = position === undefined ? "" : ` at character ${position}`;
    return new VielbeinError("INVALID_ARGUMENT", `--edit "${this.#text}"${place}: ${reason}.`);
  }
}

interface OperatorTree {
  readonly fn: string;
  readonly op: string;
  readonly args: readonly Tree[];
}

interface FunctionTree {
  readonly fn: Tree;
  readonly args: readonly Tree[];
}

/** The nodes of mathjs's trees that are allowed; what else there is has some other type. */
type Tree = { toString(): string } & (
  | { readonly type: "ParenthesisNode"; readonly content: Tree }
  | { readonly type: "ConstantNode"; readonly value: unknown }
  | { readonly type: "SymbolNode"; readonly name: string }
  | ({ readonly type: "OperatorNode" } & OperatorTree)
  | ({ readonly type: "FunctionNode" } & FunctionTree)
);

function scaleValue(value: Value, scale: (x: number) => number): Value {
  return typeof value === "number" ? scale(value) : new Map([...value].map(([k, x]) => [k, scale(x)]));
}

function abridged(names: readonly string[]): string {
  return names.length <= 12 ? names.join(", ") : `${names.slice(0, 10).join(", ")}, … ${names.at(-1)}`;
}
