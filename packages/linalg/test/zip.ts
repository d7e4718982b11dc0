// A zip writer for tests, with what numpy.savez never writes: data descriptors, zip64, other methods, wrong sums.

import { crc32, deflateRawSync } from "node:zlib";

export interface Member {
  readonly name: string;
  readonly data: Uint8Array;
  readonly deflated?: boolean;
  /** Sizes and checksum behind the data instead of before it. */
  readonly descriptor?: boolean;
  readonly zip64?: boolean;
  /** Overrides of what the directory says. */
  readonly crc?: number;
  readonly size?: number;
  readonly method?: number;
  readonly flags?: number;
}

const number = (bytes: number, value: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value));
  else buffer.writeUIntLE(value, 0, bytes);
  return buffer;
};

export function zipOf(members: readonly Member[], { zip64 = false, comment = "" } = {}): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  const length = (list: readonly Buffer[]) => list.reduce((sum, part) => sum + part.length, 0);
  for (const member of members) {
    const offset = length(parts);
    const packed = member.deflated ? deflateRawSync(member.data) : Buffer.from(member.data);
    const name = Buffer.from(member.name);
    const flags = 0x800 | (member.descriptor ? 8 : 0) | (member.flags ?? 0);
    const method = member.method ?? (member.deflated ? 8 : 0);
    const crc = number(4, member.crc ?? crc32(member.data));
    const size = member.size ?? member.data.length;
    const kind = [number(2, 45), number(2, flags), number(2, method), number(4, 0)];
    const inline = member.descriptor
      ? [number(4, 0), number(4, 0), number(4, 0)]
      : [crc, number(4, packed.length), number(4, size)];
    parts.push(
      Buffer.from("PK\x03\x04"),
      ...kind,
      ...inline,
      number(2, name.length),
      number(2, 0),
      name,
      packed,
    );
    if (member.descriptor)
      parts.push(Buffer.from("PK\x07\x08"), crc, number(4, packed.length), number(4, size));
    const long = member.zip64
      ? [number(2, 1), number(2, 24), number(8, size), number(8, packed.length), number(8, offset)]
      : [];
    const short = member.zip64 ? [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1] : [packed.length, size, offset];
    central.push(
      ...[Buffer.from("PK\x01\x02"), number(2, 45), ...kind, crc, number(4, short[0]!), number(4, short[1]!)],
      ...[number(2, name.length), number(2, length(long)), number(2, 0), number(4, 0), number(4, 0)],
      ...[number(4, short[2]!), name, ...long],
    );
  }
  const [start, size, count] = [length(parts), length(central), members.length];
  if (zip64) {
    const end = start + size;
    central.push(
      ...[
        Buffer.from("PK\x06\x06"),
        number(8, 44),
        number(4, 0),
        number(4, 0),
        number(4, 0),
        number(8, count),
      ],
      ...[number(8, count), number(8, size), number(8, start)],
      ...[Buffer.from("PK\x06\x07"), number(4, 0), number(8, end), number(4, 1)],
    );
  }
  const [n, at] = zip64 ? [0xffff, 2 ** 32 - 1] : [count, start];
  return Buffer.concat([
    ...parts,
    ...central,
    ...[Buffer.from("PK\x05\x06"), number(4, 0), number(2, n), number(2, n), number(4, size), number(4, at)],
    ...[number(2, comment.length), Buffer.from(comment)],
  ]);
}
