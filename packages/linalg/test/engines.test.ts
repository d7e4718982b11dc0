// The same bits from another version of Node, when one is at hand: `VIELBEIN_NODE24` names its binary.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { report } from "./browser/entry.js";

const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const entry = fileURLToPath(new URL("browser/entry.js", import.meta.url));
const node24 = process.env.VIELBEIN_NODE24;

describe("in Node 24", () => {
  it.for(["wasm", "js"] as const)("the %s backend gives the bits of this Node", async (backend, context) => {
    if (!node24) context.skip("VIELBEIN_NODE24 names no binary of Node 24");
    if (!existsSync(dist)) context.skip("the package is not built (npm run build)");
    const code = `import(${JSON.stringify(entry)}).then(({ report }) => report("${backend}")).then((r) => console.log(JSON.stringify(r)))`;
    const there = JSON.parse(
      execFileSync(node24, ["--input-type=module", "--eval", code], { encoding: "utf8" }),
    );
    const here = await report(backend);
    expect(there).toMatchObject({ backend, checksum: here.checksum });
  });
});
