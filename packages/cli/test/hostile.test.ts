// Models that crash the engine, want any amount of memory or never end, given to the command as its own process; and
// how a command ends that is interrupted.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, readNpz, writeNpy, writeNpz } from "@vielbein/linalg/npy";
import { type Attribute, DataType, encodeModel, type Model, type Node, type Tensor } from "@vielbein/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "./bundle.ts";
import { floats, generator, int64s, model, node } from "./models.ts";

const folder = mkdtempSync(join(tmpdir(), "vielbein-hostile-"));

let program: string;

beforeAll(async () => {
  program = await bundleCommand(folder);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Bytes of the process and the one that it started, at most, as far as was seen; 0 where there is no /proc. */
  readonly peak: number;
  /** After the signal, if there was one, else after the start. */
  readonly seconds: number;
  /** Processes that it started. */
  readonly children: ReadonlySet<string>;
}

/** Runs the command; `interrupt` is the signal that it gets when stderr, or what it started, says so. */
async function command(
  argv: string[],
  interrupt?: { signal: NodeJS.Signals; when: (stderr: string, children: ReadonlySet<string>) => boolean },
): Promise<End> {
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let [stderr, peak, since, isSent] = ["", 0, performance.now(), false];
  const children = new Set<string>();
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const timer = setInterval(() => {
    for (const id of childrenOf(child)) children.add(id);
    peak = Math.max(
      peak,
      [String(child.pid), ...children].map(peakMemory).reduce((a, b) => a + b),
    );
    if (isSent || !interrupt?.when(stderr, children)) return;
    isSent = true;
    since = performance.now();
    child.kill(interrupt.signal);
  }, 20);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on("close", (...end) => resolve(end)),
  );
  clearInterval(timer);
  return { code, signal, stderr, peak, seconds: (performance.now() - since) / 1000, children };
}

function childrenOf({ pid }: ChildProcess): string[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

function peakMemory(pid: string): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** As a shell sees it. */
function status({ code, signal }: End): number | null {
  return signal === null ? code : 128 + constants.signals[signal];
}

function file(name: string, content: Model): string {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(content));
  return path;
}

const z = { name: "z", dataType: DataType.FLOAT, shape: ["n", 4] };
const y = [{ name: "y", dataType: DataType.FLOAT }];
const attribute = (value: number): Attribute => ({ type: "int", value });
const of = (nodes: Node[], initializers: Tensor[] = [], opset = 17): Model =>
  model({ nodes, initializers, inputs: [z], outputs: y }, { opsets: new Map([["", opset]]) });

/** Ends processes with SIGSEGV and SIGABRT in ONNX Runtime 1.30. */
const crashing: Readonly<Record<string, Model>> = {
  "Split with an unnamed first output": of([node("Split", ["z"], ["", "y"], { axis: attribute(1) })], [], 13),
  "negative extents": of(
    [
      node("Shape", ["z"], ["s"]),
      node("Concat", ["s", "one"], ["shape"], { axis: attribute(0) }),
      node("Reshape", ["z", "shape"], ["r"]),
      node("Expand", ["r", "extents"], ["e"]),
      node("Slice", ["e", "from", "to", "one", "step"], ["y"]),
    ],
    [
      int64s("one", [1]),
      int64s("extents", [1, -5, -5]),
      int64s("from", [0]),
      int64s("to", [2 ** 53]),
      int64s("step", [2]),
    ],
  ),
};

const scalar = (name: string, dataType: number, raw: Uint8Array): Tensor => ({
  name,
  dims: [],
  dataType,
  raw,
});

