// What is submitted of a survey: the limits that schedulers state are kept, only what is missing is sent, the batch
// script and the manifest are what they must be, and their command lines compute what they say.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Job } from "kubernetes-models/batch/v1";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "../bundle.ts";
import { generatorBytes } from "../models.ts";
import { scratch, vielbein } from "../run.ts";
import { dataIn, planned, ran } from "./surveys.ts";

const model = scratch("generator.onnx", generatorBytes);
const plan = [model, "--what", "basis", "--samples", "12", "--shard-size", "1"];
const folder = scratch("survey with 'quotes'");
const programs = scratch("programs");
const path = process.env.PATH;

/** Puts programs of a scheduler in the way, as shell scripts. */
function pretend(scripts: Readonly<Record<string, string>>): void {
  rmSync(programs, { recursive: true, force: true });
  mkdirSync(programs);
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(programs, name), 0o755);
  }
  // Programs of a real scheduler stay out of sight.
  process.env.PATH = `${programs}:/usr/bin:/bin`;
}

const none = { scontrol: "exit 1", sacctmgr: "exit 1", squeue: "exit 1", sbatch: "exit 1" };
const submit = (...argv: string[]) => vielbein("survey", "submit", folder, ...argv);
const slurm = (...argv: string[]) => submit("--engine", "slurm", "--print", ...argv);

beforeAll(async () => {
  await planned(folder, ...plan);
}, 120_000);
afterEach(() => {
  process.env.PATH = path;
});

describe("the array of Slurm", () => {
  const arrayOf = async (...argv: string[]): Promise<string | undefined> => {
    const { code, stdout } = await slurm(...argv);
    expect(code).toBe(0);
    return /^#SBATCH --array=(.*)$/m.exec(stdout)?.[1];
  };

  it.each([
    ["no limits: an element for each shard", none, [], "0-11"],
    ["as many as are asked for", none, ["--elements", "5"], "0-4"],
    ["some at a time", none, ["--elements", "5", "--at-once", "2"], "0-4%2"],
    ["MaxArraySize", { ...none, scontrol: "echo 'MaxArraySize            = 4'" }, [], "0-3"],
    [
      "MaxArraySize against --elements",
      { ...none, scontrol: "echo 'MaxArraySize = 4'" },
      ["--elements", "9"],
      "0-3",
    ],
    ["an array limit of 1: no array", { ...none, scontrol: "echo 'MaxArraySize = 1'" }, [], undefined],
    ["no arrays", { ...none, scontrol: "echo 'MaxArraySize = 0'" }, [], undefined],
    ["MaxSubmitJobs", { ...none, sacctmgr: "echo; echo 9; echo 5" }, [], "0-4"],
    ["MaxSubmitJobs, less the queue", { ...none, sacctmgr: "echo 5", squeue: "echo 1; echo 2" }, [], "0-2"],
  ])("%s", async (_, scripts, argv, array) => {
    pretend(scripts);
    expect(await arrayOf(...argv)).toBe(array);
  });

  it("nothing may be submitted: try again", async () => {
    pretend({ ...none, sacctmgr: "echo 2", squeue: "echo 1; echo 2" });
    const { code, stderr } = await slurm();
    expect([code, stderr]).toEqual([75, expect.stringMatching(/takes 2 jobs .* at a time.*submit again/)]);
  });

  it("states what was asked for", async () => {
    pretend(none);
    const { stdout, stderr } = await slurm(
      ...["--partition", "gpu", "--gpus", "1", "--cpus", "4", "--mem", "8G", "--time", "2:00:00"],
      ...["--sbatch=--account=lab", "--sbatch=--qos=low"],
    );
    for (const line of [
      "--partition=gpu",
      "--gpus=1",
      "--cpus-per-task=4",
      "--mem=8G",
      "--time=2:00:00",
      "--requeue",
      "--signal=B:TERM@120",
      "--open-mode=append",
      "--account=lab",
      "--qos=low",
    ]) {
      expect(stdout).toContain(`\n#SBATCH ${line}\n`);
    }
    expect(stdout).toMatch(/#SBATCH --output=.*logs\/%A_%a\.log/);
    expect(stderr).toMatch(/does not say how large arrays may be/);
    expect(spawnSync("bash", ["-n"], { input: stdout }).status).toBe(0);
  });

  it("is handed to sbatch, unless one waits already, or there is no sbatch", async () => {
    const script = scratch("script.sh");
    pretend({ ...none, squeue: "true", sbatch: `cat > ${script}; echo 4711` });
    const { code, stdout } = await submit("--engine", "slurm");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^submitted 12 shards of .* in 12 elements: 4711\n$/),
    ]);
    expect(readFileSync(script, "utf8")).toMatch(/^#!\/bin\/bash\n#SBATCH --job-name=vielbein-[\da-f]{10}\n/);
    expect(existsSync(join(folder, "logs"))).toBe(true);
    pretend({ ...none, squeue: 'case "$*" in *-n*) echo 4711_3;; esac', sbatch: "exit 9" });
    const waiting = await submit("--engine", "slurm");
    expect([waiting.code, waiting.stderr]).toEqual([
      75,
      expect.stringMatching(/in the queue still \(4711_3\)/),
    ]);
    pretend({
      ...none,
      squeue: "true",
      sbatch: 'test "$1" = --version || { echo "invalid partition" >&2; exit 1; }',
    });
    const refused = await submit("--engine", "slurm");
    expect([refused.code, refused.stderr]).toEqual([69, expect.stringMatching(/sbatch: invalid partition/)]);
    process.env.PATH = scratch("nothing");
    const missing = await submit("--engine", "slurm");
    expect([missing.code, missing.stderr]).toEqual([69, expect.stringMatching(/sbatch: .*ENOENT.*--print/)]);
  });
});

