// Messages stay readable whatever a file calls its things.

import { expect, test } from "vitest";
import { VielbeinError } from "../src/index.ts";

test("what a message quotes is cut, and so is the message", () => {
  const long = "x".repeat(100_000);
  expect(new VielbeinError("INVALID_MODEL", `Tensor "${long}" of "m.onnx" is odd.`).message).toBe(
    `Tensor "${"x".repeat(200)}…" of "m.onnx" is odd.`,
  );
  expect(new VielbeinError("INVALID_MODEL", long).message).toHaveLength(2001);
  expect(new VielbeinError("INVALID_MODEL", 'Tensor "w" is odd.').message).toBe('Tensor "w" is odd.');
});