/** A model that wants too much, and what the refusal must name. */
const greedy: Readonly<Record<string, readonly [Model, RegExp]>> = {
  "a constant of 15 GiB": [
    of(
      [
        node("ConstantOfShape", ["s"], ["c"]),
        node("ReduceSum", ["c"], ["q"], { keepdims: attribute(0) }),
        node("Add", ["z", "q"], ["y"]),
      ],
      [int64s("s", [4_000_000_000])],
    ),
    /"c".*14\.9 GiB/,
  ],
  "a resize to 6 GiB": [
    of(
      [
        node("Unsqueeze", ["z", "axes"], ["u"]),
        node("Resize", ["u", "", "scales"], ["y"], { mode: { type: "string", value: "nearest" } }),
      ],
      [
        int64s("axes", [1, 2]),
        {
          name: "scales",
          dims: [4],
          dataType: DataType.FLOAT,
          raw: new Uint8Array(Float32Array.of(1, 1, 20_000, 20_000).buffer),
        },
      ],
    ),
    /"y".*5\.96 GiB/,
  ],
  "a size that only the engine computes": [
    of(
      [
        node("ReduceSum", ["s"], ["sum"]),
        { ...node("ConstantOfShape", ["sum"], ["c"]), name: "" },
        node("ReduceSum", ["c"], ["q"], { keepdims: attribute(0) }),
        node("Add", ["z", "q"], ["y"]),
      ],
      [int64s("s", [2e9, 2e9])],
    ),
    /ConstantOfShape node "c" wants 14\.9 GiB/,
  ],
  "many tensors of 0.4 GiB": [
    of(
      [
        ...Array.from({ length: 20 }, (_, i) => [
          node("ReduceSum", [`s${i}`], [`sum${i}`]),
          node("ConstantOfShape", [`sum${i}`], [`c${i}`]),
        ]).flat(),
        node(
          "Sum",
          Array.from({ length: 20 }, (_, i) => `c${i}`),
          ["all"],
        ),
        node("ReduceSum", ["all"], ["q"], { keepdims: attribute(0) }),
        node("Add", ["z", "q"], ["y"]),
      ],
      Array.from({ length: 20 }, (_, i) => int64s(`s${i}`, [5e7 + i, 5e7 - i])),
    ),
    /node "constantofshape_c\d+" wants .*more .*than is left of the 2\.00 GiB/,
  ],
  "an input of 4 GB": [
    model({
      nodes: [node("Tanh", ["z"], ["y"])],
      inputs: [{ ...z, shape: ["n", 1_000_000_000] }],
      outputs: y,
    }),
    /"z".*3\.73 GiB/,
  ],
};

/** A loop without end. */
function endless(): Model {
  const body: Attribute = {
    type: "graph",
    value: {
      ...model({
        nodes: [node("Identity", ["go"], ["goOn"]), node("Identity", ["v"], ["w"])],
        inputs: [
          { name: "i", dataType: DataType.INT64, shape: [] },
          { name: "go", dataType: DataType.BOOL, shape: [] },
          { name: "v", dataType: DataType.FLOAT },
        ],
        outputs: [
          { name: "goOn", dataType: DataType.BOOL, shape: [] },
          { name: "w", dataType: DataType.FLOAT },
        ],
      }).graph,
    },
  };
  return of(
    [node("Loop", ["trips", "yes", "b"], ["l"], { body }), node("Add", ["z", "l"], ["y"])],
    [
      scalar("trips", DataType.INT64, new Uint8Array(BigInt64Array.of(2n ** 62n).buffer)),
      scalar("yes", DataType.BOOL, Uint8Array.of(1)),
      floats("b", [4]),
    ],
  );
}

/** z [n, 64] → y [n, 1, 1, side] by `depth` convolutions of 64 channels: a run takes long, and derivatives longer. */
function laborious(depth: number, side: number): Model {
  const pads: Attribute = { type: "ints", value: [1, 1, 1, 1] };
  const convolutions = Array.from({ length: depth }, (_, i) =>
    node("Conv", [`h${i}`, "w"], [`h${i + 1}`], { pads }),
  );
  return model({
    nodes: [
      node("Reshape", ["z", "column"], ["c"]),
      node("Expand", ["c", "size"], ["h0"]),
      ...convolutions,
      node("ReduceMean", [`h${depth}`], ["y"], { axes: { type: "ints", value: [1, 2] } }),
    ],
    initializers: [
      floats("w", [64, 64, 3, 3]),
      int64s("column", [-1, 64, 1, 1]),
      int64s("size", [1, 64, side, side]),
    ],
    inputs: [{ ...z, shape: ["n", 64] }],
    outputs: y,
  });
}

