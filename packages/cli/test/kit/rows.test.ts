// What becomes of rows when they are all there, when one fails, when the user interrupts, when the report fails.

import type { Provenance } from "@vielbein/core";
import { describe, expect, it } from "vitest";
import { command } from "../../src/kit/command.ts";
import { InterruptedError } from "../../src/kit/exit-codes.ts";
import { json } from "../../src/kit/options.ts";
import type { Report } from "../../src/kit/report.ts";
import { computeRows, rowOptions } from "../../src/kit/rows.ts";
import { scratch } from "../run.ts";
import { perform } from "./perform.ts";

interface Square {
  readonly square: number;
}

const space = { name: "z", dim: 1, shape: [1] };
const provenance: Provenance = {
  tool: "vielbein",
  method: "squares",
  model: { file: "none", sha256: "", opset: 18 },
  from: space,
  to: space,
  points: { seed: 0, prior: { kind: "normal" }, first: 0, count: 4 },
  options: {},
  runtime: "none",
};

interface Behaviour {
  /** Done before row `index` is computed. */
  readonly before?: (index: number) => void;
  readonly report?: (rows: readonly Square[], provenance: Provenance, complete: boolean) => Report;
}

const say = (rows: readonly Square[], _provenance: Provenance, complete: boolean): Report => ({
  text: () => `${rows.map(({ square }) => square).join()}${complete ? "" : " …"}\n`,
});

/** Prints the squares of 0 to 3. */
const squares = ({ before = () => undefined, report = say }: Behaviour) =>
  command({
    argument: "<name>",
    description: "Squares.",
    options: { ...rowOptions("squares"), json },
    run: (task) =>
      computeRows<Square>(task, {
        what: "squares",
        total: 4,
        provenance,
        columns: { square: { shape: [] } },
        compute: async (index) => {
          before(index);
          return { square: index ** 2 };
        },
        report,
      }),
  });

const failingAt = (row: number) => (index: number) => {
  if (index === row) throw new Error(`row ${row} fails`);
};

describe("rows", () => {
  it("that are all there are reported, and kept", async () => {
    const out = scratch("squares.npz");
    const { stdout, stderr, error } = await perform(squares({}), ["squares", "x", "--out", out]);
    expect([stdout, error]).toEqual(["0,1,4,9\n", undefined]);
    expect(stderr).toContain(`wrote ${out}\n`);
  });

  it("before one that fails are reported, and kept for --resume; the command fails with it", async () => {
    const out = scratch("part.npz");
    const part = await perform(squares({ before: failingAt(2) }), ["squares", "x", "--out", out]);
    expect([part.stdout, part.error]).toEqual(["0,1 …\n", new Error("row 2 fails")]);
    expect(part.stderr).toContain(`stopped after 2 of 4 squares; ${out} keeps them`);
    const rest = await perform(squares({ before: failingAt(1) }), ["squares", "x", "--out", out, "--resume"]);
    expect([rest.stdout, rest.error]).toEqual(["0,1,4,9\n", undefined]);
  });

  it("before an interrupt are reported", async () => {
    const interrupt = new AbortController();
    const before = (index: number) => {
      if (index === 1) interrupt.abort();
    };
    const { stdout, error } = await perform(squares({ before }), ["squares", "x"], interrupt.signal);
    expect(stdout).toBe("0,1 …\n");
    expect(error).toBeInstanceOf(InterruptedError);
    expect(String(error)).toContain("interrupted after 2 of 4 squares; with --out FILE.npz");
  });

  it("of which there is none are not reported", async () => {
    const { stdout, error } = await perform(squares({ before: failingAt(0) }), ["squares", "x"]);
    expect([stdout, error]).toEqual(["", new Error("row 0 fails")]);
  });

  it("whose report fails: the failure counts, unless the rows failed before", async () => {
    const report = () => {
      throw new Error("nothing to say");
    };
    const whole = await perform(squares({ report }), ["squares", "x"]);
    expect(whole.error).toEqual(new Error("nothing to say"));
    const part = await perform(squares({ report, before: failingAt(2) }), ["squares", "x"]);
    expect(part.error).toEqual(new Error("row 2 fails"));
  });

  it("that cannot be kept are reported all the same", async () => {
    const { stdout, error } = await perform(squares({}), ["squares", "x", "--out", "/dev/full"]);
    expect(stdout).toBe("0,1,4,9\n");
    expect(String(error)).toContain("ENOSPC");
  });
});
