// Small functions of the command line by themselves, at their limits: rows of codes, numbers of directions, pairs, kept
// rows, directions of other programs, expressions, progress.

import { type Provenance, samplePoints } from "@vielbein/core";
import { warpagePair } from "@vielbein/core/tangent-spaces";
import { matrix } from "@vielbein/linalg";
import { type NpyArray, readNpz, writeNpz } from "@vielbein/linalg/npy";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseEdit } from "../src/commands/edit/expression.ts";
import { arrayPath } from "../src/inputs/array-files.ts";
import type { CodeSource } from "../src/inputs/codes.ts";
import { atMost, existing, wantedPairs } from "../src/inputs/direction-counts.ts";
import { type ForeignOptions, foreignDirections, openArrays } from "../src/inputs/foreign-directions.ts";
import { pairsOf, twosOf } from "../src/inputs/pairs.ts";
import { chooseCodes, type Points, pointRange, pointsAt } from "../src/inputs/points-file.ts";
import { columnOf } from "../src/kit/columns.ts";
import { shapeText } from "../src/kit/names.ts";
import { routeCell, routeOf, routesAmong, withRoutes } from "../src/kit/routes.ts";
import { type Columns, encodeRows, NOT_NEGATIVE, openRows, SPECTRUM } from "../src/kit/row-file.ts";
import { info, oneLine, Progress, print, shown, type Terminal } from "../src/kit/terminal.ts";

const space = { name: "z", dim: 2, shape: [2], prior: { kind: "normal" } as const };
const provenance: Provenance = {
  tool: "vielbein 0",
  method: "m",
  model: { file: "g.onnx", sha256: "00", opset: 17 },
  from: space,
  to: space,
  points: { seed: 3, prior: { kind: "normal" }, first: 0, count: 2 },
  options: { k: 1 },
  runtime: "r",
};
const { signal } = new AbortController();

function terminalOf(isTTY = false, quiet = false) {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    stdout: { write: (text) => out.push(String(text)) },
    stderr: { write: (text) => err.push(String(text)), isTTY },
    reports: "stdout",
    quiet,
  };
  return { terminal, out, err };
}