const isAlive = (pid: string): boolean => {
  try {
    // What has ended, and is not yet reaped, counts as ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};

async function expectNothingLeft({ children }: End): Promise<void> {
  await expect.poll(() => [...children].filter(isAlive), { timeout: 5000 }).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
}

/** Expects one line on stderr that matches, and the status. */
async function expectRefusal(argv: string[], code: number, refusal: RegExp): Promise<End> {
  const end = await command(argv);
  expect([end.stderr, status(end)]).toEqual([expect.stringMatching(refusal), code]);
  expect(end.stderr.trim().split("\n")).toHaveLength(1);
  await expectNothingLeft(end);
  return end;
}

describe("a model that crashes the engine", () => {
  // What the engine itself says, in C++, is left out.
  const crash = /crashes ONNX Runtime \((SIG[A-Z]+|status -?\d+)\)\./;

  it.each(Object.entries(crashing))("65: %s", { timeout: 60_000 }, async (name, hostile) => {
    await expectRefusal(["inspect", file(name, hostile)], 65, crash);
  });

  it("65: as a second model", { timeout: 60_000 }, async () => {
    const first = file("first", of([node("Neg", ["z"], ["y"])]));
    const second = file("second", crashing["Split with an unnamed first output"]!);
    await expectRefusal(["metric", first, "--distance", second, "--feature-range", "signed"], 65, crash);
  });
});

describe("a model that wants more memory than the budget", () => {
  it.each(Object.entries(greedy))("75: %s", { timeout: 60_000 }, async (name, [hostile, refusal]) => {
    const end = await expectRefusal(["inspect", file(name, hostile)], 75, refusal);
    expect(end.peak).toBeLessThan(2.5 * 2 ** 30);
    expect(end.seconds).toBeLessThan(20);
  });

  it("75: more than --memory, which may be less", { timeout: 60_000 }, async () => {
    const graph = of(
      [
        node("ConstantOfShape", ["s"], ["c"]),
        node("ReduceSum", ["c"], ["q"], { keepdims: attribute(0) }),
        node("Add", ["z", "q"], ["y"]),
      ],
      [int64s("s", [1e8])],
    );
    const path = file("medium", graph);
    expect(status(await command(["inspect", path]))).toBe(0);
    await expectRefusal(["basis", path, "--memory", "300M"], 75, /"c".*381 MiB/);
  });
});

describe("one signal ends a command within two seconds", () => {
  // A generous bound: other programs may keep the machine busy.
  const atOnce = 4;

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 130],
  ] as const)("%s, in a first run that never ends", { timeout: 60_000 }, async (signal, expected) => {
    const since = performance.now();
    const isRunning = (_: string, children: ReadonlySet<string>) =>
      existsSync("/proc")
        ? children.size > 0 && performance.now() - since > 1500
        : performance.now() - since > 4000;
    const path = file("endless", endless());
    const end = await command(["inspect", path], { signal, when: isRunning });
    expect([status(end), end.stderr]).toEqual([expected, "vielbein: interrupted\n"]);
    expect(end.seconds).toBeLessThan(atOnce);
    await expectNothingLeft(end);
  });

  it("killed outright, it leaves no process that goes on for ever", { timeout: 60_000 }, async (context) => {
    if (!existsSync("/proc/self/task")) context.skip("processes are listed in /proc, which Linux has");
    const end = await command(["inspect", file("endless", endless())], {
      signal: "SIGKILL",
      when: (_, children) => children.size > 0,
    });
    expect(end.children.size).toBe(1);
    await expectNothingLeft(end);
  });

  it("SIGINT, in a long run of the engine", { timeout: 120_000 }, async () => {
    const since = performance.now();
    const path = file("laborious", laborious(12, 128));
    const end = await command(["basis", path], {
      signal: "SIGINT",
      // The trial is over, and its process gone, when the derivative runs.
      when: (_, children) =>
        children.size > 0 && ![...children].some(isAlive) && performance.now() - since > 2000,
    });
    expect([status(end), end.stderr]).toEqual([
      130,
      expect.stringContaining("interrupted before the first of 1"),
    ]);
    expect(end.stderr).not.toContain("terminate called");
    expect(end.seconds).toBeLessThan(atOnce);
    await expectNothingLeft(end);
  });

  it("SIGINT, in the decomposition of large weights", { timeout: 120_000 }, async () => {
    const codes = 2048;
    const wide = model({
      nodes: [node("MatMul", ["z", "w"], ["y"])],
      initializers: [floats("w", [codes, codes])],
      inputs: [{ ...z, shape: ["n", codes] }],
      outputs: y,
    });
    const end = await command(["sefa", file("wide", wide)], {
      signal: "SIGINT",
      when: (stderr) => /decomposing weights of 2048 × 2048/.test(stderr),
    });
    expect(status(end)).toBe(130);
    expect(end.seconds).toBeLessThan(atOnce);
    await expectNothingLeft(end);
  });

  it.each(["SIGINT", "SIGHUP"] as const)(
    "%s, and the rows there are stay",
    { timeout: 120_000 },
    async (signal) => {
      const path = file("rows", laborious(1, 16));
      const out = join(folder, `rows-${signal}.npz`);
      const end = await command(["basis", path, "--threads", "1", "--samples", "1000", "--out", out], {
        signal,
        when: (stderr) => /local bases [1-9]/.test(stderr),
      });
      // By the signal itself where a run of the engine goes on.
      expect([130, 128 + constants.signals[signal]]).toContain(status(end));
      expect(end.stderr).toMatch(/interrupted after \d+ of 1000/);
      expect(end.seconds).toBeLessThan(atOnce);
      expect(readNpz(readFileSync(out)).points!.shape[0]).toBeGreaterThan(0);
      await expectNothingLeft(end);
    },
  );

  it("SIGINT, with more rows than can be summed up in that time", { timeout: 240_000 }, async () => {
    const [path, out] = [file("generator", generator()), join(folder, "many.npz")];
    const run = (pairs: number) => [
      ...["ppl", path, "--threads", "1"],
      ...["--pairs", String(pairs), "--out", out],
    ];
    await command(run(1));
    const count = 200_000;
    const { provenance, ...columns } = readNpz(readFileSync(out));
    const repeated = Object.entries(columns).map(([name, { data }]) => {
      return [name, { shape: [count], data: new Float64Array(count).fill(Number(data[0])) }] as const;
    });
    writeFileSync(out, writeNpz({ ...Object.fromEntries(repeated), provenance: provenance! }));
    const end = await command([...run(2 * count), "--resume"], {
      signal: "SIGINT",
      when: (stderr) => /pairs \d+\/400000/.test(stderr),
    });
    expect([status(end), end.stderr]).toEqual([130, expect.stringContaining("keeps 200000 of 400000")]);
    expect(end.seconds).toBeLessThan(atOnce);
    expect(readNpz(readFileSync(out)).exact!.shape[0]).toBeGreaterThan(count);
  });

  it("SIGINT, and the best code of a search stays", { timeout: 120_000 }, async () => {
    const target = join(folder, "target.npy");
    writeFileSync(target, writeNpy({ shape: [3, 8, 8], data: new Float32Array(192).fill(0.5) }));
    const out = join(folder, "code.npy");
    const search = [
      "invert",
      file("generator", generator()),
      "--target",
      target,
      "--method",
      "adam",
      "--threads",
      "1",
    ];
    const end = await command([...search, "--steps", "1000000", "--out", out], {
      signal: "SIGINT",
      when: (stderr) => /steps, at most \d{2,}/.test(stderr),
    });
    expect([status(end), end.stderr]).toEqual([130, expect.stringContaining("keeps the best code so far")]);
    expect(end.seconds).toBeLessThan(atOnce);
    expect(readNpy(readFileSync(out)).shape).toEqual([4]);
    await expectNothingLeft(end);
  });
});

