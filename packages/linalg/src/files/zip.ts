// Reading of zip archives (PKWARE APPNOTE 6.3), as NumPy and Python's zipfile write them: members stored or deflated,
// with or without data descriptors and zip64. The central directory at the end says what there is.

import { LinalgError } from "../errors.ts";
import { requireKind } from "../requirements.ts";
import { crc32, inflateExactly } from "./deflate.ts";
import { UnsupportedArrayError } from "./npy-header.ts";

/** One file of a ZIP archive, not yet unpacked. */
export interface ZipMember {
  /** Path in the archive. */
  readonly name: string;
  /** Bytes when unpacked, as the directory announces them. */
  readonly size: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  /** Whether a password is needed: such members cannot be read. */
  readonly isEncrypted: boolean;
  /** CRC-32 of the unpacked bytes, as the directory announces it. */
  readonly crc: number;
  /** As it lies in the archive. */
  readonly packed: Uint8Array;
}

const STORED = 0;
const DEFLATED = 8;
const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
const ZIP64_EXTRA = 1;
/** Stands for a number that is found in the zip64 fields. */
const ELSEWHERE = 0xffffffff;

/**
 * The members of an archive in the order of its directory, nothing unpacked yet.
 *
 * @throws {LinalgError} `INVALID_FILE`: no zip archive, cut short, or members that share a name or bytes.
 */
export function zipMembers(bytes: Uint8Array): ZipMember[] {
  requireKind("zipMembers: bytes", "bytes", bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start } = directory(view);
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let total = 0;
  let at = start;
  for (let i = 0; i < count; i++) {
    const { member, next } = centralEntry(bytes, view, at);
    if (names.has(member.name))
      throw invalid(`two members are named ${quoted(member.name)}`, "Save it again");
    names.add(member.name);
    members.push(member);
    total += member.packed.length;
    at = next;
  }
  // A small archive whose members overlap can hold as much as a huge one.
  if (total > bytes.length) throw invalid("its members overlap");
  return members;
}

/**
 * The bytes of a member.
 *
 * @throws {LinalgError} `INVALID_FILE`: encrypted, packed by another method, or not what its checksum says.
 */
export function unpackMember(member: ZipMember): Uint8Array {
  requireKind("unpackMember: member", "zipMember", member);
  const { size, crc, packed } = member;
  requireReadable(member);
  const isStored = member.method === STORED;
  if (isStored && packed.length !== size) {
    throw new LinalgError(
      "INVALID_FILE",
      `${packed.length} bytes are stored where ${size} are due: the file was damaged. Download or copy it again.`,
    );
  }
  const result = isStored ? packed : inflateExactly(packed, size);
  const actual = crc32(result);
  if (actual === crc) return result;
  throw new LinalgError(
    "INVALID_FILE",
    `the checksum (CRC-32) is ${hex(actual)} where the archive says ${hex(crc)}: the file was damaged. Download or copy it again.`,
  );
}

/**
 * Refuses members that cannot be unpacked here.
 *
 * @throws {UnsupportedArrayError} for members that are encrypted, or packed by another method than deflate.
 */
export function requireReadable(member: ZipMember): void {
  requireKind("requireReadable: member", "zipMember", member);
  const { method, isEncrypted } = member;
  if (isEncrypted) throw new UnsupportedArrayError("it is encrypted. Save it without a password.");
  if (method === STORED || method === DEFLATED) return;
  throw new UnsupportedArrayError(
    `it is packed by method ${method}; stored (0) and deflated (8) members are read, as numpy.savez and savez_compressed write them.`,
  );
}

function directory(view: DataView): { count: number; start: number } {
  const last = view.byteLength - END_BYTES;
  let end = last;
  while (end >= 0 && end >= last - MAX_COMMENT && !isEnd(view, end)) end--;
  if (end < 0 || end < last - MAX_COMMENT) throw invalid("not a zip archive, or cut short");
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count !== 0xffff && start !== ELSEWHERE) return { count, start };
  const locator = end - LOCATOR64_BYTES;
  if (locator < 0 || view.getUint32(locator, true) !== LOCATOR64) return { count, start };
  const end64 = Number(view.getBigUint64(locator + 8, true));
  requireWithin(view, end64, 56, END64);
  return {
    count: Number(view.getBigUint64(end64 + 32, true)),
    start: Number(view.getBigUint64(end64 + 48, true)),
  };
}

/** Whether the record that ends an archive stands here: its comment must reach to the end of the file. */
function isEnd(view: DataView, at: number): boolean {
  return (
    view.getUint32(at, true) === END && at + END_BYTES + view.getUint16(at + 20, true) === view.byteLength
  );
}

function centralEntry(bytes: Uint8Array, view: DataView, at: number): { member: ZipMember; next: number } {
  requireWithin(view, at, CENTRAL_BYTES, CENTRAL);
  const flags = view.getUint16(at + 8, true);
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
    view.getUint16(at + offset, true),
  );
  const nameStart = at + CENTRAL_BYTES;
  const extraStart = nameStart + nameLength!;
  const next = extraStart + extraLength! + commentLength!;
  if (next > bytes.length) throw invalid("not a zip archive, or cut short");
  const isUtf8 = (flags & 0x800) !== 0;
  const name = new TextDecoder(isUtf8 ? "utf-8" : "latin1").decode(bytes.subarray(nameStart, extraStart));
  const [size, packedSize, offset] = sizes(view, at, extraStart, extraStart + extraLength!);
  const member = {
    name,
    size: size!,
    method: view.getUint16(at + 10, true),
    isEncrypted: (flags & 1) !== 0,
    crc: view.getUint32(at + 16, true),
    packed: packedBytes(bytes, view, name, offset!, packedSize!),
  };
  return { member, next };
}

/** Size, packed size and place; the zip64 field holds, in this order, those that do not fit 32 bits. */
function sizes(view: DataView, at: number, extra: number, extraEnd: number): number[] {
  const short = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
  let field = extra;
  while (field + 4 <= extraEnd && view.getUint16(field, true) !== ZIP64_EXTRA) {
    field += 4 + view.getUint16(field + 2, true);
  }
  let long = field + 4;
  return short.map((value) => {
    if (value !== ELSEWHERE || long + 8 > extraEnd) return value;
    long += 8;
    return Number(view.getBigUint64(long - 8, true));
  });
}

function packedBytes(
  bytes: Uint8Array,
  view: DataView,
  name: string,
  offset: number,
  size: number,
): Uint8Array {
  requireWithin(view, offset, LOCAL_BYTES, LOCAL);
  const start = offset + LOCAL_BYTES + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + size > bytes.length) throw invalid(`cut short in ${quoted(name)}`);
  return bytes.subarray(start, start + size);
}

function requireWithin(view: DataView, at: number, length: number, signature: number): void {
  if (at + length <= view.byteLength && view.getUint32(at, true) === signature) return;
  throw invalid("not a zip archive, or cut short");
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

function invalid(reason: string, remedy = "Download or copy it again"): LinalgError {
  return new LinalgError("INVALID_FILE", `${reason}. ${remedy}.`);
}
