// docs/cli.md and docs/commands.md say what the program says of its commands. `npm run docs:commands` writes them anew.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandsPage, withSynopses } from "../commands.ts";

const cli = new URL("../../../docs/cli.md", import.meta.url);

test("the synopses in docs/cli.md are current", async () => {
  await expect(await withSynopses(readFileSync(cli, "utf8"))).toMatchFileSnapshot(cli.pathname);
});

test("docs/commands.md is current", async () => {
  await expect(await commandsPage()).toMatchFileSnapshot("../../../docs/commands.md");
});

test("a page without a place for the synopses is refused", async () => {
  await expect(withSynopses("# The command line\n")).rejects.toThrow("has no synopses");
});
