// How far a report has come, as a terminal and a log see it.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ReportProgress } from "../src/commands/report/progress.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

function progressOn(isTTY: boolean, quiet = false): { progress: ReportProgress; lines: () => string[] } {
  const written: string[] = [];
  const stderr = { isTTY, write: (text: string | Uint8Array) => written.push(String(text)) };
  const progress = new ReportProgress({ stdout: stderr, stderr, reports: "stdout", quiet }, 20);
  return { progress, lines: () => written.splice(0) };
}

it("tells a terminal the share of the whole and the time left, at the pace so far", () => {
  const { progress, lines } = progressOn(true);
  progress.begin("one", 5);
  expect(lines()).toEqual(["\r\u001b[K0 %  one"]);
  vi.advanceTimersByTime(10_000);
  progress.within(0.5);
  // 2.5 of 20 in 10 s: 17.5 are left, 70 s.
  expect(lines()).toEqual(["\r\u001b[K13 %  one  about 70 s left"]);
  progress.end();
  vi.advanceTimersByTime(290_000);
  progress.begin("two", 5);
  expect(lines()).toEqual(["\r\u001b[K25 %  two  about 15 min left"]);
  progress.close();
  expect(lines()).toEqual(["\r\u001b[K"]);
});

it("counts what an earlier run did as done, and not as pace", () => {
  const { progress, lines } = progressOn(true);
  progress.skip(10);
  progress.begin("two", 5);
  vi.advanceTimersByTime(7_200_000);
  progress.within(1);
  expect(lines()).toEqual(["\r\u001b[K50 %  two", "\r\u001b[K75 %  two  about 2 h left"]);
});

it("gives a log a line for each section, and few between", () => {
  const { progress, lines } = progressOn(false);
  progress.begin("one", 5);
  vi.advanceTimersByTime(9_000);
  progress.within(0.5);
  vi.advanceTimersByTime(2_000);
  progress.within(0.6);
  progress.close();
  expect(lines()).toEqual(["0 %  one\n", "15 %  one  about 62 s left\n"]);
});

it("says nothing with --quiet", () => {
  const { progress, lines } = progressOn(true, true);
  progress.begin("one", 5);
  progress.close();
  expect(lines()).toEqual([]);
});