describe("Kubernetes", () => {
  const mount = dirname(folder);
  const kubernetes = [
    "--engine",
    "kubernetes",
    "--image",
    "vielbein:1",
    "--volume",
    "data",
    "--mount",
    mount,
  ];

  it("the manifest is one by the schema of the API", async () => {
    const argv = ["--elements", "4", "--at-once", "2", "--gpus", "1", "--mem", "4Gi", "--namespace", "lab"];
    const { code, stdout } = await submit(...kubernetes, ...argv, "--print");
    expect(code).toBe(0);
    const manifest = JSON.parse(stdout);
    new Job(manifest).validate();
    expect(() =>
      new Job({ ...manifest, spec: { ...manifest.spec, completions: "four" } }).validate(),
    ).toThrow();
    expect(manifest).toMatchObject({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: expect.stringMatching(/^[a-z][a-z\d-]{1,61}$/), namespace: "lab" },
      spec: {
        completionMode: "Indexed",
        completions: 4,
        parallelism: 2,
        backoffLimitPerIndex: 6,
        podFailurePolicy: {
          rules: [
            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
            { action: "FailIndex", onExitCodes: { operator: "In", values: [2, 64, 65, 66] } },
          ],
        },
      },
    });
    const { spec } = manifest.spec.template;
    expect(spec).toMatchObject({
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 120,
    });
    const [container] = spec.containers;
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true);
    expect(container.resources).toEqual({
      requests: { cpu: "1", memory: "4Gi" },
      limits: { memory: "4Gi", "nvidia.com/gpu": "1" },
    });
    expect(container.volumeMounts[0]).toEqual({ name: "surveys", mountPath: mount });
  });

  it("is handed to kubectl", async () => {
    const manifest = scratch("manifest.json");
    pretend({ kubectl: `cat > ${manifest}; echo job.batch/created` });
    const { stdout } = await submit(...kubernetes);
    expect(stdout).toMatch(/in 12 elements: job.batch\/created/);
    new Job(JSON.parse(readFileSync(manifest, "utf8"))).validate();
  });
});

