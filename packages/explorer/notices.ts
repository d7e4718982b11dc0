// The licences of what the built page contains of others. Vite's own list leaves out what is in workers.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const LICENSES = ["LICENSE", "LICENSE.md", "LICENSE.txt"];
/** Part of the linear algebra, compiled. */
const LAPACK = fileURLToPath(new URL("../linalg/kernel/NOTICE", import.meta.url));

/** Folders of packages in the bundles so far. */
const bundled = new Set<string>();

/** Notes which packages are in a bundle; for the page and for its workers. */
export function noteBundled(): Plugin {
  return {
    name: "note-bundled",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) {
          const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? [];
          if (folder) bundled.add(folder);
        }
      }
    },
  };
}

/** Writes THIRD-PARTY-NOTICES.md beside the page, whose workers are built before it. */
export function writeNotices(): Plugin {
  return {
    name: "write-notices",
    writeBundle({ dir }) {
      const parts = [...bundled].sort().map(noticeOf);
      const text = [
        "# What this page contains of others",
        ...parts,
        `## LAPACK\n\n${readFileSync(LAPACK, "utf8")}`,
      ];
      writeFileSync(join(dir!, "THIRD-PARTY-NOTICES.md"), `${text.join("\n\n").trimEnd()}\n`);
    },
  };
}

function noticeOf(folder: string): string {
  const { name, version, license, homepage, repository } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  const file = LICENSES.map((each) => join(folder, each)).find(existsSync);
  const text = file ? readFileSync(file, "utf8").trim() : `See ${homepage ?? repository.url}.`;
  return `## ${name} ${version} (${license})\n\n${text}`;
}
