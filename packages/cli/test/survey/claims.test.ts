// Leases under clocks that jump: a living worker keeps its shard where the clock goes back, and nobody waits for a dead
// one for longer than two leases.

import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Claims, liveClaim } from "../../src/survey/claims.ts";
import { SurveyFolder } from "../../src/survey/folder.ts";
import type { Shard } from "../../src/survey/shards.ts";
import { scratch } from "../run.ts";

const LEASE = 60_000;
const DAY = 86_400_000;
const shard: Shard = { number: 3, model: 0, method: 0, layer: 0, first: 6, count: 2 };

/** Both clocks stand still but for what a test does. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "performance"], now: new Date("2030-01-01") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** The clock of the day alone; what measures durations goes on. */
const jump = (by: number) => vi.setSystemTime(Date.now() + by);

function folderOf(name: string): SurveyFolder {
  return new SurveyFolder(scratch(`claims-${name}`));
}

describe.each([
  ["forward", DAY],
  ["backward", -DAY],
])("the clock jumps %s by a day", (name, by) => {
  it("others take the shard over once, and the living worker goes on undisturbed", async () => {
    const folder = folderOf(`living-${name}`);
    const [own, other] = [new Claims(folder, LEASE), new Claims(folder, LEASE)];
    expect(await own.take(shard)).toBe(true);
    expect(await other.take(shard)).toBe(false);
    jump(by);
    // Its next renewal is by the clock that all read now.
    vi.advanceTimersByTime(LEASE / 3);
    await own.renew(shard, 1);
    expect(await other.take(shard)).toBe(false);
    expect(await liveClaim(folder, shard, LEASE)).toMatchObject({ rows: 1 });
    await own.release(shard);
    expect(await other.take(shard)).toBe(true);
  });

  it("a worker that died elsewhere holds nothing", async () => {
    const folder = folderOf(`dead-${name}`);
    expect(await new Claims(folder, LEASE).take(shard)).toBe(true);
    jump(by);
    expect(await liveClaim(folder, shard, LEASE)).toBeUndefined();
    expect(await new Claims(folder, LEASE).take(shard)).toBe(true);
    expect(JSON.parse(readFileSync(folder.claim(3), "utf8"))).toMatchObject({
      expires: new Date(Date.now() + LEASE).toISOString(),
      lease: LEASE,
    });
  });
});

it("clocks of two machines may differ by less than a lease", async () => {
  const folder = folderOf("skew");
  expect(await new Claims(folder, LEASE).take(shard)).toBe(true);
  for (const skew of [-0.9 * LEASE, 0.9 * LEASE]) {
    jump(skew);
    expect(await liveClaim(folder, shard, LEASE)).toBeDefined();
    jump(-skew);
  }
  vi.advanceTimersByTime(LEASE);
  expect(await liveClaim(folder, shard, LEASE)).toBeUndefined();
});
