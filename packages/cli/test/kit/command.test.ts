// What the kit does around the work of a command: files are checked before it, what it opened is closed after it, and
// its report is printed.

import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { command, group } from "../../src/kit/command.ts";
import { output } from "../../src/kit/command-files.ts";
import { CannotWriteError, InterruptedError } from "../../src/kit/exit-codes.ts";
import { json } from "../../src/kit/options.ts";
import type { Report } from "../../src/kit/report.ts";
import { each, type Task } from "../../src/kit/task.ts";
import { scratch } from "../run.ts";
import { perform } from "./perform.ts";

type Work = (task: Task<object> & { readonly names: readonly string[] }) => Promise<Report>;

const working = (run: Work) =>
  command({
    argument: "<names...>",
    description: "Works.",
    options: {
      out: output("--out <file>", "file to write"),
      other: output("--other <file>", "another"),
      json,
    },
    presets: ({ other }) => (other === undefined ? {} : { out: `${other}.out` }),
    run,
  });

/** Something to dispose of, which says so. */
const resource = (name: string, log: string[], failure?: Error) => ({
  name,
  dispose: async () => {
    log.push(`dispose ${name}`);
    if (failure) throw failure;
  },
});

describe("what a command takes over is disposed of, the last first", () => {
  it("after its report is printed, and what that left to do is done", async () => {
    const log: string[] = [];
    const work = working(async ({ names, use }) => {
      for (const name of names) log.push((await use(Promise.resolve(resource(name, log)))).name);
      return {
        text: () => {
          log.push("text");
          return "done\n";
        },
        after: async () => void log.push("after"),
        conclude: () => void log.push("conclude"),
      };
    });
    const { stdout, error } = await perform(work, ["work", "a", "b", "c"]);
    expect([stdout, error]).toEqual(["done\n", undefined]);
    expect(log.join()).toBe("a,b,c,text,after,conclude,dispose c,dispose b,dispose a");
  });

  it("when it fails; of what could not be opened there is nothing to dispose of", async () => {
    const log: string[] = [];
    const work = working(async ({ use }) => {
      await use(resource("a", log));
      await use(Promise.reject(new Error("no such map")));
      return { text: () => "never" };
    });
    const { stdout, error } = await perform(work, ["work", "a"]);
    expect([stdout, log, error]).toEqual(["", ["dispose a"], new Error("no such map")]);
  });

  it("when it is interrupted", async () => {
    const [log, interrupt] = [[] as string[], new AbortController()];
    const work = working(async (task) => {
      await task.use(resource("a", log));
      await task.use(resource("b", log));
      await each(task, "steps", [0, 1, 2], async (step) => {
        log.push(`step ${step}`);
        if (step === 1) interrupt.abort();
      });
      return { text: () => "never" };
    });
    const { stdout, stderr, error } = await perform(work, ["work", "a"], interrupt.signal);
    expect(log.join()).toBe("step 0,step 1,dispose b,dispose a");
    expect([stdout, (error as Error).name]).toEqual(["", "AbortError"]);
    expect(stderr).toContain("2/3");
    // The line of progress is gone.
    expect(stderr.endsWith("\r\u001b[K")).toBe(true);
  });

  it("all of it, though one fails; what the work failed with comes first", async () => {
    const log: string[] = [];
    const opened = async ({ use }: Parameters<Work>[0]): Promise<void> => {
      await use(resource("a", log));
      await use(resource("b", log, new Error("b does not close")));
      await use(resource("c", log));
    };
    const closing = working(async (task) => {
      await opened(task);
      return { text: () => "done\n" };
    });
    expect(await perform(closing, ["work", "a"])).toMatchObject({
      stdout: "done\n",
      error: new Error("b does not close"),
    });
    expect(log.splice(0).join()).toBe("dispose c,dispose b,dispose a");
    const failing = working(async (task) => {
      await opened(task);
      throw new Error("the work failed");
    });
    expect(await perform(failing, ["work", "a"])).toMatchObject({ error: new Error("the work failed") });
    expect(log.join()).toBe("dispose c,dispose b,dispose a");
  });
});

describe("outputs are checked before the work", () => {
  const work = working(async () => {
    throw new Error("begun");
  });

  it("that cannot be written", async () => {
    const { error } = await perform(work, ["work", "a", "--out", scratch("absent/out.npz")]);
    expect(error).toBeInstanceOf(CannotWriteError);
  });

  it("that are one file, also where a preset names one of them", async () => {
    const file = scratch("same");
    const twice = await perform(work, ["work", "a", "--out", file, "--other", file]);
    expect(String(twice.error)).toContain("is what --out writes to");
    mkdirSync(`${scratch("taken")}.out`);
    const preset = await perform(work, ["work", "a", "--other", scratch("taken")]);
    expect(String(preset.error)).toContain("it is a folder");
    const given = await perform(work, ["work", "a", "--other", scratch("taken"), "--out", file]);
    expect(given.error).toEqual(new Error("begun"));
  });

  it("and what passes is worked on", async () => {
    const { error } = await perform(work, ["work", "a", "--out", scratch("fine")]);
    expect(error).toEqual(new Error("begun"));
  });
});

describe("a report", () => {
  const report = { json: () => ({ found: 1 }), text: () => "1 found\n" };

  it("is a text, or with --json a document; only what is printed is made", async () => {
    const unwanted = () => {
      throw new Error("not asked for");
    };
    const texts = working(async () => ({ ...report, json: unwanted }));
    const documents = working(async () => ({ ...report, text: unwanted }));
    expect(await perform(texts, ["work", "a"])).toMatchObject({ stdout: "1 found\n", error: undefined });
    const { stdout } = await perform(documents, ["work", "a", "--json"]);
    expect(stdout).toBe('{\n  "found": 1\n}\n');
  });

  it("may have nothing to say", async () => {
    const work = working(async () => ({ json: report.json }));
    expect(await perform(work, ["work", "a"])).toEqual({ stdout: "", stderr: "", error: undefined });
  });

  it("leaves stdout to a file that goes there", async () => {
    const work = working(async () => report);
    const { stdout, stderr } = await perform(work, ["work", "a", "--out", "-"]);
    expect([stdout, stderr]).toEqual(["", "1 found\n"]);
  });

  it("concludes with what cut the work short, whatever else goes wrong", async () => {
    const conclude = () => {
      throw new InterruptedError("interrupted after 2 of 3");
    };
    const cut = await perform(
      working(async () => ({ ...report, conclude })),
      ["work", "a"],
    );
    expect([cut.stdout, String(cut.error)]).toEqual(["1 found\n", "AbortError: interrupted after 2 of 3"]);
    const after = async () => {
      throw new CannotWriteError("disk full");
    };
    const worse = await perform(
      working(async () => ({ ...report, after, conclude })),
      ["work", "a"],
    );
    expect(worse.error).toBeInstanceOf(InterruptedError);
    const full = await perform(
      working(async () => ({ ...report, after })),
      ["work", "a"],
    );
    expect([full.stdout, full.error]).toEqual(["1 found\n", new CannotWriteError("disk full")]);
  });
});

it("a group holds commands under its name", async () => {
  const work = working(async ({ names }) => ({ text: () => names.join(" ") }));
  const both = group([{ name: "work", summary: "works", command: work }]);
  expect((await perform(both, ["both", "work", "a", "b"])).stdout).toBe("a b");
});
