// docs/operators.md is what the registry says. `npm run docs:operators` writes it anew.

import { expect, test } from "vitest";
import { operatorsPage } from "../operators.ts";

test("docs/operators.md is current", async () => {
  await expect(operatorsPage()).toMatchFileSnapshot("../../../docs/operators.md");
});
