import { type CommandProfile, integer } from "../command-profile.ts";

export const profile: CommandProfile = {
  command: "survey submit",
  required: ["--engine", "kubernetes", "--print"],
  limits: {
    "--elements": integer(1, 100_000),
    "--at-once": integer(1),
    "--cpus": integer(1, 1024),
    "--gpus": integer(1, 64),
    // 0 and amounts of Slurm are refused later, in other words.
    "--mem": { passes: ["8G", "512Mi", "4Gi"], fails: ["", "8 G", "x"] },
    // Of Slurm, which the command of these tests is not for.
    "--time": { passes: [], fails: ["foo", "1:00\n#SBATCH --x", "1 00"] },
    "--partition": { passes: [], fails: ["a b", "a;rm", "a\nb"] },
    "--sbatch": { passes: [], fails: ["--array=0-5", "-a0-5", "--output=x", "-ox", "account", "--x\n--y"] },
    "--namespace": { passes: ["lab-1"], fails: ["a b", "Lab", "a: b"] },
    "--volume": { passes: ["data"], fails: ["Data: {}", "-a"] },
    "--image": {
      passes: [`registry.example:5000/vielbein@sha256:${"0a".repeat(32)}`],
      fails: ['x: "y', "a b", "a@sha256:0a"],
    },
  },
};
