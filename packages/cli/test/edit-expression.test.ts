import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEdit } from "../src/commands/edit/expression.ts";

const names = ["smile", "d1", "d2"];
const coefficients = async (text: string, t = 0) => Array.from((await parseEdit(text, names)).at(t));

describe("edits", () => {
  it.each([
    ["2*smile - 0.5*d2", [2, 0, -0.5]],
    ["-(d1 + 3 d2)/2", [0, -0.5, -1.5]],
    ["sqrt(16)*smile + max(1, 2, -3) d1 - +d2", [4, 2, -1]],
    ["2^3*d1*cos(pi)", [0, -8, 0]],
    ["d1 - d1 + smile", [1, 0, 0]],
    ["atan2(0, -1)/pi * d2", [0, 0, 1]],
    ["tau/pi*(e/e)*d1", [0, 2, 0]],
  ])("%s", async (text, expected) => {
    (await coefficients(text)).forEach((x, k) => {
      expect(x).toBeCloseTo(expected[k]!, 14);
    });
  });

  it("are linear in the directions, whatever the numbers", async () => {
    const number = fc.double({ min: -100, max: 100, noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(number, number, number, async (a, b, c) => {
        const sum = await coefficients(`(${a})*smile + (${b})*(d1 - (${c})*d2)`);
        expect(sum[0]! - a).toBe(0);
        expect(sum[1]! - b).toBe(0);
        expect(sum[2]! + b * c).toBeCloseTo(0, 8);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it("with t are paths", async () => {
    const path = await parseEdit("4*cos(2*pi*t)*d1 + 4*sin(2*pi*t)*d2", names);
    expect(path.isPath).toBe(true);
    for (const t of [0, 0.25, 0.7, 1]) {
      const [smile, x, y] = path.at(t);
      expect([smile, Math.hypot(x!, y!)]).toEqual([0, expect.closeTo(4, 13)]);
      expect(Math.atan2(y!, x!)).toBeCloseTo(
        Math.atan2(Math.sin(2 * Math.PI * t), Math.cos(2 * Math.PI * t)),
        12,
      );
    }
    expect((await parseEdit("2*d1", names)).isPath).toBe(false);
  });

  it.each([
    ["2*frown", 'at character 3: there is no direction "frown"; there are smile, d1, d2'],
    ["d1 + +* d2", "at character 7"],
    ["", "not allowed"],
    ["3*t", "it is the number 0, not a combination"],
    ["d1 + 1", "at character 4: + joins a number and a direction"],
    ["smile*d1", "at character 6: * between directions"],
    ["2/d1", "/ between directions"],
    ["d1^2", "^ between directions"],
    ["5!*d1", "the operator ! is not allowed"],
    ["(5 > 3)*d1", "not allowed"],
    ["cos(d1)", "at character 1: cos takes numbers"],
    ["cos()*d1", "cos does not take 0 arguments"],
    ["sin(1, 2)*d1", "sin does not take 2 arguments"],
    ["d1/0", "the coefficient of d1 is Infinity"],
    ["1e400*d1", "the coefficient of d1 is Infinity"],
    ["log(0 - 1)*d1", "the coefficient of d1 is NaN"],
  ])("refuse %s", async (text, message) => {
    await expect(parseEdit(text, names)).rejects.toThrow(message);
    await expect(parseEdit(text, names)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each([
    "import({}, {})",
    'evaluate("1")*d1',
    'parse("1")',
    'simplify("d1")',
    'derivative("t", "t")*d1',
    'createUnit("foo")',
    "help(d1)",
    "constructor*d1",
    "toString()*d1",
    "__proto__",
    "hasOwnProperty(1)*d1",
    "cos.constructor",
    'd1["constructor"]',
    "cos(1).constructor",
    "f(x) = x",
    "d1 = 3",
    "a = import",
    '"text"',
    "[1, 2]*d1",
    "{a: 1}",
    "d1; d2",
    "true ? d1 : d2",
    "true*d1",
    "1:3",
    "d1 to d2",
    "sin(sin)*d1",
    "map([1], f(x) = x)",
  ])("lead nowhere outside: %s", async (text) => {
    await expect(parseEdit(text, names)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("refuse to be long, or deep", async () => {
    await expect(parseEdit(`d1${"+d1".repeat(700)}`, names)).rejects.toThrow("at most 2000 characters");
    expect(await coefficients(`d1${"+d1".repeat(600)}`)).toEqual([0, 601, 0]);
    await expect(parseEdit(`${"(".repeat(300)}d1${")".repeat(300)}`, names)).rejects.toThrow(
      "nested too deeply",
    );
  });

  it("fail at the time where a path leaves the numbers", async () => {
    const path = await parseEdit("1/(t - 1)*d1", names);
    expect(() => path.at(1)).toThrow("at t = 1 the coefficient of d1 is Infinity");
  });
});
