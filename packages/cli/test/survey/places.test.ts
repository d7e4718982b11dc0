// Where surveys lie: paths that a scheduler reads in a way of its own, file systems that take no folders, files that may
// not be read, and how messages name files.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeNpy } from "@vielbein/linalg/npy";
import { beforeAll, describe, expect, it } from "vitest";
import { methodOf } from "../../src/survey/methods.ts";
import { fromFolder } from "../../src/survey/words.ts";
import { bundleCommand } from "../bundle.ts";
import { generatorBytes } from "../models.ts";
import { scratch, vielbein } from "../run.ts";
import { dataIn, planned, ran } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const one = ["--what", "basis", "--samples", "1"];
const npy = (rows: number, dim: number) =>
  writeNpy({
    shape: [rows, dim],
    data: Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i + 1)),
  });

describe("Slurm", () => {
  const printed = (folder: string) => vielbein("survey", "submit", folder, "--engine", "slurm", "--print");

  // As a real sbatch reads it: tools/slurm/run.mjs surveys in such a folder.
  it("writes a path with spaces, quotes and percent signs so that sbatch reads it as it is", async () => {
    const folder = scratch(`50%j "done", it's #1`);
    await planned(folder, model, ...one);
    const { code, stdout } = await printed(folder);
    expect(code).toBe(0);
    const [, output] = /^#SBATCH --output=(.*)$/m.exec(stdout) ?? [];
    expect(output).toBe(`"${dirname(folder)}/50%%j \\"done\\", it's #1/logs/%j.log"`);
    // What the shell makes of the command line.
    const [line = ""] = /^.* survey run .*(?= &$)/m.exec(stdout) ?? [];
    const words = execFileSync("bash", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" }).split("\n");
    expect(words).toContain(folder);
  });

  it.each([
    ["a line break", "two\nlines"],
    ["a backslash", "back\\slash"],
  ])("refuses a path with %s", async (what, name) => {
    const folder = scratch(name);
    await planned(folder, model, ...one);
    const { code, stdout, stderr } = await printed(folder);
    expect([code, stdout, stderr]).toEqual([
      2,
      "",
      expect.stringContaining(`its path has ${what}, and Slurm`),
    ]);
  });
});

describe("Kubernetes", () => {
  const submit = (folder: string, mount: string) =>
    vielbein(
      ...["survey", "submit", folder, "--engine", "kubernetes", "--image", "i", "--volume", "v"],
      ...["--mount", mount, "--print"],
    );
  const folder = scratch("pods $(HOSTNAME) $$HOME");

  beforeAll(async () => {
    await planned(folder, model, ...one);
  });

  it.each([
    ["/tmp", /pods have a folder of their own at \/tmp/],
    ["/tmp/", /pods have a folder of their own at \/tmp/],
    ["/", /pods have a folder of their own at \/tmp/],
    ["surveys", /takes an absolute path without colons/],
    ["/data:1", /takes an absolute path without colons/],
  ])("refuses --mount %s", async (mount, message) => {
    const { code, stderr } = await submit(folder, mount);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it("mounts the volume once, at a clean path, and its variables are the pod's alone", async () => {
    const { stdout } = await submit(folder, `${dirname(folder)}/`);
    const [container] = JSON.parse(stdout).spec.template.spec.containers;
    const paths = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(paths).toEqual([dirname(folder), "/tmp"]);
    // As the documentation of the API says: $(NAME) is a variable, and $$ makes a dollar sign.
    const asRun = container.command[2].replaceAll(/\$\$|\$\([^)]*\)/g, (found: string) =>
      found === "$$" ? "$" : "expanded",
    );
    expect(asRun).toContain(`'${folder}'`);
    expect(asRun).toContain('"$JOB_COMPLETION_INDEX"');
  });

  it("wants all that is read on the volume, points too", async () => {
    const inside = scratch("volume");
    mkdirSync(inside);
    writeFileSync(join(inside, "m.onnx"), generatorBytes);
    const points = scratch("outside.npy", npy(1, 4));
    const survey = join(inside, "survey");
    await planned(survey, join(inside, "m.onnx"), "--what", "basis", "--points", points);
    const { code, stderr } = await submit(survey, inside);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`"${points}" is not on that volume`)]);
  });
});

