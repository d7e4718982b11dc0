// Checks the cases that it is sent, one after the other: a process of the pool of run.mjs.

import { NodeRuntime } from "@vielbein/runtime-node";
import { isFloating, readCase } from "./cases.mjs";
import { checkPair, FOREIGN } from "./check.mjs";

const runtime = new NodeRuntime({ threads: 1, worker: false });
process.on("message", async (folder) => process.send(await checkCase(folder)));

/** What the pairs of a floating-point input and a floating-point output came to. */
async function checkCase(folder) {
  const read = readCase(folder);
  const { name, model, inputs, outputs } = read;
  const operators = model.graph.nodes.map(({ opType }) => opType);
  const froms = inputs.filter(({ tensor }) => isFloating(tensor));
  const tos = outputs.filter(({ tensor }) => isFloating(tensor));
  if (froms.length === 0 || tos.length === 0) {
    const isNumeric = [...inputs, ...outputs].every(({ tensor }) => tensor);
    const reasons = isNumeric ? [] : [FOREIGN];
    return { name, operators, outcome: isNumeric ? "constant" : "unsupported", reasons };
  }
  const pairs = [];
  for (const { name: from } of froms) {
    for (const { name: to } of tos) pairs.push({ from, to, ...(await checkPair(runtime, read, from, to)) });
  }
  const outcome = ["failed", "passed", "unsupported"].find((kind) =>
    pairs.some((pair) => pair.outcome === kind),
  );
  const reasons = pairs
    .filter((pair) => pair.outcome === "failed" || (pair.outcome === "unsupported" && outcome !== "failed"))
    .map(({ from, to, reason }) => (outcome === "failed" ? `${from} → ${to}: ${reason}` : reason));
  const total = (key) => pairs.reduce((sum, pair) => sum + (pair[key] ?? 0), 0);
  return {
    name,
    operators,
    outcome: outcome ?? "constant",
    reasons: [...new Set(reasons)],
    checked: total("checked"),
    kinks: total("kinks"),
  };
}
