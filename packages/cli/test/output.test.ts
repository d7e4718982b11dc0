// How files are written: replaced whole with their mode, through links, into what is no regular file.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { isStream, requireWritable, requireWritableFolder, writeWhole } from "../src/kit/output.ts";
import { scratch } from "./run.ts";

const terminal = {
  stdout: { write: () => true },
  stderr: { write: () => true },
  reports: "stdout" as const,
  quiet: true,
};
const write = (path: string, content: string | Uint8Array) => writeWhole(path, content, terminal);
const mode = (path: string) => statSync(path).mode & 0o7777;

let count = 0;
function folder(): string {
  const path = scratch(`written-${count++}`);
  mkdirSync(path);
  return path;
}

describe("writeWhole", () => {
  it("keeps the mode of the file that it replaces, whatever the umask", async () => {
    const path = join(folder(), "file");
    for (const kept of [0o600, 0o640, 0o666, 0o755]) {
      writeFileSync(path, "old");
      chmodSync(path, kept);
      await write(path, "new");
      expect([readFileSync(path, "utf8"), mode(path)]).toEqual(["new", kept]);
    }
  });

  it.skipIf(process.getuid?.() !== 0)("keeps the owner where that is allowed (root)", async () => {
    const path = join(folder(), "file");
    writeFileSync(path, "old");
    execFileSync("chown", ["65534:65534", path]);
    await write(path, "new");
    expect([statSync(path).uid, statSync(path).gid]).toEqual([65534, 65534]);
  });

  it("follows symbolic links, of links too and to what is absent", async () => {
    const at = folder();
    writeFileSync(join(at, "target"), "old");
    symlinkSync("target", join(at, "link"));
    symlinkSync("link", join(at, "again"));
    await write(join(at, "again"), "new");
    expect(readFileSync(join(at, "target"), "utf8")).toBe("new");
    expect(lstatSync(join(at, "link")).isSymbolicLink()).toBe(true);
    symlinkSync("absent", join(at, "dangling"));
    await write(join(at, "dangling"), "new");
    expect(readFileSync(join(at, "absent"), "utf8")).toBe("new");
    symlinkSync("loop", join(at, "loop"));
    await expect(write(join(at, "loop"), "new")).rejects.toThrow("ELOOP");
  });

  it("takes names as long as the system does", async () => {
    const path = join(folder(), "n".repeat(255));
    await requireWritable(path);
    await write(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("writes to a FIFO once somebody reads it", async () => {
    const path = join(folder(), "fifo");
    execFileSync("mkfifo", [path]);
    const content = new Uint8Array(300_000).fill(7);
    const written = write(path, content);
    await delay(120);
    const read = await readFile(path);
    await written;
    expect(read.equals(content)).toBe(true);
    expect(await isStream(path)).toBe(true);
  });

  it("leaves the old file and nothing else where it fails, and reports what failed first", async () => {
    const path = join(folder(), "gone", "file");
    mkdirSync(join(path, ".."));
    rmSync(join(path, ".."), { recursive: true });
    await expect(write(path, "new")).rejects.toThrow("ENOENT");
  });
});

it("a full disk keeps the old file, without a rest of the new one", async ({ skip }) => {
  const small = folder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "none", small], { stdio: "ignore" });
  } catch {
    skip("mounting a small disk takes rights that this process lacks");
  }
  try {
    const path = join(small, "file");
    writeFileSync(path, "old");
    await expect(write(path, new Uint8Array(100_000))).rejects.toThrow("ENOSPC");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(small)).toEqual(["file"]);
  } finally {
    execFileSync("umount", [small]);
  }
});

describe("before any work", () => {
  it("refuses folders, names of folders, files in files", async () => {
    const at = folder();
    writeFileSync(join(at, "file"), "");
    for (const path of [at, join(at, "new/"), join(at, "file", "new"), join(at, "no", "new"), ""]) {
      await expect(requireWritable(path)).rejects.toThrow("Cannot write");
    }
    await requireWritable(join(at, "new"));
    await requireWritableFolder(join(at, "a", "b"));
    await expect(requireWritableFolder(join(at, "file", "b"))).rejects.toThrow("Cannot write");
    expect(readdirSync(at)).toEqual(["file"]);
  });

  it("removes what killed runs left, and not what live ones write", async () => {
    const at = folder();
    const child = Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));
    const name = (pid: number, i: number) => join(at, `.vielbein-${pid}-0000000${i}-aaaa.part`);
    for (const path of [name(child, 0), name(child, 1), name(process.pid, 2), join(at, "x.part")]) {
      writeFileSync(path, "half");
      if (path !== name(child, 1)) utimesSync(path, 1e9, 1e9);
    }
    await requireWritable(join(at, "new"));
    expect(existsSync(name(child, 0))).toBe(false);
    for (const path of [name(child, 1), name(process.pid, 2), join(at, "x.part")]) {
      expect([path, existsSync(path)]).toEqual([path, true]);
    }
  });
});
