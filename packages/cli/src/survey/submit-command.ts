// vielbein survey submit: hands the missing shards to a scheduler.

import { VielbeinError } from "@vielbein/core";
import { InvalidArgumentError } from "commander";
import { integer } from "../kit/arguments.ts";
import { command } from "../kit/command.ts";
import { choice, flag, type OptionsOf, option, requireAbsent, required } from "../kit/options.ts";
import type { Report } from "../kit/report.ts";
import type { Task } from "../kit/task.ts";
import { KUBERNETES_LIMIT, type KubernetesOptions, kubernetesJob, submitToKubernetes } from "./kubernetes.ts";
import { IMAGE, LABEL, SUBDOMAIN } from "./kubernetes-names.ts";
import { slurmLimit, slurmScript, submitToSlurm } from "./slurm.ts";
import { type Submission, submissionOf, submissionText } from "./submission.ts";

const options = {
  engine: required(choice("--engine <name>", "the scheduler", ["slurm", "kubernetes"])),
  print: flag("--print", "print what would be submitted, and submit nothing"),
  elements: option(
    "--elements <n>",
    "elements of the array, which share the shards (default: 100, or as many as there are)",
    integer(1, 100_000),
  ),
  atOnce: option("--at-once <n>", "elements that run at a time (default: all)", integer(1)),
  cpus: option("--cpus <n>", "cores of an element, each with a process", integer(1, 1024), 1),
  gpus: option("--gpus <n>", "GPUs of an element", integer(1, 64)),
  mem: option(
    "--mem <size>",
    "memory of an element, as the scheduler writes it: 8G for Slurm, 8Gi for Kubernetes",
    written(/^\d+[A-Za-z]*$/, "an amount of memory such as 8G or 8Gi"),
  ),
  time: option(
    "--time <limit>",
    "Slurm: time limit of an element; it queues itself again before its end",
    written(/^(\d+(-\d+)?(:\d+){0,2}|UNLIMITED|INFINITE)$/i, "a time such as 30, 4:00:00 or 2-12"),
  ),
  partition: option(
    "--partition <name>",
    "Slurm: partition",
    written(/^[\w.,+-]+$/, "names of partitions with commas between"),
  ),
  sbatch: option(
    "--sbatch <option>",
    "Slurm: a further option of sbatch, such as --account=lab; repeatable",
    (text: string, before: readonly string[] = []) => [...before, further(text)],
  ),
  image: option(
    "--image <name>",
    "Kubernetes: container image",
    written(IMAGE, "the name of an image, such as registry.example/lab/vielbein:1"),
  ),
  volume: option(
    "--volume <claim>",
    "Kubernetes: persistent volume claim that holds survey and models",
    written(
      SUBDOMAIN,
      "the name of a claim: lower-case letters, digits and hyphens, points between, at most 253",
    ),
  ),
  mount: option("--mount <path>", "Kubernetes: where that volume is mounted, here and in the pods"),
  namespace: option(
    "--namespace <name>",
    "Kubernetes: namespace",
    written(LABEL, "a name of at most 63 lower-case letters, digits and hyphens, not at its ends"),
  ),
};

type SubmitOptions = OptionsOf<typeof options>;

export const submit = command({
  argument: "<folder>",
  description:
    "Submits a job array whose elements share the shards that are missing. Submit again for what is missing then; vielbein survey status says what that is.",
  options,
  run: (task) => (task.options.engine === "slurm" ? toSlurm(task) : toKubernetes(task)),
});

/** Texts go into scripts and manifests as they are. */
function written(pattern: RegExp, expected: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };
}

/** What the script itself says, elements and logs, is not to be said otherwise. */
function further(text: string): string {
  if (/^-(?!a|o|-array|-output)[^\n\r]*$/.test(text)) return text;
  throw new InvalidArgumentError("Expected one option of sbatch, other than --array and --output.");
}

interface SubmitTask extends Task<SubmitOptions> {
  /** That of the survey. */
  readonly folder: string;
}

async function toSlurm({ folder, options, terminal }: SubmitTask): Promise<Report> {
  requireAbsent(
    options,
    ["image", "volume", "mount", "namespace"],
    "it is not for --engine slurm. Leave it out.",
  );
  requireMemory(
    options,
    /^[1-9]\d*[KMGT]?$/i,
    "Slurm takes K, M, G or T after the number, and none for M: 8G",
  );
  const submission = await submissionOf(folder, options.elements, await slurmLimit(terminal));
  if (options.print) return { text: () => slurmScript(submission, options) };
  return said(submission, await submitToSlurm(submission, options));
}

async function toKubernetes({ folder, options }: SubmitTask): Promise<Report> {
  requireAbsent(options, ["time", "partition", "sbatch"], "it is not for --engine kubernetes. Leave it out.");
  requireMemory(
    options,
    /^[1-9]\d*([KMGT]i|[kMGT])$/,
    "Kubernetes takes Ki, Mi, Gi or Ti after the number, or k, M, G or T: 8Gi",
  );
  const submission = await submissionOf(folder, options.elements, KUBERNETES_LIMIT);
  const settings = { ...options, ...requireAll(options) };
  if (!options.print) return said(submission, await submitToKubernetes(submission, settings));
  const job = await kubernetesJob(submission, settings);
  return { text: () => `${JSON.stringify(job, null, 2)}\n` };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what the scheduler does not take, or for another amount. */
function requireMemory({ mem }: SubmitOptions, pattern: RegExp, rule: string): void {
  if (mem === undefined || pattern.test(mem)) return;
  throw new VielbeinError("INVALID_ARGUMENT", `--mem ${mem}: ${rule}. Give such an amount.`);
}

function said(submission: Submission, answer: string): Report {
  return { text: () => `submitted ${submissionText(submission)}: ${answer}\n` };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` */
function requireAll({
  image,
  volume,
  mount,
}: SubmitOptions): Pick<KubernetesOptions, "image" | "volume" | "mount"> {
  if (image !== undefined && volume !== undefined && mount !== undefined) return { image, volume, mount };
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    "--engine kubernetes: it needs an image, the claim of a volume and where that is mounted. Give --image, --volume and --mount.",
  );
}