describe("codes", () => {
  const file = { file: "p.npy", sha256: "0", count: 9 };
  const points = (count: number): Points => ({
    values: Float32Array.from({ length: 2 * count }, (_, i) => i),
    count,
    source: file,
  });

  it("ranges and lists of them are told from each other", () => {
    expect(pointRange(file, 2, 3)).toEqual({ ...file, first: 2, count: 3 });
    expect(pointsAt(file, [4, 5, 6])).toEqual({ ...file, first: 4, count: 3 });
    expect(pointsAt(file, [4])).toEqual({ ...file, first: 4, count: 1 });
    expect(pointsAt(file, [4, 6, 5])).toEqual({ ...file, first: 4, count: 3, indices: [4, 6, 5] });
    expect(pointsAt(file, [6, 7, 4])).toEqual({ ...file, first: 4, count: 3, indices: [6, 7, 4] });
  });

  it("--sample counts rows of a file, and is where samples begin", () => {
    const chosen = (choice: { points?: string; sample: number }, least?: number, most?: number) =>
      chooseCodes(points(4), 2, choice, least, most).map((code) => [...code]);
    expect(chosen({ sample: 7 })).toEqual([[0, 1]]);
    expect(chosen({ points: "p.npy", sample: 3 })).toEqual([[6, 7]]);
    expect(chosen({ points: "p.npy", sample: 2 }, 2)).toEqual([
      [4, 5],
      [6, 7],
    ]);
    expect(chosen({ points: "p.npy", sample: 1 }, 1, 9)).toHaveLength(3);
    expect(chosen({ points: "p.npy", sample: 1 }, 1, 2)).toHaveLength(2);
    expect(() => chosen({ points: "p.npy", sample: 4 })).toThrow(/"p.npy" has rows 0 to 3, got 4\./);
    expect(() => chosen({ points: "p.npy", sample: 3 }, 2)).toThrow(/rows 0 to 3, asked for 3 to 4\./);
    expect(() => chosen({ sample: 9 }, 5)).toThrow(/"inputs that are set" has rows 0 to 3, asked for 0 to 4/);
  });

  it("a file in an archive has the archive's name before it", () => {
    expect(arrayPath("a.npz:b")).toEqual({ path: "a.npz", name: "b" });
    expect(arrayPath("c:/a.NPZ:b:c")).toEqual({ path: "c:/a.NPZ", name: "b:c" });
    expect(arrayPath("a.safetensors:w").name).toBe("w");
    for (const alone of ["a.npz", "a.npz:", "a.npy:b", "npz:b"]) expect(arrayPath(alone).path).toBe(alone);
  });

  const source = (given: number, isSingle = false) =>
    ({
      isSingle,
      take: async (first: number, count: number) =>
        given > 0
          ? points(given)
          : { values: samplePoints(space, 3, first, count), count, source: provenance.points },
    }) as unknown as CodeSource;
  const wanted = (more: object) => ({
    ...{ what: "a pair", stride: 3, points: undefined, pairs: undefined, preset: 5 },
    ...more,
  });

  it("two of them are samples a stride apart, or rows that follow each other", async () => {
    const drawn = await twosOf(space, source(0), wanted({}), signal);
    expect([drawn.total, drawn.source]).toEqual([5, { ...provenance.points, first: 0, count: 15 }]);
    const [a, b] = await drawn.at(2);
    expect([a, b]).toEqual([samplePoints(space, 3, 6, 1), samplePoints(space, 3, 7, 1)]);
    const read = await twosOf(space, source(5), wanted({ points: "p.npy" }), signal);
    expect([read.total, read.source]).toEqual([2, { ...file, first: 0, count: 4 }]);
    expect((await read.at(1)).map((code) => [...code])).toEqual([
      [4, 5],
      [6, 7],
    ]);
    const few = await twosOf(space, source(5), wanted({ points: "p.npy", pairs: 1 }), signal);
    expect([few.total, few.source]).toEqual([1, { ...file, first: 0, count: 2 }]);
    await expect(twosOf(space, source(2), wanted({ points: "p.npy" }), signal)).resolves.toMatchObject({
      total: 1,
    });
    await expect(twosOf(space, source(1), wanted({ points: "p.npy" }), signal)).rejects.toThrow(
      /has 1 row, but a pair/,
    );
    await expect(twosOf(space, source(3, true), wanted({}), signal)).rejects.toMatchObject({
      code: "INVALID_SPACE",
    });
  });

  it("pairs have the direction of their number under the seed", async () => {
    const pairs = await pairsOf(space, source(0), { seed: 3, pairs: 4 }, signal);
    const pair = await pairs.pairAt(2);
    expect(pair).toEqual(warpagePair(space, 3, 2));
  });
});

describe("numbers of directions", () => {
  it("beyond those there are, all are taken, and that is said", () => {
    const { terminal, err } = terminalOf();
    expect([atMost(4, 4, "--k", terminal), atMost(4, undefined, "--k", terminal)]).toEqual([4, undefined]);
    expect(err).toEqual([]);
    expect(atMost(4, 5, "--k", terminal)).toBe(4);
    expect(err.splice(0)).toEqual(["--k: there are 4, not 5: all of them are taken\n"]);
    expect(existing(9, undefined, "--axes", terminal)).toEqual([0, 1, 2, 3, 4]);
    expect(existing(3, undefined, "--axes", terminal)).toEqual([0, 1, 2]);
    expect(existing(3, [0, 2], "--axes", terminal)).toEqual([0, 2]);
    expect(err).toEqual([]);
    expect(existing(3, [2, 3, 7], "--axes", terminal)).toEqual([2]);
    expect(err.splice(0)).toEqual(["--axes: there are 0 to 2 only: the others are left out\n"]);
    expect(() => existing(3, [3], "--axes", terminal)).toThrow(/--axes: there are 0 to 2, got 3\./);
  });

  it("of the metric: all where there is room, the leading ones where there is not", () => {
    const { terminal, err } = terminalOf();
    const map = { from: { name: "z", dim: 64, shape: [64] } };
    // Eight matrices of eight bytes an entry.
    const room = 64 * 64 * 64;
    expect(wantedPairs(map, { memory: room }, terminal)).toBeUndefined();
    expect(wantedPairs(map, { k: 3, memory: 1 }, terminal)).toBe(3);
    expect(err).toEqual([]);
    expect(wantedPairs(map, { memory: room - 1 }, terminal)).toBe(32);
    expect(err.splice(0).join()).toMatch(/the metric, 64 × 64, .* the leading 32 of 64 eigenpairs/);
    expect(wantedPairs(map, { k: 99, memory: room }, terminal)).toBe(64);
    expect(err.join()).toMatch(/there are 64, not 99/);
  });
});