describe("command lines that are printed", () => {
  it("are words for the shell: of plan, status and report, and of submissions", async () => {
    const folder = scratch("it's a survey");
    const quoted = `'${folder.replace("'", "'\\''")}'`;
    const plan = ["survey", "plan", model, "--what", "basis", "--samples", "1", "--out", folder];
    const made = await vielbein(...plan);
    expect(made.stdout).toContain(`vielbein survey run ${quoted}\n`);
    const status = await vielbein("survey", "status", folder);
    expect(status.stderr).toContain(`vielbein survey run ${quoted}.`);
    const page = scratch("quoted.html");
    const report = await vielbein("survey", "report", folder, "--html", page);
    expect(report.stdout).toContain(`vielbein survey run ${quoted} computes`);
    // The page breaks lines between words only.
    const html = readFileSync(page, "utf8").replaceAll(/<\/?span>/g, "");
    expect(html).toContain(`vielbein survey report ${quoted}`);
  });
});

describe("values of options", () => {
  const place = scratch("named like values");
  const before = process.cwd();
  const options = { ...methodOf("basis").options, ...methodOf("metric").options };
  const names = [
    "2",
    "onehot:2",
    "l2",
    "hidden",
    "0,0,2,2",
    "label.npy",
    "label=2",
    "m.png",
    "f.onnx",
    "a.npz",
  ];

  beforeAll(() => {
    mkdirSync(place);
    for (const name of names) writeFileSync(join(place, name), "");
  });

  it.each([
    ["--set", "label=2", "label=2"],
    ["--set", "label=onehot:2", "label=onehot:2"],
    ["--set", "label.npy=2", "label.npy=2"],
    ["--set", "label=label.npy", "label=../label.npy"],
    ["--set", "label.npy=label.npy", "label.npy=../label.npy"],
    ["--set", "label=gone.npy", "label=gone.npy"],
    ["--region", "hidden", "hidden"],
    ["--region", "0,0,2,2", "0,0,2,2"],
    ["--region", "m.png", "../m.png"],
    ["--distance", "l2", "l2"],
    ["--distance", "f.onnx", "../f.onnx"],
    ["--points", "label=2", "../label=2"],
    ["--points", "a.npz:z", "../a.npz:z"],
    ["--seed", "2", "2"],
  ])("%s %s is %s in a folder below, whatever files there are", (option, value, expected) => {
    process.chdir(place);
    try {
      expect(fromFolder([option, value], options, join(place, "survey"))).toEqual([option, expected]);
      expect(fromFolder([`${option}=${value}`], options, join(place, "survey"))).toEqual([
        `${option}=${expected}`,
      ]);
    } finally {
      process.chdir(before);
    }
  });
});

