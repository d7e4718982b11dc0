// The packages as npm would publish them: what publint says of each, and whether TypeScript finds the types of every
// entry (attw). In one process, each packed once: npm and TypeScript take longer to start than this takes.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { problemKindInfo } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packAll } from "../build/pack.mjs";

/** Entries that are data, and have no types. */
const DATA = [/\.(onnx|npz|wasm)$/];

/** Packages are ES modules: what CommonJS and the oldest resolution make of them is no concern (attw's `esm-only`). */
const IGNORED = ["node10", "node16-cjs"];

async function publishing({ tarball }) {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  return messages.map((message) => ({
    fails: message.type === "error",
    text: `${message.type}: ${formatMessage(message, pkg)}`,
  }));
}

async function types({ name, tarball }) {
  const { types, problems } = await checkPackage(createPackageFromTarballData(tarball), {
    excludeEntrypoints: DATA,
  });
  if (!types) return [{ fails: true, text: `${name} has no types` }];
  return problems
    .filter(({ resolutionKind }) => !IGNORED.includes(resolutionKind))
    .map((problem) => ({
      fails: true,
      text: `${problemKindInfo[problem.kind].title}: ${JSON.stringify(problem)}`,
    }));
}

const folder = mkdtempSync(join(tmpdir(), "vielbein-quality-"));
try {
  for (const { name, tarball } of packAll(folder)) {
    const each = { name, tarball: Uint8Array.from(readFileSync(tarball)) };
    const findings = [...(await publishing(each)), ...(await types(each))];
    console.log(`${each.name}: ${findings.length === 0 ? "publint and attw find nothing" : ""}`);
    for (const { text } of findings) console.log(`  ${text}`);
    if (findings.some(({ fails }) => fails)) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true });
}
