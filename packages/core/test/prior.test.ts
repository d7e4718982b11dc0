import { expect, it } from "vitest";
import { parsePrior, statedPrior } from "../src/index.ts";

it("parsePrior reads the three forms", () => {
  expect(parsePrior("normal")).toEqual({ kind: "normal" });
  expect(parsePrior("uniform")).toEqual({ kind: "uniform", low: -1, high: 1 });
  expect(parsePrior("uniform:-2,0.5")).toEqual({ kind: "uniform", low: -2, high: 0.5 });
});

it.each(["", "Normal", "uniform:", "uniform:1", "uniform:2,1", "uniform:0,x", "uniform:0,Infinity"])(
  "parsePrior reads nothing else: %j",
  (text) => {
    expect(parsePrior(text)).toBeUndefined();
  },
);

it("statedPrior is that of the metadata, and refuses what is none", () => {
  expect(statedPrior(new Map())).toBeUndefined();
  expect(statedPrior(new Map([["vielbein.prior", "uniform:0,1"]]))).toEqual({
    kind: "uniform",
    low: 0,
    high: 1,
  });
  expect(() => statedPrior(new Map([["vielbein.prior", "cauchy"]]))).toThrow(
    expect.objectContaining({ code: "INVALID_MODEL" }),
  );
});
