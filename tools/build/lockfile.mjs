// Rewrites package-lock.json so that `npm ci` works wherever the packages come from:
// - entries name no registry (npm asks the configured one);
// - native binaries of other platforms, which a registry mirror may lack and npm then drops from the
//   lock, are entered by name and version, so that the lock is complete for every platform.
// Run it after every change of dependencies: npm install && node tools/build/lockfile.mjs

import { readFileSync, writeFileSync } from "node:fs";

const path = new URL("../../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(path, "utf8"));

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64", "loong64"];

for (const entry of Object.values(lock.packages)) {
  if (/^https?:/.test(entry.resolved ?? "")) delete entry.resolved;
}
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (lock.packages[place] || !/^\d/.test(version)) continue;
    const words = name.split(/[-/.]/);
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    lock.packages[place] = { version, cpu, ...(parent.dev ? { dev: true } : {}), optional: true, os };
    // Without these two npm would take the package to be wanted everywhere.
    if (os.length === 0) delete lock.packages[place].os;
    if (cpu.length === 0) delete lock.packages[place].cpu;
  }
}

const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
