// Pickles that were made to do harm: they are refused with a typed error, or stay inert records.

import { deflateRawSync } from "node:zlib";
import { crc32 } from "@vielbein/linalg/deflate";
import type { ZipMember } from "@vielbein/linalg/zip";
import { describe, expect, it } from "vitest";
import { contentOf } from "../src/files/content.ts";
import { readTorchTar } from "../src/files/tar.ts";
import { readPickles, readTorchZip } from "../src/files/torch.ts";
import { fromCheckpoint, openCheckpoint } from "../src/index.ts";
import { Global, Inert } from "../src/pickle/objects.ts";
import type { StoredTensor } from "../src/tensors/tensor.ts";
import { fixture } from "./compared.ts";

/** Bytes of a pickle, a character each. */
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const int32 = (value: number): string =>
  String.fromCharCode(...new Uint8Array(Uint32Array.of(value >>> 0).buffer));
const uint64 = (value: bigint): string =>
  String.fromCharCode(...new Uint8Array(BigUint64Array.of(value).buffer));
const short = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;

const refuses = (pickle: string): void => {
  expect(() => contentOf(readPickles(bytes(pickle)))).toThrow(
    expect.objectContaining({ code: "INVALID_MODEL" }),
  );
};

describe("code stays inert", () => {
  const calls: readonly (readonly [string, string, string])[] = [
    ["GLOBAL and REDUCE", "cos\nsystem\n(S'touch harm'\ntR.", "os.system"],
    ["builtins.eval", "cbuiltins\neval\n(S'1/0'\ntR.", "builtins.eval"],
    ["INST", "(S'touch harm'\nios\nsystem\n.", "os.system"],
    ["OBJ", "(cos\nsystem\nS'touch harm'\no.", "os.system"],
    ["STACK_GLOBAL", `\x80\x04${short("os")}${short("system")}\x93${short("touch harm")}\x85R.`, "os.system"],
    ["NEWOBJ", `\x80\x02csubprocess\nPopen\n(S'sh'\nt\x81.`, "subprocess.Popen"],
    [
      "an attribute of a class that is known",
      "ccollections\nOrderedDict.__init__\n(t R.",
      "collections.OrderedDict.__init__",
    ],
    ["a name that every object has", "cconstructor\nconstructor\n(tR.", "constructor.constructor"],
  ];

  it.each(calls.map(([name, pickle, path]) => [name, pickle.replace("(t R", "(tR"), path] as const))(
    "%s",
    (_, pickle, path) => {
      const value = readPickles(bytes(pickle));
      expect(value).toBeInstanceOf(Inert);
      expect((value as Inert).of).toBeInstanceOf(Global);
      expect(((value as Inert).of as Global).path).toBe(path);
    },
  );

  it("what __reduce__ and __setstate__ would be given is kept and not used", () => {
    const value = readPickles(bytes("cevil\nThing\n(tR(S'__class__'\nS'x'\ndb.")) as Inert;
    expect(value.state).toEqual(new Map([["__class__", "x"]]));
    expect(Object.getPrototypeOf(value)).toBe(Inert.prototype);
  });

  it("keys that JavaScript's objects have are keys like others", () => {
    const { settings } = contentOf(readPickles(bytes("(S'__proto__'\nS'x'\nS'constructor'\nI1\nd.")));
    expect([...settings]).toEqual([
      ["__proto__", "x"],
      ["constructor", 1],
    ]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });
});

describe("memory that a file does not have is not taken", () => {
  it.each([
    ["a text of 4 GB", `\x80\x02X${int32(0xffff_fff0)}abc.`],
    ["bytes of 16 EB", `\x80\x04\x8e${uint64(2n ** 64n - 1n)}abc.`],
    ["an integer of 2 GB", `\x80\x02\x8b${int32(0x7fff_ffff)}abc.`],
    ["an integer of a negative length", `\x80\x02\x8b${int32(-1)}abc.`],
    ["a Python 2 text of a negative length", `\x80\x02T${int32(-5)}abc.`],
    ["an integer of many digits", `L${"9".repeat(100_000)}L\n.`],
    ["an empty file", ""],
    ["a stack that is empty", "R."],
    ["a mark that is missing", "t."],
    ["a memo that was never written", `j${int32(5)}.`],
    ["no operation", "\xff."],
    ["no end", "(((((("],
    ["protocol 6", "\x80\x06N."],
    ["an entry of no dictionary", "I1\nI2\nI3\ns."],
    ["an item of no list", "I1\nI2\na."],
    ["an odd number of entries", "(I1\nd."],
    ["an object that lies outside", "Pnowhere\n."],
  ])("%s", (_, pickle) => refuses(pickle));

  it("a memo index as large as it can be", () => {
    expect(readPickles(bytes(`\x80\x02I5\nr${int32(0xffff_ffff)}0j${int32(0xffff_ffff)}.`))).toBe(5);
  });

  it("lists within lists, far deeper than any stack", () => {
    const depth = 200_000;
    expect(() => contentOf(readPickles(bytes(`${"(".repeat(depth)}${"l".repeat(depth)}.`)))).not.toThrow();
  });

  it("a list that contains itself", () => {
    expect(contentOf(readPickles(bytes("(lp0\ng0\na."))).tensors.size).toBe(0);
  });

  it("lists and dictionaries that contain each other many times", () => {
    // A hundred lists, each of which contains all of them.
    const lists = Array.from({ length: 100 }, (_, i) => `(lp${i}\n`).join("");
    const fill = Array.from(
      { length: 100 },
      (_, i) => `g${i}\n(${Array.from({ length: 100 }, (_, j) => `g${j}\n`).join("")}e`,
    );
    const start = performance.now();
    refuses(`${lists}${fill.join("")}.`);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("a list of twice a list of twice a list …", () => {
    let pickle = "]q\x00";
    for (let i = 0; i < 40; i++) pickle += `]q\x01h\x00ah\x01h\x00aq\x00`;
    refuses(`${pickle}.`);
  });

  it("one object copied over and over", () => {
    const list = `(${"I1\n".repeat(1000)}lp0\n`;
    const copy = "ccollections\nOrderedDict\n(g0\ntR";
    refuses(`${list}${copy.repeat(1000)}.`);
    const text = `V${"x".repeat(1000)}\np0\n`;
    refuses(`${text}${"c_codecs\nencode\n(g0\nVlatin1\ntR".repeat(1000)}.`);
  });
});

describe("tensors that do not fit their storage", () => {
  /** A legacy file whose only tensor has 4 elements in the file, and the shape, strides and offset given. */
  const file = (shape: string, strides: string, offset: string, count = 4): string =>
    [
      "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
      "\x80\x02M\xe9\x03.",
      "\x80\x02}.",
      "ctorch._utils\n_rebuild_tensor_v2\n(",
      `(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI${count}\nNtQ`,
      `${offset}(${shape}t(${strides}tI00\nccollections\nOrderedDict\n(tRtR.`,
      "(S'0'\nl.",
      uint64(BigInt(count)),
      "\0".repeat(16),
    ].join("");

  it("is one that fits", () => {
    const { tensors } = contentOf(readPickles(bytes(file("I2\nI2\n", "I2\nI1\n", "I0\n"))));
    expect([...tensors.values()].map(({ shape }) => shape)).toEqual([[2, 2]]);
  });

  it.each([
    ["too many elements", file("I3\nI2\n", "I2\nI1\n", "I0\n")],
    ["an offset beyond", file("I2\nI2\n", "I2\nI1\n", "I1\n")],
    ["a negative stride", file("I2\nI2\n", "I-2\nI1\n", "I2\n")],
    ["a negative extent", file("I-1\nI2\n", "I2\nI1\n", "I0\n")],
    ["fewer strides than axes", file("I2\nI2\n", "I1\n", "I0\n")],
    ["one element a million million times", file("I1000000\nI1000000\n", "I0\nI0\n", "I0\n")],
    ["extents that are no numbers", file("S'x'\n", "I1\n", "I0\n")],
    ["a storage that is longer than the file", file("I4\n", "I1\n", "I0\n", 1_000_000_000)],
    ["a storage of negative length", file("I4\n", "I1\n", "I0\n", -1)],
  ])("%s", (_, pickle) => refuses(pickle));
});

describe("tar archives", () => {
  /** A member of an archive, its content filled up to whole blocks. */
  const member = (name: string, content: string, size = content.length): string => {
    const header = `${name.padEnd(124, "\0")}${size.toString(8).padStart(11, "0")}\0`.padEnd(156, "\0");
    const rest = `${header}0`.padEnd(257, "\0");
    return `${`${rest}ustar`.padEnd(512, "\0")}${content.padEnd(512 * Math.ceil(content.length / 512), "\0")}`;
  };
  const storages = "\x80\x02K\x00.\x80\x02]..";
  const tensors = "\x80\x02K\x00.";
  const whole = [member("pickle", "(I7\nl."), member("tensors", tensors), member("storages", storages)];

  it("is one that is read", () => {
    expect(readTorchTar(bytes(whole.join("")))).toEqual([7]);
  });

  it.each([
    ["a member that is missing", whole.slice(1).join("")],
    ["a member that is longer than the file", member("pickle", "N.", 8 ** 10)],
    ["a size that is no number", member("pickle", "N.").replace("00000000002", "zzzzzzzzzzz")],
    ["a million storages that are not there", whole.join("").replace("K\x00.\x80", "J\x40\x42\x0f\x00.\x80")],
    ["an object that is not there", whole.join("").replace("(I7\nl.", "P2000\n.")],
    [
      "a tensor of a million axes",
      whole.join("").replace(tensors, `\x80\x02K\x01.(K\x01K\x01Nt.${int32(1_000_000)}`),
    ],
  ])("%s", (_, text) => {
    expect(() => readTorchTar(bytes(text))).toThrow(expect.objectContaining({ code: "INVALID_MODEL" }));
  });
});

it("element types that are not read are named", () => {
  const storage = "(S'storage'\nctorch.storage\nUntypedStorage\nS'0'\nS'cpu'\nI4\nNtQ";
  const tensor = `ctorch._utils\n_rebuild_tensor_v3\n(${storage}I0\n(I4\nt(I1\ntI00\nNctorch\nbits8\ntR.`;
  expect(() => readPickles(bytes(tensor))).toThrow('elements as "bits8", which is not read');
});

it("errors name the file", async () => {
  const cut = (await fixture("stylegan2_rosinality_legacy.pt")).subarray(0, 9000);
  await expect(openCheckpoint({ name: "cut.pt", bytes: cut })).rejects.toMatchObject({
    code: "INVALID_MODEL",
    message: expect.stringMatching(/^"cut.pt": .*cut short/),
  });
});

it("what is packed is not unpacked where it has another size than is due", () => {
  const storage = "(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nI4\nNtQ";
  const pickle = bytes(`ctorch._utils\n_rebuild_tensor_v2\n(${storage}I0\n(I4\nt(I1\ntI00\nNtR.`);
  const member = (name: string, content: Uint8Array): ZipMember => ({
    ...{ name, size: content.length, method: 8, isEncrypted: false },
    ...{ crc: crc32(content), packed: new Uint8Array(deflateRawSync(content)) },
  });
  const archive = (size: number) => [member("a/data.pkl", pickle), member("a/data/0", new Uint8Array(size))];
  expect([...(readTorchZip(archive(16)) as StoredTensor).read()]).toEqual([0, 0, 0, 0]);
  expect(() => readTorchZip(archive(1 << 24))).toThrow(
    /"a\/data\/0" has 16.0 MiB where 16 (B|bytes) are due/,
  );
  const marks = [member("a/data.pkl", new Uint8Array(1 << 24).fill(0x28))];
  expect(() => readTorchZip(marks)).toThrow(/its pickle has 16.0 MiB, packed in/);
});

it.each([
  ["a memory", 0x94],
  ["marks", 0x28],
  ["a stack", 0x32],
])("%s of more objects than are due", (_, operation) => {
  const pickle = new Uint8Array(4_000_010).fill(operation);
  pickle.set(bytes("\x80\x04]"));
  expect(() => readPickles(pickle)).toThrow(/its pickle keeps more than 4000000 objects/);
});

it("names that are longer than any that people give are cut", async () => {
  const shape = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
  const header = bytes(JSON.stringify({ ["a".repeat(100_000)]: shape }));
  const file = new Uint8Array(8 + header.length + 4);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  const result = fromCheckpoint({ name: "a.safetensors", bytes: file });
  await expect(result).rejects.toMatchObject({ message: expect.stringMatching(/ a{120}… \[1\]/) });
});

it("shards stay in the folder", async () => {
  const index = bytes(JSON.stringify({ weight_map: { w: "../../secret.safetensors" } }));
  const readBeside = async (): Promise<Uint8Array> => {
    throw new Error("read");
  };
  await expect(openCheckpoint({ name: "i.json", bytes: index, readBeside })).rejects.toMatchObject({
    code: "INVALID_MODEL",
  });
});