describe("what an element runs", () => {
  let program = "";
  const copies = scratch("runs");
  let wanted: Record<string, string> = {};

  beforeAll(async () => {
    const place = scratch("command");
    mkdirSync(place);
    program = await bundleCommand(place);
    const whole = scratch("whole");
    await planned(whole, ...plan);
    await ran(whole);
    wanted = dataIn(whole);
    // As in the container.
    mkdirSync(copies);
    const wrapper = join(copies, "vielbein");
    writeFileSync(wrapper, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    chmodSync(wrapper, 0o755);
  }, 120_000);
  afterAll(() => rmSync(copies, { recursive: true, force: true }));

  it("by the manifest: pod by pod, the whole survey; a second submission sends what is missing", async () => {
    const survey = scratch("by pods");
    await planned(survey, ...plan);
    const asked = [
      ...["survey", "submit", survey, "--engine", "kubernetes", "--image", "i", "--volume", "v"],
      ...["--mount", dirname(survey), "--elements", "3", "--print"],
    ];
    const { stdout } = await vielbein(...asked);
    const command: string[] = JSON.parse(stdout).spec.template.spec.containers[0].command;
    const pod = (index: number) =>
      execFileSync(command[0]!, command.slice(1), {
        env: { ...process.env, PATH: `${copies}:${process.env.PATH}`, JOB_COMPLETION_INDEX: String(index) },
        encoding: "utf8",
      });
    expect(pod(1)).toMatch(/4 shards computed: 1,4,7,10/);
    const rest = JSON.parse((await vielbein(...asked)).stdout);
    expect(rest.spec.template.spec.containers[0].command.slice(4)).toEqual(["--shards", "0,2-3,5-6,8-9,11"]);
    expect(rest.metadata.name).not.toBe(JSON.parse(stdout).metadata.name);
    for (const index of [0, 2]) pod(index);
    expect(dataIn(survey)).toEqual(wanted);
    const done = await vielbein(...asked);
    expect([done.code, done.stderr]).toEqual([2, expect.stringMatching(/nothing is missing/)]);
  });

  const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;
  if (!hasBash) console.log("skipped: the batch script, which takes bash");

  it.skipIf(!hasBash)(
    "by the batch script: SIGTERM near the time limit saves, and queues again; a failure does not",
    async () => {
      const survey = scratch("by slurm");
      await planned(survey, ...plan);
      const requeued = scratch("requeued");
      pretend({ ...none, squeue: "echo RUNNING", scontrol: `test "$1" = show || echo "$@" >> ${requeued}` });
      const { stdout } = await vielbein("survey", "submit", survey, "--engine", "slurm", "--print");
      const { argv } = process;
      const script = stdout.replace(argv[1]!, program);
      const env = {
        ...process.env,
        SLURM_JOB_ID: "4711",
        SLURM_ARRAY_TASK_ID: "0",
        SLURM_CPUS_PER_TASK: "1",
      };
      // One element of one, which has all shards.
      const batch = spawn("bash", ["-c", script.replace(/\/12/, "/1")], { env, stdio: "ignore" });
      const ended = new Promise<number | null>((done) => batch.on("close", done));
      while (!existsSync(join(survey, "receipts/00001.json")))
        await new Promise((done) => setTimeout(done, 20));
      batch.kill("SIGTERM");
      expect(await ended).toBe(75);
      expect(readFileSync(requeued, "utf8")).toBe("requeue 4711\n");
      const again = spawnSync("bash", ["-c", script.replace(/\/12/, "/1")], { env });
      expect(again.status).toBe(0);
      expect(dataIn(survey)).toEqual(wanted);
      rmSync(join(survey, "survey.json"));
      expect(spawnSync("bash", ["-c", script], { env }).status).toBe(66);
      expect(readFileSync(requeued, "utf8")).toBe("requeue 4711\n");
    },
  );
});

describe("values as the schedulers take them", () => {
  const pods = ["--engine", "kubernetes", "--image", "i", "--volume", "v", "--mount", dirname(folder)];
  // A later value takes the place of an earlier one.
  const given = async (...argv: string[]): Promise<number> => (await submit(...argv, "--print")).code;
  const long = "a".repeat(63);

  it.each([
    ["--mem", ["8Gi", "512Mi", "8G", "8000k", "1Ti"], ["8g", "8i", "8m", "8", "0Gi", "8K", "8GB"]],
    ["--namespace", ["lab", "a-1", long], ["a.b", "-a", "a-", "Lab", `${long}a`]],
    [
      "--volume",
      ["data", "a.b-c", `${long}.${long}`],
      ["a..b", ".a", "a.", "a-.b", "A", `${`${long}.`.repeat(4)}a`],
    ],
    [
      "--image",
      ["vielbein:1", "registry.example:5000/lab/x", "a/b_c/d--e:T.1-x", `x@sha256:${"0".repeat(64)}`],
      ["a//b", "x:", "x@sha256:0", "X", "a/-b", "a:b:c", "x/", "x:.1"],
    ],
  ])("Kubernetes %s", async (option, good, bad) => {
    for (const value of good) expect([value, await given(...pods, option, value)]).toEqual([value, 0]);
    for (const value of bad) expect([value, await given(...pods, `${option}=${value}`)]).toEqual([value, 2]);
  });

  it("Slurm --mem", async () => {
    pretend(none);
    const slurm = (value: string) => given("--engine", "slurm", "--mem", value);
    for (const value of ["8G", "8000", "512m", "1T"]) expect([value, await slurm(value)]).toEqual([value, 0]);
    for (const value of ["8i", "8Gi", "0G", "8P", "8GB"])
      expect([value, await slurm(value)]).toEqual([value, 2]);
  });
});

describe("is refused", () => {
  it.each([
    [[], /required option '--engine/],
    [["--engine", "slurm", "--image", "x"], /--image: it is not for --engine slurm/],
    [["--engine", "kubernetes", "--partition", "x"], /--partition: it is not for --engine kubernetes/],
    [["--engine", "kubernetes", "--image", "x"], /needs an image, the claim of a volume/],
    [
      ["--engine", "kubernetes", "--image", "x", "--volume", "v", "--mount", "/elsewhere"],
      /is not on that volume/,
    ],
  ])("%j", async (argv, message) => {
    const { code, stderr } = await submit(...argv, "--print");
    expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
