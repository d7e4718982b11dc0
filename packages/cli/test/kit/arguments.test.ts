// Values of options, each at the last that is taken and the first that is not.

import { describe, expect, it } from "vitest";
import {
  assignment,
  bytes,
  extents,
  indexList,
  integer,
  number,
  percent,
  pictureSize,
  positive,
  positiveList,
  range,
  shareList,
} from "../../src/kit/arguments.ts";

const none = ["", " ", "x", "NaN", "1e", "--1"];

describe("numbers", () => {
  it.each<[string, (text: string) => number, [string, number][], string[]]>([
    [
      "integers from 2 to 5",
      integer(2, 5),
      [
        ["2", 2],
        ["5", 5],
        ["+3", 3],
        [" 4 ", 4],
      ],
      ["1", "6", "2.5", "3.0", "3e0", "-3", "Infinity"],
    ],
    [
      "integers of at least 0",
      integer(0),
      [
        ["0", 0],
        ["9007199254740991", Number.MAX_SAFE_INTEGER],
      ],
      ["-1", "9007199254740992"],
    ],
    [
      "numbers from −1 to 0.5",
      number(-1, 0.5),
      [
        ["-1", -1],
        ["0.5", 0.5],
        ["1e-3", 0.001],
      ],
      ["-1.01", "0.51", "Infinity"],
    ],
    [
      "positive numbers",
      positive,
      [
        ["5e-324", 5e-324],
        ["1e308", 1e308],
      ],
      ["0", "-1", "Infinity", "1e309"],
    ],
    [
      "percentages",
      percent,
      [
        ["14.09", 14.09],
        ["0.01", 0.01],
      ],
      ["14.1", "0", "-1"],
    ],
    [
      "sizes",
      bytes,
      [
        ["1", 1],
        ["1.5K", 1536],
        ["2k", 2048],
        ["3M", 3 * 2 ** 20],
        ["1GiB", 2 ** 30],
        ["2 TB", 2 ** 41],
        ["0.001K", 1],
      ],
      ["0", "0.0009K", "-1", "1P", "1e3"],
    ],
  ])("%s", (_, parse, taken, refused) => {
    expect(taken.map(([text]) => parse(text))).toEqual(taken.map(([, value]) => value));
    for (const text of [...refused, ...none]) expect(() => parse(text), text).toThrow(/Expected/);
  });

  it("say which would do", () => {
    expect(() => integer(2, 5)("6")).toThrow("Expected an integer from 2 to 5.");
    expect(() => integer(2)("1")).toThrow("Expected an integer of at least 2.");
    expect(() => integer(0)("9007199254740992")).toThrow("Expected an integer from 0 to 9007199254740991.");
    expect(() => number(0, 1)("2")).toThrow("Expected a number from 0 to 1.");
  });
});

describe("lists", () => {
  it("of positive numbers", () => {
    expect(positiveList("0.1,2, 3")).toEqual([0.1, 2, 3]);
    for (const text of ["", "1,", "1,0", "1,-2", "1;2"]) expect(() => positiveList(text)).toThrow("positive");
    expect(() => positiveList("0.1,2,1e-1")).toThrow("0.1 is there twice");
    expect(shareList("0.999,0.01")).toEqual([0.999, 0.01]);
    for (const text of ["1", "0.1,2"]) expect(() => shareList(text)).toThrow("above 0 and below 1");
    expect(() => shareList("0.1,0.1")).toThrow("twice");
  });

  it("of indices, sorted and each once; ranges hold both ends", () => {
    expect(indexList("0-3")).toEqual([0, 1, 2, 3]);
    expect(indexList("10,2,2-3, 0 - 1")).toEqual([0, 1, 2, 3, 10]);
    expect(indexList("4-4")).toEqual([4]);
    for (const text of ["", "1,", "3-2", "-1", "1-", "1.5"]) expect(() => indexList(text)).toThrow("indices");
  });

  it("of indices, up to ten thousand and one in a range", () => {
    expect(indexList("7-10007")).toHaveLength(10_001);
    expect(() => indexList("7-10008")).toThrow("indices");
  });

  it("of two numbers, ascending", () => {
    expect([range("-1,1"), range("0, 255"), range("1,1.0001")]).toEqual([
      [-1, 1],
      [0, 255],
      [1, 1.0001],
    ]);
    for (const text of ["1,1", "1,-1", "1", "0,1,2", "a,1", "0,Infinity", "-1e308,1e308"]) {
      expect(() => range(text), text).toThrow("LOW < HIGH");
    }
  });

  it("of one or two sides in pixels", () => {
    expect([pictureSize("1"), pictureSize("99999"), pictureSize("4, 12")]).toEqual([
      [1, 1],
      [99_999, 99_999],
      [4, 12],
    ]);
    for (const text of ["0", "100000", "4,0", "4,", ",4", "1,2,3", "-4", "4.5", "4x4"]) {
      expect(() => pictureSize(text), text).toThrow("SIDE or HEIGHT,WIDTH");
    }
  });
});

describe("values by name", () => {
  it("are collected, each name once", () => {
    const first = assignment("z=1,2");
    expect(assignment("c=onehot:3", first)).toMatchObject({ z: expect.anything(), c: expect.anything() });
    expect(assignment("m=a/B.NPY")).toEqual({ m: { file: "a/B.NPY" } });
    expect(assignment("a=b=2.npy")).toEqual({ a: { file: "b=2.npy" } });
    expect(() => assignment("z=3", first)).toThrow('"z" is set twice');
    for (const text of ["z", "=1", "z=", "z=a,b", "=x.npy"])
      expect(() => assignment(text)).toThrow("Expected NAME");
  });

  it("extents belong to the name before them", () => {
    expect(extents("z=4,8,8")).toEqual(new Map([["z", [4, 8, 8]]]));
    expect(extents("h=8,w=6,7", new Map([["z", [4]]]))).toEqual(
      new Map([
        ["z", [4]],
        ["h", [8]],
        ["w", [6, 7]],
      ]),
    );
    expect(extents("h=999999999")).toEqual(new Map([["h", [999_999_999]]]));
    expect(() => extents("h=1", new Map([["h", [1]]]))).toThrow('"h" is given a shape twice');
    expect(() => extents("h=1,h=2")).toThrow("twice");
    for (const text of ["8", "h=0", "h=1000000000", "h=", "h=-1", "h=1.5", "=4"]) {
      expect(() => extents(text), text).toThrow("Expected INPUT=EXTENT");
    }
  });
});
