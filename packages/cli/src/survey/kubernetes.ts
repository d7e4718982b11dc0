// Kubernetes: an Indexed Job, whose pods compute shares of the missing shards on a volume that all of them see. A pod
// that is evicted is no failure; one that fails because of its input is not tried again.

import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { VielbeinError } from "@vielbein/core";
import { isEmbedded } from "../inputs/model-file.ts";
import { defined } from "../kit/defined.ts";
import { EXIT } from "../kit/exit.ts";
import { elementLine, jobName, type Resources, type Submission, submissionName } from "./submission.ts";
import { tell } from "./tools.ts";

export interface KubernetesOptions extends Resources {
  readonly image: string;
  /** The name of the claim of the volume. */
  readonly volume: string;
  /** Where it is mounted here, and in the pods. */
  readonly mount: string;
  readonly namespace?: string | undefined;
}

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

/** What is said of a pod that fails, the first rule that fits: all else counts towards the limit of its index. */
function failureRules(): object[] {
  const hopeless = [EXIT.usage, 64, EXIT.badInput, EXIT.missingFile];
  return [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    { action: "FailIndex", onExitCodes: { containerName: "vielbein", operator: "In", values: hopeless } },
  ];
}

function containerOf(
  submission: Submission,
  { image, cpus, gpus, mem, mount, time: _ }: KubernetesOptions,
): object {
  const line = elementLine(submission, '"$JOB_COMPLETION_INDEX"', String(cpus));
  const amounts = defined({ cpu: String(cpus), memory: mem });
  return {
    name: "vielbein",
    image,
    command: ["/bin/sh", "-c", `exec vielbein ${line}`],
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
      { name: "surveys", mountPath: mount },
      { name: "temporary", mountPath: "/tmp" },
    ],
  };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what pods would not find: they see the volume alone. */
function requireMounted({ folder, plan }: Submission, mount: string): void {
  const models = plan.models.map(({ argument }) => argument).filter((argument) => !isEmbedded(argument));
  for (const path of [folder, ...models.map((argument) => resolve(folder, argument))]) {
    const inside = relative(resolve(mount), path);
    if (!inside.startsWith("..")) continue;
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `--mount ${mount}: "${path}" is not on that volume, and pods see nothing else. Put survey and models there, and plan again.`,
    );
  }
}
