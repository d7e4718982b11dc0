// The command as a process of its own: its sources run from a bundle, since Node does not run TypeScript.

import { symlinkSync } from "node:fs";
import { join } from "node:path";
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

/** Bundles the command into `folder`; returns the path of the program for Node. */
export async function bundleCommand(folder: string): Promise<string> {
  symlinkSync(fileURLToPath(new URL("../../../node_modules", import.meta.url)), join(folder, "node_modules"));
  await build({
    configFile: false,
    logLevel: "error",
    plugins: [frequentProgress],
    resolve: { conditions: ["@vielbein/source"] },
    // The root has another version of commander.
    ssr: { noExternal: [/^@vielbein/, "commander"], resolve: { conditions: ["@vielbein/source"] } },
    build: {
      outDir: join(folder, "bundle"),
      target: "es2022",
      ssr: true,
      rollupOptions: {
        input: fileURLToPath(new URL("../src/bin.ts", import.meta.url)),
        output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
      },
    },
  });
  return join(folder, "bundle", "bin.mjs");
}