describe("kept rows", () => {
  interface Kept {
    readonly index: number;
    readonly values: Float64Array;
    readonly gaps: Float64Array;
    readonly basis: ReturnType<typeof matrix>;
    readonly point: Float32Array;
  }
  const columns: Columns<Kept> = {
    index: { shape: [], isWhole: true, range: [0, 5], at: (row) => (row < 2 ? row : undefined) },
    values: { shape: [3], ...SPECTRUM },
    gaps: { shape: [2], hasGaps: true, isDescending: true },
    basis: { shape: [2, 2] },
    point: { shape: [2], dtype: "f4", at: (row) => [row + 1, -row - 1], tolerance: 0.5 },
  };
  const nan = Number.NaN;
  const row = (index: number): Kept => ({
    index,
    values: Float64Array.of(3, 2, 0),
    gaps: Float64Array.of(1, nan),
    basis: matrix(2, 2, [1, 2, 3, 4]),
    point: Float32Array.of(index + 1.5, -index - 1),
  });
  const bytes = encodeRows([row(0), row(1), row(2)], columns, provenance);

  it("come back as they were", async () => {
    const kept = openRows<Kept>(bytes, "f");
    expect(kept.provenance).toEqual(provenance);
    expect(await kept.rows(columns)).toEqual([row(0), row(1), row(2)]);
    expect(() => encodeRows([{ ...row(0), values: new Float64Array(2) }], columns, provenance)).toThrow(
      /values is declared with 3 numbers a row, got 2/,
    );
  });

  const changed = async (
    name: keyof Kept,
    change: (array: { shape: number[]; data: NpyArray["data"] }) => void,
  ) => {
    const arrays = Object.fromEntries(
      Object.entries(readNpz(bytes)).map(([key, { shape, data }]) => [
        key,
        { shape: [...shape], data: data.slice() },
      ]),
    );
    change(arrays[name]! as never);
    return openRows<Kept>(writeNpz(arrays as never), "f").rows(columns);
  };
  const set = (at: number, value: number) => (array: { data: NpyArray["data"] }) => {
    array.data[at] = value;
  };

  it.each([
    ["values", 0, nan, /"values" holds NaN in row 0\./],
    ["values", 4, Number.POSITIVE_INFINITY, /"values" holds Infinity in row 1/],
    ["values", 8, -1e-300, /"values" holds -1e-300 in row 2/],
    ["values", 1, 3.5, /"values" holds 3.5 in row 0 after 3, and must descend/],
    ["gaps", 0, Number.NEGATIVE_INFINITY, /"gaps" holds -Infinity/],
    ["gaps", 1, 2, /"gaps" holds 2 in row 0 after 1/],
    ["index", 2, 2.5, /"index" holds 2.5 in row 2/],
    ["index", 2, 6, /"index" holds 6 in row 2/],
    ["index", 1, 2, /"index" holds 2 in row 1, where seed and options give 1/],
    ["basis", 3, nan, /"basis" holds NaN in row 0/],
    ["point", 0, 1.625, /"point" holds 1.625 in row 0, where seed and options give 1/],
    ["point", 0, nan, /"point" holds NaN in row 0, where/],
  ] as const)("of %s: entry %d is not %d", async (name, at, value, message) => {
    await expect(changed(name, set(at, value))).rejects.toThrow(message);
  });

  it.each([
    ["values", 1, 3],
    ["values", 2, 2],
    ["gaps", 1, 1],
    ["gaps", 0, nan],
    ["index", 2, 5],
    ["index", 2, 0],
    ["point", 0, 0.5],
    ["basis", 3, -1e300],
  ] as const)("of %s: entry %d may be %d", async (name, at, value) => {
    expect(await changed(name, set(at, value))).toHaveLength(3);
  });

  it("have the shapes and types of the computation, and no other columns", async () => {
    await expect(changed("values", (array) => array.shape.splice(0, 2, 9))).rejects.toThrow(
      /"values" has shape \[9\], not \[3,3\]/,
    );
    await expect(
      changed("values", (array) => {
        array.data = Float32Array.from(array.data as Float64Array);
      }),
    ).rejects.toThrow(/has elements of type f4, not f8/);
    const { values: _, ...fewer } = columns;
    await expect(openRows<Kept>(bytes, "f").rows(fewer as never)).rejects.toThrow(
      /"values" is not a column of this/,
    );
    await expect(
      openRows<Kept>(bytes, "f").rows({ ...columns, more: { shape: [] } } as never),
    ).rejects.toThrow(/"more" is missing/);
    expect(NOT_NEGATIVE.range).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it("name their routes, which the provenance lists once each and in one order", () => {
    const [matrixRow, products] = [{ route: routeCell("matrix") }, { route: routeCell("products") }];
    expect([routeOf(products), routeOf({})]).toEqual(["products", undefined]);
    expect(routesAmong([undefined, "products", "matrix", "products"])).toEqual(["matrix", "products"]);
    expect(withRoutes(provenance, [products, matrixRow]).options).toEqual({
      k: 1,
      routes: ["matrix", "products"],
    });
    expect(withRoutes(provenance, [{}])).toBe(provenance);
    expect([...columnOf(matrix(2, 3, [1, 2, 3, 4, 5, 6]), 2)]).toEqual([3, 6]);
  });
});

describe("directions of other programs", () => {
  const file = (arrays: Record<string, readonly [number[], number[]]>) =>
    openArrays(
      writeNpz(
        Object.fromEntries(
          Object.entries(arrays).map(([name, [shape, data]]) => [
            name,
            { shape, data: Float64Array.from(data) },
          ]),
        ),
      ),
      "f.npz",
    );
  const read = (shape: number[], data: number[], options: Partial<ForeignOptions> = {}) =>
    foreignDirections(file({ a: [shape, data] }), { space: "w", ...options } as ForeignOptions);
  const said = (...args: Parameters<typeof read>) => read(...args).assumed;

  it("rows or columns, by the space's shape, the option, or as rows", () => {
    expect([...read([2, 3], [1, 2, 3, 4, 5, 6]).vectors.data]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...read([2, 3], [1, 2, 3, 4, 5, 6], { columns: true }).vectors.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(read([3, 2], [1, 2, 3, 4, 5, 6], { shape: [3] }).vectors).toMatchObject({ rows: 3, cols: 2 });
    expect(said([2, 2], [1, 0, 0, 1], { shape: [2] })).toEqual([
      "a [2, 2] holds 2 directions of w [2], its rows",
      "a square matrix does not tell rows from columns: rows were taken",
      "they have length 1",
    ]);
    expect(said([2, 2], [1, 0, 0, 1], { columns: true })[1]).toMatch(/columns were taken/);
    expect(said([2], [1, 0])[0]).toBe("a [2] holds 1 direction of w [2]");
    expect(said([1, 1, 2], [1, 0])[0]).toBe("a [1, 1, 2] holds 1 direction of w [2], its rows");
    expect(read([2, 1, 2], [1, 0, 0, 1]).shape).toEqual([2]);
    expect(read([2, 3, 1], [1, 2, 3, 4, 5, 6]).shape).toEqual([3, 1]);
    for (const [shape, options] of [
      [[2, 3], { shape: [4] }],
      [[0, 3], {}],
      [[2, 0], {}],
    ] as const) {
      expect(() => read([...shape], Array(shape[0] * shape[1]).fill(1), options as never)).toThrow(
        /does not hold directions/,
      );
    }
  });

  it("lengths near 1 are 1; others are told, and made 1 if asked for", () => {
    expect(said([1, 2], [1 + 0.99e-4, 0])[1]).toBe("they have length 1");
    expect(said([1, 2], [0, 1 - 0.99e-4])[1]).toBe("they have length 1");
    expect(said([1, 2], [1 + 1.01e-4, 0])[1]).toMatch(/^their lengths, 1\.0001, are kept/);
    expect(said([1, 2], [1 - 1.01e-4, 0])[1]).toMatch(/^their lengths, 0\.99990, are kept/);
    expect(said([2, 2], [3, 4, 0, 2])[2]).toMatch(/^their lengths, 2\.0000 to 5\.0000, are kept/);
    const made = read([2, 2], [3, 4, 0, 2], { normalize: true });
    expect(made.assumed[2]).toBe("their lengths, 2.0000 to 5.0000, were made 1");
    expect([...made.vectors.data].map((x) => Number(x.toFixed(12)))).toEqual([0.6, 0, 0.8, 1]);
    // Lengths whose squares are beyond float64.
    expect(said([1, 2], [3e200, 4e200])[1]).toMatch(/5\.0000e\+200/);
    expect(said([1, 2], [3e-200, 4e-200])[1]).toMatch(/5\.0000e-200/);
    for (const bad of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => read([2, 2], [1, 1, bad, bad === 0 ? 0 : 1])).toThrow(/that of direction 1 is/);
    }
  });

  it("values are those of as many directions; of several arrays one must be named", () => {
    const archive = (values: number[]) =>
      foreignDirections(
        file({
          lat_comp: [
            [2, 1, 2],
            [1, 0, 0, 1],
          ],
          lat_stdev: [[values.length], values],
        }),
        { space: "w" } as ForeignOptions,
      );
    expect([...archive([5, 4]).values!.values]).toEqual([5, 4]);
    expect(archive([5, 4]).values!.kind).toBe("standard deviation");
    expect(archive([5, 4, 3]).values).toBeUndefined();
    expect(archive([5, 4]).assumed.join()).toMatch(/GANSpace ran in/);
    const two = file({
      a: [
        [1, 2],
        [1, 0],
      ],
      b: [
        [1, 2],
        [0, 1],
      ],
      c: [[], [7]],
    });
    expect(() => foreignDirections(two, { space: "w" } as ForeignOptions)).toThrow(
      /not clear which array .*a \[1,2\], b \[1,2\], c \[\]/,
    );
    expect(foreignDirections(two, { space: "w", name: "b" } as ForeignOptions).array).toBe("b");
    expect(() => foreignDirections(two, { space: "w", name: "d" } as ForeignOptions)).toThrow(/no array "d"/);
    // A number beside one array is no array of directions.
    expect(
      foreignDirections(
        file({
          a: [
            [1, 2],
            [1, 0],
          ],
          c: [[], [7]],
        }),
        { space: "w" } as ForeignOptions,
      ).array,
    ).toBe("a");
  });
});

describe("expressions", () => {
  const names = ["d0", "d1"];
  const value = async (text: string, t = 0) => (await parseEdit(`(${text})*d0`, names)).at(t)[0];
  const refusal = async (text: string, own = names) =>
    parseEdit(text, own).then(
      () => "taken",
      ({ message }: Error) => message,
    );

  it.each([
    ["sin(1)", Math.sin(1)],
    ["cos(1)", Math.cos(1)],
    ["tan(1)", Math.tan(1)],
    ["asin(0.5)", Math.asin(0.5)],
    ["acos(0.5)", Math.acos(0.5)],
    ["atan(2)", Math.atan(2)],
    ["atan2(1, -2)", Math.atan2(1, -2)],
    ["sinh(1)", Math.sinh(1)],
    ["cosh(1)", Math.cosh(1)],
    ["tanh(1)", Math.tanh(1)],
    ["exp(2)", Math.exp(2)],
    ["log(2)", Math.log(2)],
    ["sqrt(2)", Math.SQRT2],
    ["abs(-3)", 3],
    ["sign(-3)", -1],
    ["floor(-1.5)", -2],
    ["ceil(-1.5)", -1],
    ["round(2.5)", 3],
    ["min(2, 1, 3)", 1],
    ["max(2, 3, 1)", 3],
    ["min(2)", 2],
    ["tau", 2 * Math.PI],
    ["e + pi", Math.E + Math.PI],
    ["-2^2", -4],
    ["7 - 2 - 1", 4],
    ["8/2/2", 2],
    ["+3", 3],
  ] as const)("%s is what mathematics says", async (text, expected) => {
    expect(await value(text)).toBeCloseTo(expected, 14);
  });

  it("directions are added, subtracted, scaled from either side, and divided", async () => {
    const of = async (text: string) => [...(await parseEdit(text, names)).at(0)];
    expect(await of("d0*2 - (d1 - d0)/4")).toEqual([2.25, -0.25]);
    expect(await of("-d0 + +d1 - 3*d1")).toEqual([-1, -2]);
    expect(await of("d0 - d0")).toEqual([0, 0]);
  });

  it("what makes no direction is refused where it stands", async () => {
    expect(await refusal("2")).toMatch(/it is the number 2, not a combination/);
    expect(await refusal("d0 + 1")).toMatch(/at character 4: \+ joins a number and a direction/);
    expect(await refusal("1 - d0")).toMatch(/at character 3: - joins/);
    expect(await refusal("d0*d1")).toMatch(/at character 3: \* between directions/);
    expect(await refusal("2/d1")).toMatch(/at character 2: \/ between/);
    expect(await refusal("d0^2")).toMatch(/\^ between/);
    expect(await refusal("(5 % 2)*d0")).toMatch(/at character 4: the operator % is not allowed/);
    expect(await refusal("atan2(1)*d0")).toMatch(/at character 1: atan2 does not take 1 arguments/);
    expect(await refusal("atan2(1, 2, 3)*d0")).toMatch(/does not take 3/);
    expect(await refusal("sin(1, 2)*d0")).toMatch(/sin does not take 2/);
    expect(await refusal("min()*d0")).toMatch(/min does not take 0/);
    expect(await refusal("sin(d0)")).toMatch(/sin takes numbers/);
    expect(await refusal("d0 + d2")).toMatch(
      /at character 6: there is no direction "d2"; there are d0, d1, and/,
    );
    expect(await refusal("d0*1/0")).toMatch(/the coefficient of d0 is Infinity/);
    expect(await refusal("toString*d0")).toMatch(/no direction "toString"/);
    expect(await refusal("constructor(1)*d0")).toMatch(/no function "constructor"/);
  });

  it("two thousand characters are taken; of more than twelve names some are told", async () => {
    const long = `d0${"+d1".repeat(666)}`;
    expect([long.length, await refusal(long), await refusal(`${long} `)]).toEqual([
      2000,
      "taken",
      expect.stringMatching(/at most 2000 characters, got 2001/),
    ]);
    const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
    expect(await refusal("x", many(12))).toContain(`there are ${many(12).join(", ")}, and`);
    expect(await refusal("x", many(13))).toContain(`there are ${many(10).join(", ")}, … n12, and`);
  });
});

it("of a shape with more than twelve axes the first and the last are told", () => {
  const axes = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(shapeText(axes(12))).toBe("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]");
  expect(shapeText(axes(3001))).toBe("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …, 3000]");
  expect(shapeText([])).toBe("[]");
});

describe("what is printed", () => {
  afterEach(() => vi.useRealTimers());

  it("texts as they are, documents as JSON, where reports go; remarks on one line, unless quiet", () => {
    const { terminal, out, err } = terminalOf();
    print(terminal, "a\n");
    print(terminal, { a: [1] });
    info(terminal, "one \n  two");
    expect([out, err]).toEqual([["a\n", '{\n  "a": [\n    1\n  ]\n}\n'], ["one two\n"]]);
    print({ ...terminal, reports: "stderr" }, "b");
    expect(err).toEqual(["one two\n", "b"]);
    const silent = terminalOf(true, true);
    info(silent.terminal, "x");
    const progress = new Progress(silent.terminal, "steps", 4);
    progress.step(1);
    progress.done();
    expect(silent.err).toEqual([]);
    expect(oneLine("a\n\n b")).toBe("a b");
    expect(shown("\u001b[1mbold\u001b[22m\u001b[31m\u202e\t\n")).toBe(
      "\u001b[1mbold\u001b[22m\\u001b[31m\\u202e\t\n",
    );
  });

  it("a terminal has a bar, redrawn; other streams have a line now and then", () => {
    const bar = terminalOf(true);
    const progress = new Progress(bar.terminal, "steps", 48);
    progress.step(12);
    progress.step(48);
    progress.done();
    const plain = bar.err.map((text) => text.replace(new RegExp(`${"\u001b"}\\[\\d*[mK]`, "g"), ""));
    expect(plain).toEqual([
      `\rsteps ${"─".repeat(24)} 0/48`,
      `\rsteps ${"━".repeat(6)}${"─".repeat(18)} 12/48`,
      `\rsteps ${"━".repeat(24)} 48/48`,
      "\r",
    ]);
    vi.useFakeTimers({ toFake: ["performance"] });
    const log = terminalOf();
    const slow = new Progress(log.terminal, "steps", 9);
    const after = (ms: number, count: number) => {
      vi.advanceTimersByTime(ms);
      slow.step(count);
    };
    after(5000, 1);
    after(1, 2);
    after(5000, 3);
    after(1, 0);
    after(1, 4);
    slow.done();
    expect(log.err).toEqual(["steps 2/9\n", "steps 4/9\n"]);
  });
});
