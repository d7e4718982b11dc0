// What takes a process of its own: how it ends, and a provider that an environment variable makes possible. The
// sources run from a bundle, as in an application that bundles this package.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "vielbein-scenario-"));

beforeAll(async () => {
  symlinkSync(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(folder, "node_modules"));
  await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@vielbein/source"] },
    ssr: { noExternal: [/^@vielbein/], resolve: { conditions: ["@vielbein/source"] } },
    build: {
      outDir: join(folder, "bundle"),
      target: "es2022",
      ssr: true,
      minify: true,
      rollupOptions: {
        input: fileURLToPath(new URL("./scenario.ts", import.meta.url)),
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

function run(scenario: string, env: NodeJS.ProcessEnv = process.env) {
  // ORT's own remarks on stderr (missing display, drivers) are no concern here.
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, "bundle", "scenario.mjs"), scenario],
    { env, encoding: "utf8", timeout: 300_000 },
  );
  return { status, signal, stdout, stderr };
}

describe("a process", () => {
  it("ends by itself although a session is open", () => {
    expect(run("idle")).toMatchObject({ status: 0, signal: null });
  });

  // Node would end the thread inside native code, which aborts the process with SIGABRT.
  it.each(["exit while the thread starts", "exit during a run"])("ends in order: %s", (scenario) => {
    expect(run(scenario)).toMatchObject({ status: 3, signal: null, stdout: "" });
  });

  it("ends in order: exception during a run", () => {
    const { status, signal, stdout, stderr } = run("exception during a run");
    expect({ status, signal, stdout }).toEqual({ status: 1, signal: null, stdout: "" });
    expect(stderr).toContain("uncaught");
  });
});

describe("the process of a trial", () => {
  it("goes on under a SIGTERM to all processes of a job, until the program has ended", (context) => {
    if (!existsSync("/proc/self/task")) context.skip("processes are listed in /proc, which Linux has");
    expect(run("a trial's process is signalled")).toMatchObject({ status: 0, stdout: "7,10,15,22\n" });
  });
});

describe("the process of a trial that waits for another", () => {
  it("neither keeps this one from ending nor outlives it", async (context) => {
    if (!existsSync("/proc/self/task")) context.skip("processes are listed in /proc, which Linux has");
    const { status, stdout } = run("a trial's process waits");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\d+\n$/);
    await expect.poll(() => existsSync(`/proc/${stdout.trim()}`), { timeout: 10_000 }).toBe(false);
  });
});

// ONNX Runtime's telemetry keeps an identifier and what it has yet to send in the home folder.
describe("telemetry", () => {
  it("is off unless the user has it on", () => {
    const home = join(folder, "home");
    mkdirSync(home);
    const { CI, ORT_DISABLE_TELEMETRY, XDG_CACHE_HOME, ...env } = process.env; // CI, too, turns it off
    expect(run("idle", { ...env, HOME: home, TMPDIR: home })).toMatchObject({ status: 0 });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe("a runtime that nobody keeps", () => {
  it("ends its thread", (context) => {
    if (!existsSync("/proc/self/task")) context.skip("threads are counted in /proc, which Linux has");
    const { before, after } = JSON.parse(run("forgotten runtimes").stdout);
    expect(after).toBeLessThan(before);
  });
});

const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What WebGPU on a processor needs and this system lacks. */
function missingForWebgpu(): string | undefined {
  if (!existsSync(driver)) return `no ${driver}: install chromium, which brings a Vulkan driver`;
  // Debian's chromium brings the driver, but not the loader that finds it.
  const libraries = spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" }).stdout ?? "";
  return libraries.includes("libvulkan.so.1") ? undefined : "no libvulkan.so.1: install libvulkan1";
}

describe("WebGPU on a software driver", () => {
  it("keeps the contract, after CUDA was passed over", { timeout: 300_000 }, (context) => {
    const missing = missingForWebgpu();
    if (missing) context.skip(missing);
    const { status, stdout } = run("contract on webgpu", { ...process.env, VK_ICD_FILENAMES: driver });
    expect(status).toBe(0);
    const { name, report, failures } = JSON.parse(stdout);
    expect(failures).toEqual([]);
    expect(name).toMatch(/\(webgpu\)$/);
    expect(report).toEqual([
      { provider: "cuda", reason: expect.stringContaining("Failed to load shared library") },
      { provider: "webgpu" },
    ]);
  });
});
