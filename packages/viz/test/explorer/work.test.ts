// What is under way, and what the page says of it.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Work } from "../../src/explorer/work.ts";

const failures: unknown[] = [];
let view: ReturnType<typeof makeView>;
let work: Work;

function makeView() {
  const progress = {
    hidden: true,
    value: 0,
    attributes: new Set<string>(),
    setAttribute: (name: string) => void progress.attributes.add(name),
    removeAttribute: () => {
      progress.value = 0;
    },
  };
  return { status: { textContent: "" as string | null }, progress, cancel: { hidden: true } };
}

beforeEach(() => {
  vi.useFakeTimers();
  failures.length = 0;
  view = makeView();
  work = new Work(view as unknown as ConstructorParameters<typeof Work>[0], (error) => failures.push(error));
});
afterEach(() => vi.useRealTimers());

it("has a bar and a button once it takes a while, and the share that is done", async () => {
  const run = work.run("Looking", async (signal) => {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    signal.throwIfAborted();
  });
  expect([view.status.textContent, view.progress.hidden]).toEqual(["Looking …", true]);
  await vi.advanceTimersByTimeAsync(299);
  expect(view.cancel.hidden).toBe(true);
  await vi.advanceTimersByTimeAsync(2);
  work.tell(0.5);
  expect([view.progress.hidden, view.cancel.hidden, view.progress.value]).toEqual([false, false, 0.5]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await run).toBe(true);
  expect([view.status.textContent, view.progress.hidden, view.cancel.hidden]).toEqual(["", true, true]);
});

it("is given up for what comes later, and by the person, without a complaint", async () => {
  const steps: string[] = [];
  const slow = (name: string) =>
    work.run(name, async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      signal.throwIfAborted();
      steps.push(name);
    });
  const first = slow("first");
  const second = slow("second");
  expect(view.status.textContent).toBe("second …");
  await vi.advanceTimersByTimeAsync(600);
  expect([await first, await second, steps]).toEqual([false, true, ["second"]]);
  const third = slow("third");
  work.giveUp();
  expect(view.status.textContent).toBe("");
  await vi.advanceTimersByTimeAsync(600);
  expect([await third, failures]).toEqual([false, []]);
});

it("tells of what fails, and does other things beside", async () => {
  const failure = new Error("no");
  expect(await work.run("failing", () => Promise.reject(failure))).toBe(true);
  const slow = work.run("slow", async () => void (await new Promise((resolve) => setTimeout(resolve, 500))));
  const { signal } = work;
  await work.beside("filming", () => Promise.reject(failure));
  expect([signal.aborted, view.status.textContent]).toEqual([false, "slow …"]);
  await vi.advanceTimersByTimeAsync(600);
  expect([await slow, failures]).toEqual([true, [failure, failure]]);
});
