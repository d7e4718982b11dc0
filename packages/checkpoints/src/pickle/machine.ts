// The stack and the memo of a pickle that is being read.

import { badCheckpoint } from "../errors.ts";
import type { Cursor } from "./cursor.ts";
import { type Dictionary, Inert, type Value } from "./objects.ts";

/** What the reader of a file makes of what a pickle refers to. */
export interface Surroundings {
  /** An object that is stored elsewhere in the file, by its persistent id. */
  readonly persistent: (id: Value) => Value;
  /** What a function or class makes of its arguments: an inert record unless it is one of those that rebuild tensors. */
  readonly build: (of: Value, args: Value) => Value;
}

/** Objects that a pickle remembers, or has on one stack or in one dictionary: the largest checkpoints have some hundred thousand. */
const MOST_ENTRIES = 4_000_000;

export class Machine {
  readonly cursor: Cursor;
  readonly surroundings: Surroundings;
  readonly memo: Map<number, Value> = new Map();
  #stack: Value[] = [];
  readonly #outer: Value[][] = [];

  constructor(cursor: Cursor, surroundings: Surroundings) {
    this.cursor = cursor;
    this.surroundings = surroundings;
  }

  push(value: Value): void {
    requireFew(this.#stack.length);
    this.#stack.push(value);
  }

  pop(): Value {
    const value = this.#stack.pop();
    if (value !== undefined) return value;
    throw badCheckpoint(`its pickle takes from an empty stack at byte ${this.cursor.position}`);
  }

  get top(): Value {
    const value = this.#stack.at(-1);
    if (value !== undefined) return value;
    throw badCheckpoint(`its pickle reads an empty stack at byte ${this.cursor.position}`);
  }

  /** POP takes a mark where nothing lies on it. */
  discard(): void {
    if (this.#stack.length > 0 || this.#outer.length === 0) this.pop();
    else this.popMark();
  }

  mark(): void {
    requireFew(this.#outer.length);
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  /** What was pushed since the last mark. */
  popMark(): Value[] {
    const inner = this.#stack;
    const outer = this.#outer.pop();
    if (!outer) throw badCheckpoint(`its pickle lacks a mark at byte ${this.cursor.position}`);
    this.#stack = outer;
    return inner;
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw badCheckpoint(`its pickle recalls what it did not remember (${index})`);
    this.push(value);
  }

  remember(index: number): void {
    requireFew(this.memo.size);
    this.memo.set(index, this.top);
  }

  append(items: readonly Value[]): void {
    const list = this.top;
    const target = list instanceof Inert ? list.items : list;
    if (!Array.isArray(target)) throw badCheckpoint("its pickle appends to what is no list");
    for (const item of items) target.push(item);
  }

  /** Keys and values in turn. */
  assign(pairs: readonly Value[]): void {
    const target = dictionaryOf(this.top);
    if (!target || pairs.length % 2 !== 0)
      throw badCheckpoint("its pickle puts an entry into what is no dictionary");
    requireFew(target.size + pairs.length / 2);
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  /** Gives an object its state. Of attributes that a dictionary or a number has, nothing is needed. */
  setState(state: Value): void {
    const object = this.top;
    if (object instanceof Inert) object.state = state;
  }
}

function dictionaryOf(value: Value): Dictionary | undefined {
  if (value instanceof Inert) return value.entries;
  return value instanceof Map ? value : undefined;
}

function requireFew(entries: number): void {
  if (entries > MOST_ENTRIES)
    throw badCheckpoint(`its pickle keeps more than ${MOST_ENTRIES} objects in one place`);
}
