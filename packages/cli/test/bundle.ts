// The command as a process of its own: its sources run from a bundle, since Node does not run TypeScript.

import { existsSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Lines of progress every fifth of a second: what a test waits for comes at once. */
const frequentProgress = {
  name: "progress",
  transform: (code: string, id: string) =>
    id.endsWith("/kit/terminal.ts")
      ? code.replace(/LINE_INTERVAL_MS = [^;]+/, "LINE_INTERVAL_MS = 200")
      : null,
};

/** Bundles the command into `folder`, or another program beside this file; returns its path for Node. */
export async function bundleCommand(folder: string, program = "../src/bin.ts"): Promise<string> {
  const modules = join(folder, "node_modules");
  if (!existsSync(modules))
    symlinkSync(fileURLToPath(new URL("../../../node_modules", import.meta.url)), modules);
  await build({
    configFile: false,
    logLevel: "error",
    plugins: [frequentProgress],
    resolve: { conditions: ["@vielbein/source"] },
    // The root has another version of commander.
    ssr: { noExternal: [/^@vielbein/, "commander"], resolve: { conditions: ["@vielbein/source"] } },
    build: {
      outDir: join(folder, "bundle"),
      emptyOutDir: false,
      target: "es2022",
      ssr: true,
      rollupOptions: {
        input: fileURLToPath(new URL(program, import.meta.url)),
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
  return join(folder, "bundle", `${basename(program, ".ts")}.mjs`);
}
