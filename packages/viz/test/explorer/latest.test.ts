import { expect, it } from "vitest";
import { Latest } from "../../src/explorer/latest.ts";

it("runs the first and the newest, and drops what came between", async () => {
  const latest = new Latest();
  const ran: number[] = [];
  const gates: (() => void)[] = [];
  const task = (n: number) => async () => {
    ran.push(n);
    await new Promise<void>((resolve) => gates.push(resolve));
  };
  for (const n of [1, 2, 3]) latest.run(task(n));
  expect(ran).toEqual([1]);
  gates[0]!();
  await new Promise(setImmediate);
  expect(ran).toEqual([1, 3]);
  gates[1]!();
  await new Promise(setImmediate);
  latest.run(task(4));
  expect(ran).toEqual([1, 3, 4]);
});
