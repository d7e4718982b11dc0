// The command begins anew with settings of the allocator, where Node can and nothing is set.

import { afterEach, expect, it, vi } from "vitest";
import { ALLOCATOR, settleAllocator } from "../src/kit/allocator.ts";

const execve = vi.fn();
const started = process as { execve?: unknown };
const own = started.execve;

afterEach(() => {
  started.execve = own;
  vi.unstubAllEnvs();
  execve.mockClear();
});

it.runIf(process.platform === "linux")("in the same program, with the same arguments and environment", () => {
  started.execve = execve;
  vi.stubEnv("EXAMPLE", "kept");
  settleAllocator();
  expect(execve).toHaveBeenCalledWith(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    expect.objectContaining({ ...ALLOCATOR, EXAMPLE: "kept" }),
  );
});

it.each(["MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"])("not where %s is set", (name) => {
  started.execve = execve;
  vi.stubEnv(name, "1");
  settleAllocator();
  expect(execve).not.toHaveBeenCalled();
});

it("goes on where Node cannot", () => {
  started.execve = undefined;
  expect(() => settleAllocator()).not.toThrow();
});
