// The protocol of a measured side in Node: lines "case<tab>calls" on stdin, one JSON object per line on stdout.
// `ways` maps a case to { prepare(data, rows, cols), call(state), check(state) }; what it lacks is answered with null.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { cases, inputs } from "./cases.mjs";

// CPU time of the main thread where Node has it (24), else of the process: there is nothing else running in it.
const cpu = () => {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
};

/** Answers until stdin ends. */
export async function serve(ways, info) {
  const folder = process.argv.at(-1);
  const load = (name) => {
    const bytes = readFileSync(join(folder, `${name}.f64`));
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8).slice();
  };
  const states = new Map();
  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer(info);
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, calls] = line.split("\t");
    const way = ways[name];
    if (!way) {
      answer(null);
      continue;
    }
    try {
      if (!states.has(name)) {
        const { rows, cols } = inputs[cases[name].input];
        states.set(name, await way.prepare(load(cases[name].input), rows, cols));
        // Compiled and allocated before anything counts.
        for (let i = 0; i < Number(calls); i++) await way.call(states.get(name));
      }
      const state = states.get(name);
      const start = cpu();
      for (let i = 0; i < Number(calls); i++) await way.call(state);
      const ms = (cpu() - start) / Number(calls);
      answer({ ms, check: way.check(state) });
    } catch (error) {
      answer({ error: String(error.message ?? error) });
    }
  }
}
