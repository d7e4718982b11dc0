// Writing files. A regular file is replaced whole or not at all, with its mode and, where that is allowed, its owner;
// symbolic links are followed; what is not a regular file, such as a FIFO or a device, is written to.

import { randomUUID } from "node:crypto";
import { rmSync, type Stats } from "node:fs";
import {
  access,
  chmod,
  chown,
  constants,
  type FileHandle,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cannotWrite, makeFolder } from "./folders.ts";
import { info, type Terminal } from "./terminal.ts";

type Content = Uint8Array | string;

/** Names of the program's own streams. `/dev/stdout` cannot be opened where that is a socket. */
const STREAMS: Readonly<Record<string, "stdout" | "stderr">> = {
  "-": "stdout",
  "/dev/stdout": "stdout",
  "/dev/fd/1": "stdout",
  "/proc/self/fd/1": "stdout",
  "/dev/stderr": "stderr",
  "/dev/fd/2": "stderr",
  "/proc/self/fd/2": "stderr",
};

/** Which of the program's streams a path names, if any. */
export function standardStream(path: string): "stdout" | "stderr" | undefined {
  return Object.hasOwn(STREAMS, path) ? STREAMS[path] : undefined;
}

/**
 * Writes a file: a reader of a regular one never sees half of it.
 *
 * @throws {CannotWriteError}
 */
export async function writeWhole(path: string, content: Content, terminal: Terminal): Promise<void> {
  const stream = standardStream(path);
  if (stream) return void terminal[stream].write(content);
  try {
    const target = await targetOf(path);
    const before = await statOf(target);
    await (before && !before.isFile()
      ? writeInto(target, before, content)
      : replace(target, before, content));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Writes a file, and makes its folder: once this returns, not even a loss of power undoes it, and before it does there is
 * the old file or none. Of two that write one file the last stays.
 *
 * @param temporary a folder on the same disk for what is not complete yet.
 * @throws {CannotWriteError}
 */
export async function writeDurably(path: string, content: Content, temporary: string): Promise<void> {
  const part = join(temporary, temporaryName());
  try {
    await makeFolder(temporary);
    await makeFolder(dirname(path));
    unfinished.add(part);
    await writeFile(part, content, { flag: "wx", flush: true });
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    removeQuietly(part);
    throw cannotWrite(path, error);
  } finally {
    unfinished.delete(part);
  }
}

/** Some file systems cannot, and keep the names of files at once. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/**
 * Writes a file that an option names, and says so; where none is named, does nothing.
 *
 * @throws {CannotWriteError}
 */
export async function writeNamed(
  path: string | undefined,
  content: () => Content | Promise<Content>,
  terminal: Terminal,
): Promise<void> {
  if (path === undefined) return;
  await writeWhole(path, await content(), terminal);
  info(terminal, `wrote ${path}`);
}

/**
 * Checks, before long work, that a file may be written, and removes what killed runs left in its folder.
 *
 * @throws {CannotWriteError}
 */
export async function requireWritable(path: string): Promise<void> {
  if (standardStream(path)) return;
  try {
    const target = await targetOf(path);
    const there = await statOf(target);
    if (there?.isDirectory()) throw new Error("it is a folder");
    if (there) await access(target, constants.W_OK);
    if (there && !there.isFile()) return;
    await access(dirname(target), constants.W_OK);
    await removeLeftovers(dirname(target));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * The same for a folder, which is made if it does not exist.
 *
 * @throws {CannotWriteError}
 */
export async function requireWritableFolder(path: string): Promise<void> {
  try {
    let folder = resolve(path);
    while (!(await statOf(folder)) && dirname(folder) !== folder) folder = dirname(folder);
    if (!(await stat(folder)).isDirectory()) throw new Error(`"${folder}" is not a folder`);
    await access(folder, constants.W_OK);
    await removeLeftovers(folder);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Whether what is written to `path` cannot be read again: it goes into a stream, a FIFO or a device. */
export async function isStream(path: string): Promise<boolean> {
  if (standardStream(path)) return true;
  const there = await statOf(path).catch(() => undefined);
  return there !== undefined && !there.isFile() && !there.isDirectory();
}

/** The file that a path leads to through symbolic links, which may be absent still. */
export async function targetOf(path: string): Promise<string> {
  if (/[\\/]$/.test(path)) throw new Error("its name ends as that of a folder");
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const folder = await realpath(dirname(path));
    const place = join(folder, basename(path));
    const link = await readlink(place).catch(() => undefined);
    return link === undefined ? place : targetOf(resolve(folder, link));
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}

async function replace(target: string, before: Stats | undefined, content: Content): Promise<void> {
  const temporary = join(dirname(target), temporaryName());
  unfinished.add(temporary);
  try {
    await writeFile(temporary, content, { flag: "wx", mode: before ? before.mode & 0o777 : 0o666 });
    if (before) {
      await chown(temporary, before.uid, before.gid).catch(() => undefined);
      await chmod(temporary, before.mode & 0o7777);
    }
    await rename(temporary, target);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
}

function temporaryName(): string {
  return `.vielbein-${process.pid}-${randomUUID()}.part`;
}

/** Temporary files that are being written. */
const unfinished: Set<string> = new Set();

/** Removes temporary files, where the process ends while they are written. */
export function removeUnfinished(): void {
  for (const path of unfinished) removeQuietly(path);
}

/** What went wrong before is what is reported, not that this fails too. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

async function writeInto(target: string, there: Stats, content: Content): Promise<void> {
  const file = there.isFIFO() ? await openFifo(target) : await open(target, constants.O_WRONLY);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

const FIFO_INTERVAL_MS = 50;

/** Opening a FIFO blocks a thread until somebody reads, which not even the end of the process ends: ask first. */
async function openFifo(path: string): Promise<FileHandle> {
  for (;;) {
    try {
      const asked = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        return await open(path, constants.O_WRONLY);
      } finally {
        await asked.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENXIO") throw error;
    }
    await delay(FIFO_INTERVAL_MS);
  }
}

/** Temporary files of another machine that shares the folder are being written to: they are younger than this. */
const LEFTOVER_AGE_MS = 60_000;

/** Removes temporary files of runs that were killed. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, pid] = /^\.vielbein-(\d+)-[\da-f-]+\.part$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    const there = await statOf(path).catch(() => undefined);
    if (there && Date.now() - there.mtimeMs > LEFTOVER_AGE_MS) await rm(path).catch(() => undefined);
  }
}

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
