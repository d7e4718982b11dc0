// Setup file of the traced run: writes down, for each test file, the marks that it set and the seconds it took.

import { appendFileSync } from "node:fs";
import { afterAll, expect } from "vitest";

const marks = new Map<string, Uint8Array>();
const began = performance.now();

Object.assign(globalThis, {
  __marksOf(file: string, size: number): Uint8Array {
    const own = marks.get(file) ?? new Uint8Array(size);
    marks.set(file, own);
    return own;
  },
});

afterAll(() => {
  const set = Object.fromEntries(
    Array.from(marks, ([file, own]) => [file, Array.from(own.keys()).filter((i) => own[i])]),
  );
  const seconds = (performance.now() - began) / 1000;
  const line = JSON.stringify({ test: expect.getState().testPath, seconds, marks: set });
  appendFileSync(process.env.VIELBEIN_MARKS!, `${line}\n`);
});
