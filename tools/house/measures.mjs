// What the shape of the code can be judged by without reading it: lengths of functions and files, non-null assertions,
// conditional spreads, private members that the language does not hide, files at the root of each src/, public names,
// circles of imports. Tests are left out.

import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";

/** Syntax of a file, and what is counted in it. */
export function readSource(path) {
  const text = readFileSync(path, "utf8");
  const { program } = parseSync(path, text);
  const source = {
    path,
    lines: text.trimEnd().split("\n").length,
    functions: [],
    assertions: 0,
    spreads: 0,
    privates: [],
    imports: [],
  };
  const lineAt = lineIndex(text);
  visit(program, (node, parent) => count(node, parent, source, lineAt));
  return source;
}

function lineIndex(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function visit(node, use, parent) {
  use(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === "string") visit(child, use, node);
    }
  }
}

function count(node, parent, source, lineAt) {
  switch (node.type) {
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      if (node.body?.type !== "BlockStatement") return;
      source.functions.push({ name: nameOf(node, parent), lines: lineAt(node.end) - lineAt(node.start) + 1 });
      return;
    case "TSNonNullExpression":
      source.assertions += 1;
      return;
    case "SpreadElement":
      if (unwrapped(node.argument).type === "ConditionalExpression") source.spreads += 1;
      return;
    case "PropertyDefinition":
    case "MethodDefinition":
      if (node.accessibility === "private" && node.key?.name !== "constructor") {
        source.privates.push({ name: nameOf(node), line: lineAt(node.start) });
      }
      return;
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      if (node.source?.value.startsWith(".")) {
        source.imports.push(normalize(join(dirname(source.path), node.source.value)));
      }
  }
}

const unwrapped = (node) => (node.type === "ParenthesizedExpression" ? node.expression : node);

const nameOf = (node, parent) =>
  node.id?.name ??
  node.key?.name ??
  parent?.key?.name ??
  parent?.id?.name ??
  parent?.callee?.property?.name ??
  "(unnamed)";

/** Median, nine tenths and largest of numbers. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), p90: at(0.9), max: sorted.at(-1) ?? 0 };
}

/** Groups of files that import each other (strongly connected components of more than one), by Tarjan's algorithm. */
export function circles(sources) {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const [index, low, stack, found] = [new Map(), new Map(), [], []];
  const walk = (path) => {
    index.set(path, index.size);
    low.set(path, index.get(path));
    stack.push(path);
    for (const next of byPath.get(path).imports) {
      if (!byPath.has(next)) continue;
      if (!index.has(next)) walk(next);
      if (stack.includes(next)) low.set(path, Math.min(low.get(path), low.get(next)));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) found.push(group);
  };
  for (const { path } of sources) if (!index.has(path)) walk(path);
  return found;
}
