import { expect, it } from "vitest";
import { Turns } from "../src/runtime.ts";

it("runs tasks one after the other, also after one that failed", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const task = (name: string, fails = false) =>
    turns.take(async () => {
      log.push(`${name} starts`);
      await new Promise(setImmediate);
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([task("a"), task("b", true), task("c")]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  expect(results).toMatchObject([
    { status: "fulfilled", value: "a" },
    { status: "rejected", reason: { message: "b" } },
    { status: "fulfilled", value: "c" },
  ]);
});
