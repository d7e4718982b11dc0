// vielbein survey: many points, in a folder that any number of processes and machines fill.

import { type CommandValue, group } from "../kit/command.ts";
import { plan } from "./plan-command.ts";
import { report } from "./report-command.ts";
import { run } from "./run-command.ts";
import { status } from "./status-command.ts";
import { submit } from "./submit-command.ts";

export const survey: CommandValue = group([
  {
    name: "plan",
    summary: "plan a survey: many points, by several methods, at several layers, of several models",
    command: plan,
  },
  {
    name: "run",
    summary: "compute the shards of a survey that are missing",
    command: run,
  },
  {
    name: "status",
    summary: "what of a survey is done, running, failed and missing",
    command: status,
  },
  {
    name: "report",
    summary: "tables and plots of what there is of a survey",
    command: report,
  },
  {
    name: "submit",
    summary: "hand the missing shards of a survey to Slurm or Kubernetes",
    command: submit,
  },
]);
