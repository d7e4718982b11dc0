import { expect, test } from "vitest";
import { errorText } from "../../src/explorer/error-text.ts";

test.each([
  [
    'Input "z" declares no shape. Give it one (`withShapes`, or --shape z=… on the command line); for a part of a model, name `from` and `to` in it.',
    'Input "z" declares no shape. Give it one; for a part of a model, name `from` and `to` in it.',
  ],
  [
    "The generator is conditional: choose one of its 10 classes with label (--label N), from 0.",
    "The generator is conditional: choose one of its 10 classes with label, from 0.",
  ],
  [
    'Start from that space (`from`, or --from w on the command line), or find directions of "z".',
    'Start from that space, or find directions of "z".',
  ],
  [
    "Take the weights of another file, or --weights on the command line.",
    "Take the weights of another file.",
  ],
])("the page leaves out what only the command line has: %s", (message, text) => {
  expect(errorText(new Error(message))).toBe(text);
});

test.each([
  'Outputs are drawn as chw:3,64,64 (64 × 64). "a--b" stays, as does (x - y).',
  "The worker ended (null function). Reload the page.",
])("other asides stay: %s", (message) => {
  expect(errorText(new Error(message))).toBe(message);
});

test("what is thrown and no error is said as it is", () => {
  expect(errorText("stopped")).toBe("stopped");
});
