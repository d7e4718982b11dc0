// The operations of pickles, protocols 0 to 5 (Python's Lib/pickletools.py). None of them calls anything.

import { badCheckpoint } from "../errors.ts";
import type { Machine } from "./machine.ts";
import { Global, type Value } from "./objects.ts";

type Operation = (machine: Machine) => void;

/** Bytes of the largest integer. */
const LARGEST_INTEGER = 1024;
/** Of Python 2, whose text and bytes are one type: data are long. */
const LONGEST_TEXT = 4096;

/** Little-endian, two's complement. */
function integer(bytes: Uint8Array): number | bigint {
  if (bytes.length > LARGEST_INTEGER)
    throw badCheckpoint(`its pickle has an integer of ${bytes.length} bytes`);
  let value = 0n;
  for (const byte of bytes.toReversed()) value = value * 256n + BigInt(byte);
  if (bytes.length > 0 && (bytes[bytes.length - 1] & 128) !== 0) value -= 1n << BigInt(8 * bytes.length);
  return plain(value);
}

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function decimal(text: string): Value {
  if (text === "00") return false;
  if (text === "01") return true;
  const digits = text.replace(/L$/, "").trim();
  if (!/^[+-]?\d{1,2500}$/.test(digits)) throw badCheckpoint("its pickle has an integer without digits");
  return plain(BigInt(digits.replace(/^\+/, "")));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** What Python writes into lines of text in place of characters: their codes, or a letter that stands for one. */
function unescaped(line: string, code: RegExp): string {
  return line.replace(code, (_, ...groups: (string | undefined)[]) => {
    const text = groups[0] ?? groups[1] ?? "";
    if (text.length === 1) return ESCAPES[text] ?? text;
    const point = Number.parseInt(text, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
  });
}

function python2Text({ cursor }: Machine, count: number): Value {
  return count > LONGEST_TEXT ? cursor.take(count) : cursor.latin1(count);
}

function global(machine: Machine, module: Value, name: Value): void {
  if (typeof module !== "string" || typeof name !== "string")
    throw badCheckpoint("its pickle names a class by no text");
  machine.push(new Global(module, name));
}

const protocol: Operation = ({ cursor }) => {
  const version = cursor.uint8();
  if (version > 5)
    throw badCheckpoint(`its pickle is of protocol ${version}; 0 to 5 are read`, "Save it again");
};

const literals: Readonly<Record<string, Operation>> = {
  N: (m) => m.push(null),
  "\x88": (m) => m.push(true),
  "\x89": (m) => m.push(false),
  I: (m) => m.push(decimal(m.cursor.line())),
  L: (m) => m.push(decimal(m.cursor.line())),
  J: (m) => m.push(m.cursor.int32()),
  K: (m) => m.push(m.cursor.uint8()),
  M: (m) => m.push(m.cursor.uint16()),
  "\x8a": (m) => m.push(integer(m.cursor.take(m.cursor.uint8()))),
  "\x8b": (m) => m.push(integer(m.cursor.take(m.cursor.int32()))),
  F: (m) => m.push(Number(m.cursor.line())),
  G: (m) => m.push(m.cursor.float64()),
  S: (m) => m.push(unescaped(m.cursor.line().trim().slice(1, -1), /\\(?:x([0-9a-f]{2})|(.))/g)),
  V: (m) => m.push(unescaped(m.cursor.line(), /\\(?:u([0-9a-f]{4})|U([0-9a-f]{8}))/g)),
  T: (m) => m.push(python2Text(m, m.cursor.int32())),
  U: (m) => m.push(python2Text(m, m.cursor.uint8())),
  X: (m) => m.push(m.cursor.utf8(m.cursor.uint32())),
  "\x8c": (m) => m.push(m.cursor.utf8(m.cursor.uint8())),
  "\x8d": (m) => m.push(m.cursor.utf8(m.cursor.uint64())),
  B: (m) => m.push(m.cursor.take(m.cursor.uint32())),
  C: (m) => m.push(m.cursor.take(m.cursor.uint8())),
  "\x8e": (m) => m.push(m.cursor.take(m.cursor.uint64())),
  "\x96": (m) => m.push(m.cursor.take(m.cursor.uint64())),
};

const containers: Readonly<Record<string, Operation>> = {
  "]": (m) => m.push([]),
  l: (m) => m.push(m.popMark()),
  a: (m) => {
    const item = m.pop();
    m.append([item]);
  },
  e: (m) => m.append(m.popMark()),
  ")": (m) => m.push([]),
  t: (m) => m.push(m.popMark()),
  "\x85": (m) => m.push([m.pop()]),
  "\x86": (m) => m.push([m.pop(), m.pop()].reverse()),
  "\x87": (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  "}": (m) => m.push(new Map()),
  d: (m) => {
    const pairs = m.popMark();
    m.push(new Map());
    m.assign(pairs);
  },
  s: (m) => m.assign([m.pop(), m.pop()].reverse()),
  u: (m) => m.assign(m.popMark()),
  "\x8f": (m) => m.push([]),
  "\x90": (m) => m.append(m.popMark()),
  "\x91": (m) => m.push(m.popMark()),
};

const stack: Readonly<Record<string, Operation>> = {
  "(": (m) => m.mark(),
  "0": (m) => m.discard(),
  "1": (m) => m.popMark(),
  "2": (m) => m.push(m.top),
  g: (m) => m.recall(Number(m.cursor.line())),
  h: (m) => m.recall(m.cursor.uint8()),
  j: (m) => m.recall(m.cursor.uint32()),
  p: (m) => m.remember(Number(m.cursor.line())),
  q: (m) => m.remember(m.cursor.uint8()),
  r: (m) => m.remember(m.cursor.uint32()),
  "\x94": (m) => m.remember(m.memo.size),
  "\x80": protocol,
  // A frame announces how many bytes follow, which is of use to readers of streams.
  "\x95": (m) => m.cursor.take(8),
  // Whether the bytes before may be changed.
  "\x98": () => undefined,
};

function build(machine: Machine, of: Value, args: Value): void {
  machine.push(machine.surroundings.build(of, args));
}

const objects: Readonly<Record<string, Operation>> = {
  c: (m) => m.push(new Global(m.cursor.line(), m.cursor.line())),
  "\x93": (m) => {
    const name = m.pop();
    global(m, m.pop(), name);
  },
  R: (m) => {
    const args = m.pop();
    build(m, m.pop(), args);
  },
  "\x81": (m) => {
    const args = m.pop();
    build(m, m.pop(), args);
  },
  "\x92": (m) => {
    const [, args] = [m.pop(), m.pop()];
    build(m, m.pop(), args);
  },
  i: (m) => {
    const of = new Global(m.cursor.line(), m.cursor.line());
    build(m, of, m.popMark());
  },
  o: (m) => {
    const [of = null, ...args] = m.popMark();
    build(m, of, args);
  },
  b: (m) => m.setState(m.pop()),
  P: (m) => m.push(m.surroundings.persistent(m.cursor.line())),
  Q: (m) => m.push(m.surroundings.persistent(m.pop())),
  // Extensions that a Python process registers, and buffers that come beside a pickle: neither is in a file.
  "\x82": (m) => m.push(new Global("copyreg", `extension ${m.cursor.uint8()}`)),
  "\x83": (m) => m.push(new Global("copyreg", `extension ${m.cursor.uint16()}`)),
  "\x84": (m) => m.push(new Global("copyreg", `extension ${m.cursor.int32()}`)),
};

const STOP = ".".charCodeAt(0);

const operations: readonly (Operation | undefined)[] = (() => {
  const table: (Operation | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const [code, operation] of Object.entries({ ...literals, ...containers, ...stack, ...objects })) {
    table[code.charCodeAt(0)] = operation;
  }
  return table;
})();

/**
 * The object of the pickle at which the machine's cursor stands, which is left behind it.
 *
 * @throws {VielbeinError} `INVALID_MODEL` where the bytes are no pickle.
 */
export function run(machine: Machine): Value {
  const { cursor } = machine;
  for (let code = cursor.uint8(); code !== STOP; code = cursor.uint8()) {
    const operation = operations[code];
    if (!operation)
      throw badCheckpoint(`byte ${cursor.position - 1} is ${code}, which is no operation of a pickle`);
    operation(machine);
  }
  return machine.pop();
}
