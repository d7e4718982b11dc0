// Runs the example of the README and compares what it prints with what it says it prints.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as linalg from "../src/index.ts";

it("README: the example prints what its comments say", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const example = /```js\n(.*?)```/s.exec(readme)![1]!;
  const said = Array.from(example.matchAll(/\/\/ → (.*)/g), (match) => match[1]);
  const runnable = example.replace(/import (\{.*?\}) from ("[^"]+");/g, "const $1 = modules[$2];");
  const printed: string[] = [];
  const console = { log: (...values: unknown[]) => printed.push(values.join(" ")) };
  const modules = { "@vielbein/linalg": linalg };
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor;
  await new AsyncFunction("modules", "console", runnable)(modules, console);
  expect(printed).toEqual(said);
  expect(said.length).toBeGreaterThan(5);
});