describe("a report keeps its sections", () => {
  const section = /Directions from the weights alone/;
  const sections = (page: string): { id: string; parts: { status: string }[] }[] =>
    JSON.parse(readFileSync(page.replace(/html$/, "json"), "utf8")).sections;
  const finished = (page: string) => sections(page).filter(({ parts }) => parts[0]?.status === "done").length;

  it.each([
    ["SIGKILL", 137],
    ["SIGINT", 130],
  ] as const)("%s, and goes on from them", { timeout: 240_000 }, async (signal, expected) => {
    const path = file("generator", generator());
    const page = join(folder, `${signal}.html`);
    const argv = ["report", path, "--effort", "quick", "--threads", "1", "--out", page];
    const end = await command(argv, { signal, when: (stderr) => section.test(stderr) });
    expect(status(end)).toBe(expected);
    const kept = finished(page);
    expect(kept).toBeGreaterThanOrEqual(4);
    expect(kept).toBeLessThan(13);
    expect(readFileSync(page, "utf8")).toContain("This report is not finished");
    // While a picture is drawn the signal ends the process at once, without a word.
    if (end.signal === null) expect(end.stderr).toContain(`interrupted after ${kept} of 13 parts`);
    if (signal === "SIGINT") await expectNothingLeft(end);
    const rest = await command([...argv, "--resume"]);
    expect([status(rest), finished(page)]).toEqual([0, 13]);
    expect(rest.stderr).toContain(`keeps ${kept} of 13 parts`);
    expect(rest.stderr).not.toContain("How many directions move the output");
    expect(readFileSync(page, "utf8")).not.toContain("This report is not finished");
  });
});
