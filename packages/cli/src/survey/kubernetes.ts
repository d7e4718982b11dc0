// Kubernetes: an Indexed Job, whose pods compute shares of the missing shards on a volume that all of them see. A pod
// that is evicted is no failure; one that fails because of its input is not tried again.

import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { isEmbedded } from "../inputs/model-file.ts";
import { defined } from "../kit/defined.ts";
import { HOPELESS } from "../kit/exit.ts";
import { methodOf } from "./methods.ts";
import { shardWords } from "./shards.ts";
import { elementLine, jobName, type Resources, type Submission, submissionName } from "./submission.ts";
import { tell } from "./tools.ts";
import { filesNamed } from "./words.ts";

export interface KubernetesOptions extends Resources {
  readonly image: string;
  /** The name of the claim of the volume. */
  readonly volume: string;
  /** Where it is mounted here, and in the pods. */
  readonly mount: string;
  readonly namespace?: string | undefined;
}

/** Where pods have an empty folder: all else but the volume is read-only. */
const TEMPORARY = "/tmp";

/** Kubernetes takes so many indices of a job whose indices are tried again by themselves. */
export const KUBERNETES_LIMIT = 100_000;

/** Submits the job, and returns what kubectl says. */
export async function submitToKubernetes(
  submission: Submission,
  options: KubernetesOptions,
): Promise<string> {
  return tell("kubectl", ["create", "-f", "-"], JSON.stringify(await kubernetesJob(submission, options)));
}

/** The manifest. Its pods run as the owner of the folder, so that they may write to it. */
export async function kubernetesJob(submission: Submission, options: KubernetesOptions): Promise<object> {
  requireFree(options.mount);
  requireMounted(submission, options.mount);
  const { elements, folder } = submission;
  const { uid, gid } = await stat(folder);
  const labels = { "app.kubernetes.io/name": "vielbein", "app.kubernetes.io/instance": jobName(submission) };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: defined({ name: submissionName(submission), namespace: options.namespace, labels }),
    spec: {
      completionMode: "Indexed",
      completions: elements,
      parallelism: Math.min(options.atOnce ?? elements, elements),
      backoffLimitPerIndex: 6,
      podFailurePolicy: { rules: failureRules() },
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          // Time to finish the point at hand.
          terminationGracePeriodSeconds: 120,
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: uid !== 0,
            runAsUser: uid,
            runAsGroup: gid,
            fsGroup: gid,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [containerOf(submission, options)],
          volumes: [
            { name: "surveys", persistentVolumeClaim: { claimName: options.volume } },
            { name: "temporary", emptyDir: {} },
          ],
        },
      },
    },
  };
}

/**
 * What is said of a pod that fails, the first rule that fits: all else counts towards the limit of its index. A pod that
 * ends with the failure of a shard has computed all others of its share.
 */
function failureRules(): object[] {
  return [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    { action: "FailIndex", onExitCodes: { containerName: "vielbein", operator: "In", values: HOPELESS } },
  ];
}

function containerOf(
  submission: Submission,
  { image, cpus, gpus, mem, mount, time: _ }: KubernetesOptions,
): object {
  const line = elementLine(submission, '"$@"', '"$JOB_COMPLETION_INDEX"', String(cpus));
  // The script is one argument, which the list of the shards may be too long for.
  const words = ["/bin/sh", "-c", `exec vielbein ${line}`, "vielbein", ...shardWords(submission.missing)];
  const amounts = defined({ cpu: String(cpus), memory: mem });
  return {
    name: "vielbein",
    image,
    // Kubernetes makes `$` of `$$`, and takes `$(NAME)` for a variable.
    command: words.map((word) => word.replaceAll(/\$(?=[$(])/g, "$$$$")),
    resources: {
      requests: amounts,
      limits: defined({ memory: mem, "nvidia.com/gpu": gpus === undefined ? undefined : String(gpus) }),
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [
      { name: "surveys", mountPath: resolve(mount) },
      { name: "temporary", mountPath: TEMPORARY },
    ],
  };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what pods cannot have at that path. */
function requireFree(mount: string): void {
  if (!isAbsolute(mount) || mount.includes(":")) {
    throw invalid(
      `--mount ${mount}: Kubernetes takes an absolute path without colons. Mount the volume at one.`,
    );
  }
  if (isOutside(mount, TEMPORARY)) return;
  throw invalid(
    `--mount ${mount}: pods have a folder of their own at ${TEMPORARY}, which the volume would be in the place of. Mount it elsewhere, and plan again there.`,
  );
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what pods would not find: they see the volume alone. */
function requireMounted({ folder, plan }: Submission, mount: string): void {
  const models = plan.models.map(({ argument }) => argument).filter((argument) => !isEmbedded(argument));
  const files = plan.methods.flatMap(({ name, words }) => filesNamed(words, methodOf(name).options, folder));
  for (const path of [folder, ...models.map((argument) => resolve(folder, argument)), ...files]) {
    if (!isOutside(mount, path)) continue;
    throw invalid(
      `--mount ${mount}: "${path}" is not on that volume, and pods see nothing else. Put the survey and all that it reads there, and plan again.`,
    );
  }
}

function isOutside(folder: string, path: string): boolean {
  return /^\.\.($|\/)/.test(relative(resolve(folder), path));
}

function invalid(message: string): VielbeinError {
  return new VielbeinError("INVALID_ARGUMENT", message);
}
