import { VielbeinError } from "@vielbein/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodePageState,
  encodeChoice,
  encodePageState,
  FRESH,
  type PageState,
} from "../../src/explorer/page-state.ts";

const plain = FRESH;

/** Writes a state that addresses have. */
function written(pageState: PageState): string {
  const text = encodePageState(pageState);
  if (text === undefined) throw new Error("There is no address for this state.");
  return text;
}

/** What the page says of a damaged address. */
function damage(hash: string): string {
  try {
    decodePageState(hash);
  } catch (error) {
    expect(error).toBeInstanceOf(VielbeinError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT" });
    return (error as VielbeinError).message;
  }
  throw new Error(`"${hash}" is an address.`);
}

describe("pageStates in an address", () => {
  it("come back as they were", () => {
    const pageStates: PageState[] = [
      plain,
      {
        ...plain,
        seed: 7,
        truncation: 0.7,
        kinds: ["sefa"],
        unit: "change",
        steps: { sefa: [1.5, 0, -0.05] },
      },
      {
        ...plain,
        kinds: ["basis", "pca", "metric", "region"],
        steps: { basis: [1], metric: [0, 2], region: [-1] },
        region: { outside: "keep", mask: { width: 3, height: 2, data: Uint8Array.of(0, 1, 1, 0, 1, 0) } },
        layers: [2, 5],
        layout: "hwc:64,64,3",
        from: "/blocks.0/Mul_output_0",
        to: "image & more",
        extents: { height: 8, "a:b=c": 12 },
        set: { label: [3], "a:b=c": [0.5, -1], "y:0": { onehot: 3 }, noise: { all: -0.5 } },
        anchor: Float32Array.of(0.1, -3e-20, 1e9),
      },
      { ...plain, checkpoint: { label: 0 } },
      { ...plain, checkpoint: { label: 3, activation: "leaky_relu:0.2,tanh", size: 64 } },
    ];
    for (const pageState of pageStates) expect(decodePageState(`#${written(pageState)}`)).toEqual(pageState);
  });

  it("have the layout as it is typed", () => {
    expect(encodeChoice({ layout: "classes:10,16,16" })).toBe("layout=classes:10,16,16");
    expect(decodePageState("layout=hw").layout).toBe("hw");
  });

  it("set inputs beside the code readably", () => {
    expect(encodeChoice({ set: { label: [3], "my mask": [1, 0] } })).toBe("set=label:3&set=my+mask:1,0");
  });

  it.each(["0", "0.7", "2"])("have truncations from 0 to 2: %s", (text) => {
    expect(decodePageState(`truncation=${text}`).truncation).toBe(Number(text));
  });

  it.each([
    ["0-0", [0, 0]],
    ["2-2", [2, 2]],
    ["0-11", [0, 11]],
  ])("have ranges of layers: %s", (text, layers) => {
    expect(decodePageState(`layers=${text}`).layers).toEqual(layers);
  });

  it("are short", () => {
    expect(written({ ...plain, seed: 7, steps: { basis: [1.5, 0, -1, 0, 0], sefa: [0, 0] } })).toBe(
      "seed=7&basis=1.5,0,-1",
    );
  });

  it("without values for the directions of a file", () => {
    expect(encodePageState({ ...plain, kinds: ["file"], steps: { file: [1, 2] } })).toBe("seed=0");
  });

  it.each(["", "#", "#nonsense", "#%E0%A4%A=%&utm=x"])("pass over what is not theirs: %s", (hash) => {
    expect(decodePageState(hash)).toEqual(plain);
  });

  it.each([
    ["seed", ["", "-1", "1.5", "x", "9007199254740993", "0x10", "NaN"]],
    ["truncation", ["", "2.5", "-0.1", "half", "Infinity"]],
    ["from", [""]],
    ["to", [""]],
    ["set", ["label:three", ":1", "b", "y:onehot:x", "a:"]],
    ["axis", ["h", "h:0", "h:-1", "h:1.5", "h:1000000", ":4"]],
    ["label", ["", "-1", "1.5", "cat"]],
    ["activation", [""]],
    ["size", ["", "0", "64.5"]],
    ["layout", ["", "whatever", "hw:0,4"]],
    ["layers", ["", "2", "3-2", "-1-2", "0-1e3", "0-99999999999999999999"]],
    ["show", ["", "x", "basis,x", "file"]],
    ["unit", ["", "y"]],
    ["basis", ["", "1,z", "1,,2", "NaN"]],
    ["at", ["", "%%", "AADAfw", "AACAPwA", "AAC", "€"]],
  ])("are refused whole for a damaged `%s`, which is named", (key, values) => {
    for (const value of values) {
      const parts = new URLSearchParams({ seed: "7", basis: "1.5" });
      parts.set(key, value);
      expect(damage(`#${parts}`)).toContain(`The address of this page is damaged: \`${key}\` must be `);
      expect(damage(`#${parts}`)).toContain(`, got "${value}". The page starts afresh`);
    }
  });

  it("are refused where they say a thing twice", () => {
    expect(damage("seed=1&seed=2")).toContain('got "1" and "2"');
    expect(damage("set=a:1&set=a:2")).toContain("each input once");
    expect(damage("axis=h:1&axis=h:1")).toContain("each axis once");
  });

  it("are quoted in brief", () => {
    expect(damage(`seed=${"9".repeat(100_000)}`).length).toBeLessThan(500);
    expect(damage(`basis=${"1,".repeat(100_000)}`).length).toBeLessThan(500);
  });

  it("are not written for what could not be read again", () => {
    for (const pageState of [
      { ...plain, seed: 1.5 },
      { ...plain, seed: Number.NaN },
      { ...plain, truncation: 3 },
      { ...plain, from: "" },
      { ...plain, extents: { h: 0 } },
      { ...plain, steps: { basis: [Number.NaN] } },
    ]) {
      expect(encodePageState(pageState)).toBeUndefined();
    }
    expect(() => encodeChoice({ extents: { height: 2_000_000 } })).toThrow(/from 1 to 999999/);
  });

  it("are codes of one number and of many", () => {
    for (const numbers of [[1.5], [0], [1, -2, 3]]) {
      const anchor = Float32Array.from(numbers);
      expect(decodePageState(written({ ...plain, anchor })).anchor).toEqual(anchor);
    }
  });

  it("take sliders that were moved too far for moved to their ends", () => {
    expect(decodePageState("basis=1e9,-3.5,2&sefa=1e999").steps).toEqual({
      basis: [3, -3, 2],
      sefa: [3],
    });
  });

  it("set inputs of any name, and none that an object has by itself", () => {
    const { set } = decodePageState("set=__proto__:1&set=toString:2");
    expect(Object.entries(set!)).toEqual([
      ["__proto__", [1]],
      ["toString", [2]],
    ]);
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
    expect(encodeChoice({ set: set! })).toBe("set=__proto__:1&set=toString:2");
  });

  it("take any address whole, or refuse it with our own error; and write one that says the same", () => {
    let taken = 0;
    const key = fc.constantFrom(
      "seed",
      "truncation",
      "show",
      "unit",
      "basis",
      "pca",
      "from",
      "to",
      "set",
      "layers",
      "at",
    );
    const value = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double().map(String),
      fc.array(fc.double(), { maxLength: 4 }).map(String),
      fc.constantFrom(
        "basis,pca",
        "change",
        "0-2",
        "label:3",
        "y:onehot:1",
        "AACAPw",
        "AACAPwA",
        "__proto__:1",
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 8 }), (parts) => {
        const hash = String(new URLSearchParams(parts));
        let pageState: PageState;
        try {
          pageState = decodePageState(hash);
        } catch (error) {
          expect(error).toBeInstanceOf(VielbeinError);
          return;
        }
        taken++;
        const { seed, truncation, kinds, steps } = pageState;
        expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
        expect(truncation >= 0 && truncation <= 2).toBe(true);
        expect(kinds.length).toBeGreaterThan(0);
        for (const t of Object.values(steps).flat()) expect(Math.abs(t!)).toBeLessThanOrEqual(3);
        const text = written(pageState);
        expect(decodePageState(text)).toEqual(pageState);
        expect(written(decodePageState(text))).toBe(text);
      }),
    );
    expect(taken).toBeGreaterThan(0);
  });
});
