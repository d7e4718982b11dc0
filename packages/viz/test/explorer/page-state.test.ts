import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodePageState,
  encodeChoice,
  encodePageState,
  type PageState,
} from "../../src/explorer/page-state.ts";

const plain: PageState = { seed: 0, truncation: 1, kinds: ["basis", "sefa"], unit: "deviation", steps: {} };

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
        kinds: ["basis", "pca", "metric"],
        steps: { basis: [1], metric: [0, 2] },
        layers: [2, 5],
        layout: "hwc:64,64,3",
        from: "/blocks.0/Mul_output_0",
        to: "image & more",
        extents: { height: 8, "a:b=c": 12 },
        set: { label: [3], "a:b=c": [0.5, -1], "y:0": { onehot: 3 }, noise: { all: -0.5 } },
        anchor: Float32Array.of(0.1, -3e-20, 1e9),
      },
    ];
    for (const pageState of pageStates)
      expect(decodePageState(`#${encodePageState(pageState)}`)).toEqual(pageState);
  });

  it("have the layout as it is typed, and pass over what is none", () => {
    expect(encodeChoice({ layout: "classes:10,16,16" })).toBe("layout=classes:10,16,16");
    expect(decodePageState("layout=hw").layout).toBe("hw");
    expect(decodePageState("layout=whatever").layout).toBeUndefined();
  });

  it("set inputs beside the code readably, and pass over what is no number", () => {
    expect(encodeChoice({ set: { label: [3], "my mask": [1, 0] } })).toBe("set=label:3&set=my+mask:1,0");
    expect(decodePageState("set=label:three&set=:1&set=b&set=y:onehot:x&set=c:2").set).toEqual({ c: [2] });
  });

  it.each([
    ["0", 0],
    ["2", 2],
    ["2.5", 1],
    ["-0.1", 1],
    ["half", 1],
  ])("with truncation %s", (text, truncation) => {
    expect(decodePageState(`truncation=${text}`).truncation).toBe(truncation);
  });

  it.each([
    ["0-0", [0, 0]],
    ["2-2", [2, 2]],
    ["3-2", undefined],
    ["2", undefined],
  ])("with layers %s", (text, layers) => {
    expect(decodePageState(`layers=${text}`).layers).toEqual(layers);
  });

  it("are short", () => {
    expect(encodePageState({ ...plain, seed: 7, steps: { basis: [1.5, 0, -1, 0, 0], sefa: [0, 0] } })).toBe(
      "seed=7&basis=1.5,0,-1",
    );
  });

  it("without values for the directions of a file", () => {
    expect(encodePageState({ ...plain, kinds: ["file"], steps: { file: [1, 2] } })).toBe("seed=0");
  });

  it.each(["", "#nonsense", "#seed=-1&truncation=9&show=x&unit=y&basis=1,z&layers=3-1&at=%%", "#at=AADAfw"])(
    "pass over what they cannot read: %s",
    (hash) => {
      expect(decodePageState(hash)).toEqual(plain);
    },
  );

  it("are codes of one number and of many", () => {
    for (const numbers of [[1.5], [0], [1, -2, 3]]) {
      const anchor = Float32Array.from(numbers);
      expect(decodePageState(encodePageState({ ...plain, anchor })).anchor).toEqual(anchor);
    }
  });

  it("take sliders that were moved too far for moved to their ends", () => {
    expect(decodePageState("basis=1e9,-3.5,2&sefa=1e999").steps).toEqual({ basis: [3, -3, 2] });
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

  it("take any address, and write one that says the same", () => {
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
        const pageState = decodePageState(String(new URLSearchParams(parts)));
        const { seed, truncation, kinds, steps } = pageState;
        expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true);
        expect(truncation >= 0 && truncation <= 2).toBe(true);
        expect(kinds.length).toBeGreaterThan(0);
        for (const t of Object.values(steps).flat()) expect(Math.abs(t!)).toBeLessThanOrEqual(3);
        const written = encodePageState(pageState);
        expect(encodePageState(decodePageState(written))).toBe(written);
      }),
    );
  });
});