describe("folders", () => {
  it.skipIf(!existsSync("/proc/self"))(
    "that cannot be made are an error at once",
    async () => {
      for (const out of ["/proc/survey", "/proc/a/b"]) {
        const { code, stderr } = await vielbein("survey", "plan", model, ...one, "--out", out);
        expect([code, stderr]).toEqual([73, expect.stringMatching(/^vielbein: Cannot write "\/proc\//)]);
      }
      const folder = scratch("reported");
      await planned(folder, model, ...one);
      const { code, stderr } = await vielbein("survey", "report", folder, "--plots", "/proc/plots");
      expect([code, stderr]).toEqual([73, expect.stringMatching(/Cannot write "\/proc\/plots"/)]);
    },
    20_000,
  );

  it("that were made for a plan that is refused go again, those above them too", async () => {
    const out = scratch("deep/er/survey");
    const { code } = await vielbein(
      "survey",
      "plan",
      model,
      "--what",
      "basis",
      "--to",
      "nowhere",
      "--out",
      out,
    );
    expect(code).toBe(65);
    expect(existsSync(scratch("deep"))).toBe(false);
  });
});

describe("messages name files as they are found", () => {
  it("of points that a plan refuses: as they were given, or whole", async () => {
    const wrong = scratch("wrong.npy", npy(3, 5));
    const { stderr } = await vielbein(
      ...["survey", "plan", model, "--what", "basis", "--points", wrong],
      ...["--out", scratch("refused")],
    );
    expect(stderr).toContain(`--points: "${wrong}" has shape [3,5]`);
  });

  it("of points that are gone: run, and status", async () => {
    const points = scratch("my points.npy", npy(4, 4));
    const folder = scratch("gone");
    await planned(folder, model, "--what", "basis", "--points", points, "--shard-size", "1");
    const away = scratch("away.npy");
    renameSync(points, away);
    const run = await vielbein("survey", "run", folder, "--jobs", "1");
    expect([run.code, run.stderr]).toEqual([66, expect.stringContaining(`cannot read "${points}"`)]);
    expect(run.stderr).not.toContain("../");
    const { stdout } = await vielbein("survey", "status", folder, "--json");
    const [failed] = JSON.parse(stdout).failed;
    expect(failed).toMatchObject({ shard: 0, status: 66, message: expect.stringContaining(`"${points}"`) });
    renameSync(away, points);
    expect((await ran(folder)).code).toBe(0);
  });
});

const isRoot = process.getuid?.() === 0;
// Root without its leave to pass over permissions.
const plainly = isRoot ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : ["env"];
const canTell = spawnSync(plainly[0]!, [...plainly.slice(1), "true"]).status === 0;
if (!canTell) console.log("skipped: files that may not be read, which take setpriv for root");

describe.skipIf(!canTell)("what may not be read is not taken for missing", () => {
  const folder = scratch("guarded");
  let program = "";
  let wanted: Record<string, string> = {};
  const asUser = (...argv: string[]) =>
    spawnSync(plainly[0]!, [...plainly.slice(1), process.execPath, program, ...argv], { encoding: "utf8" });

  beforeAll(async () => {
    const place = scratch("command");
    mkdirSync(place);
    program = await bundleCommand(place);
    await planned(folder, model, "--what", "basis", "--samples", "4", "--shard-size", "2");
    await ran(folder, "--shards", "0");
    wanted = dataIn(folder);
  }, 120_000);

  it.each([
    ["survey.json", ["status"]],
    ["receipts", ["status"]],
    ["receipts", ["run", "--jobs", "1"]],
    ["receipts", ["report"]],
    ["receipts", ["submit", "--engine", "slurm", "--print"]],
    ["points", ["report"]],
    ["points/part-00000.parquet", ["run", "--jobs", "1"]],
  ])("%s: %j", (name, [command = "", ...argv]) => {
    const path = join(folder, name);
    chmodSync(path, 0);
    const { status, stdout, stderr } = asUser("survey", command, folder, ...argv);
    chmodSync(path, 0o755);
    expect([status, stdout, stderr]).toEqual([
      66,
      "",
      expect.stringMatching(/Cannot read ".*EACCES.*Check the permissions/),
    ]);
    expect(dataIn(folder)).toEqual(wanted);
  });
});

describe("what a plan has no use for is refused", () => {
  it.each([
    [["--what", "basis", "--pairs", "4"], /--pairs: basis has no such option, but distortion, warpage do/],
    [["--what", "basis,metric", "--pairs", "4"], /--pairs: basis and metric have no such option/],
    [["--what", "warpage", "--samples", "4"], /--samples: warpage has no such option/],
  ])("%j", async (argv, message) => {
    const out = scratch("useless");
    const { code, stderr } = await vielbein("survey", "plan", model, ...argv, "--out", out);
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(existsSync(out)).toBe(false);
  });

  it("as are more points than the file has", async () => {
    const points = scratch("three.npy", npy(3, 4));
    const out = scratch("more");
    const argv = ["--what", "basis,dimension", "--points", points, "--samples", "5", "--out", out];
    const { code, stderr } = await vielbein("survey", "plan", model, ...argv);
    expect([code, stderr]).toEqual([65, expect.stringContaining(`--samples 5: "${points}" has 3 rows`)]);
    await planned(out, model, ...argv.map((word) => (word === "5" ? "2" : word)).slice(0, -2));
    const { methods } = JSON.parse(readFileSync(join(out, "survey.json"), "utf8"));
    expect(methods.map(({ total }: { total: number }) => total)).toEqual([2, 2]);
    rmSync(out, { recursive: true });
  });

  it.each([
    ["", 2],
    ["1-", 2],
    ["a", 2],
    ["1.5", 2],
    ["0,,1", 2],
    ["1", 65],
    ["0-99999999999999999999999", 65],
  ])("shards %j end with status %i", async (shards, status) => {
    const folder = scratch("ranges");
    if (!existsSync(folder)) await planned(folder, model, ...one);
    const { code, stderr } = await vielbein("survey", "run", folder, `--shards=${shards}`);
    expect([code, stderr]).toEqual([status, expect.stringContaining("--shards")]);
    expect((await vielbein("survey", "run", folder, "--shard-of", "3/4")).stdout).toBe(
      "no shard is of this part\n",
    );
  });
});
