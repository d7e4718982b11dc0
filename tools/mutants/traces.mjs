// Which test files run which function, so that a changed one is shown only to the tests that can see it. In the copy
// every function of the sources gets a mark as its first statement; each test file writes down the marks it set.

import { parseSync } from "vite";

/** @typedef {{start: number, end: number, body: object}} Part  a function with its body, in the order of the text */

/** @returns {Part[]} */
function functionsOf(path, text) {
  const found = [];
  const visit = (node) => {
    if (/Function/.test(node.type) && node.body)
      found.push({ start: node.start, end: node.end, body: node.body });
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type === "string") visit(child);
      }
    }
  };
  visit(parseSync(path, text).program);
  return found;
}

/** The source with its marks; mark 0 is the file itself, mark i the i-th function. */
export function marked(path, text) {
  const functions = functionsOf(path, text);
  const inserts = functions.flatMap(({ body }, i) => {
    // Functions that are sent to other processes as text have no marks there.
    const mark = `typeof __marks === "object" && (__marks[${i + 1}] = 1)`;
    return body.type === "BlockStatement"
      ? [{ at: body.start + 1, what: `${mark};` }]
      : [
          { at: body.start, what: `(${mark}, ` },
          { at: body.end, what: ")" },
        ];
  });
  const size = functions.length + 1;
  const head = `const __marks = globalThis.__marksOf?.("${path}", ${size}) ?? new Uint8Array(${size}); __marks[0] = 1;`;
  // The line that names an interpreter stays the first.
  let done = /^(#!.*\n)?/.exec(text)[0].length;
  let result = text.slice(0, done) + head;
  // Of two inserts at one place, as at the end of nested arrow functions, the order does not matter.
  for (const { at, what } of inserts.sort((a, b) => a.at - b.at)) {
    result += text.slice(done, at) + what;
    done = at;
  }
  return result + text.slice(done);
}

/** The mark of the innermost function around a place; 0 outside of all. */
export function markAt(path, text, place) {
  const around = functionsOf(path, text).map(({ start, end }, i) => ({
    mark: i + 1,
    start,
    size: end - start,
    end,
  }));
  const inside = around
    .filter(({ start, end }) => start <= place && place < end)
    .sort((a, b) => a.size - b.size);
  return inside[0]?.mark ?? 0;
}
