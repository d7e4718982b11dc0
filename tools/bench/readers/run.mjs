// What readers take for files that are made to be slow: seconds of processor time, each in a process of its own, and
// what they end in. Work must stay in proportion to the file and to what was asked for.
//
//     node tools/bench/readers/run.mjs [rounds]

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { constants, crc32, deflateRawSync } from "node:zlib";
import { readNpy, readNpz, writeNpy } from "@vielbein/linalg/npy";
import { decodeModel, encodeModel, inspect } from "@vielbein/onnx";
import { NodeRuntime } from "@vielbein/runtime-node";
import { decodePng, encodePng } from "@vielbein/viz";
import { markdownTable, median } from "../common/table.mjs";

const ONE = "--one";
const GIB = 2 ** 30;

/** The beginning of a `.npy` file of bytes, with its shape as Python writes it. */
function header(shape) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${shape}, }\n`;
  const bytes = new Uint8Array(12 + text.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 2, 0]);
  new DataView(bytes.buffer).setUint32(8, text.length, true);
  bytes.set(Buffer.from(text), 12);
  return bytes;
}

/** A `.npy` file of one number whose shape is `(1, 1, …)`. */
const axes = (count) => new Uint8Array([...header(`(${"1,".repeat(count)})`), 7]);

/** DEFLATE of a `.npy` file that announces `count` bytes, and so many GiB of zeros, from one block again and again. */
function zeros(count, gib) {
  const open = { finishFlush: constants.Z_FULL_FLUSH };
  const block = deflateRawSync(new Uint8Array(GIB / 16), open);
  const begin = deflateRawSync(header(`(${count},)`), open);
  return Buffer.concat([begin, ...new Array(16 * gib).fill(block), Buffer.from([0x03, 0x00])]);
}

/** Bytes of a `.npy` file of `count` bytes. */
const sizeOf = (count) => header(`(${count},)`).length + count;

/** An `.npz` of one member, packed as given, that announces `size` bytes. */
function archive(packed, size, crc = 0) {
  const name = Buffer.from("a.npy");
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(crc, 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, name, packed]);
  const entry = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return new Uint8Array(Buffer.concat([local, entry, end]));
}

/** A model whose branches hold branches, `depth` deep. */
function branches(depth) {
  const value = { name: "y", dataType: 1, shape: [1, 2] };
  const node = (opType, inputs, outputs, attributes = new Map()) => ({
    opType,
    domain: "",
    name: "",
    inputs,
    outputs,
    attributes,
  });
  const graph = (nodes, inputs, outputs, initializers = []) => ({
    name: "g",
    nodes,
    inputs,
    outputs,
    initializers,
    valueInfo: [],
    unknown: [],
  });
  let inner = graph([node("Relu", ["z"], ["y"])], [], [value]);
  for (let i = 0; i < depth; i++) {
    const both = new Map(
      ["then_branch", "else_branch"].map((name, side) => [
        name,
        { type: "graph", value: side === 0 ? inner : graph([node("Abs", ["z"], ["y"])], [], [value]) },
      ]),
    );
    inner = graph([node("If", ["c"], ["y"], both)], [], [value]);
  }
  const input = { name: "z", dataType: 1, shape: ["n", 2] };
  const condition = { name: "c", dataType: 9, dims: [], raw: Uint8Array.of(1) };
  return encodeModel({
    irVersion: 8,
    producerName: "",
    producerVersion: "",
    opsets: new Map([["", 18]]),
    metadata: new Map(),
    graph: graph(inner.nodes, [input], [value], [condition]),
    unknown: [],
    files: new Map(),
  });
}

const array = writeNpy({ shape: [60_000_000], data: new Uint8Array(60_000_000) });

/** What is made, and what reads it. */
const CASES = {
  ".npy of 200,000 axes": [() => axes(200_000), readNpy],
  ".npy of 2,000,000 axes": [() => axes(2_000_000), readNpy],
  "PNG of 8192 × 8192 pixels": [
    () => encodePng({ width: 8192, height: 8192, data: new Uint8ClampedArray(4 * 8192 ** 2).fill(200) }),
    decodePng,
  ],
  ".npz of 60 million numbers": [() => archive(deflateRawSync(array), array.length, crc32(array)), readNpz],
  ".npz of 3 GiB that announces 1000 bytes": [() => archive(zeros(1000, 3), sizeOf(1000)), readNpz],
  ".npz of 1 GiB with a wrong checksum": [() => archive(zeros(GIB, 1), sizeOf(GIB)), readNpz],
  "model of 500 nested branches": [
    () => branches(500),
    async (bytes) => inspect(decodeModel(bytes), new NodeRuntime({ worker: false, isolate: false })),
  ],
};

async function measure(name) {
  const [make, read] = CASES[name];
  const bytes = await make();
  const before = process.cpuUsage();
  const ending = await Promise.resolve(bytes)
    .then(read)
    .then(
      () => "read",
      (error) => `${error.code ?? error.name}: ${error.message.slice(0, 90)}`,
    );
  const { user, system } = process.cpuUsage(before);
  return { bytes: bytes.length, seconds: (user + system) / 1e6, ending };
}

const [, , first = "3", second] = process.argv;
if (first === ONE) {
  console.log(JSON.stringify(await measure(second)));
  process.exit();
}
const rows = Object.keys(CASES).map((name) => {
  const runs = Array.from({ length: Number(first) }, () => {
    const answer = execFileSync(process.execPath, [fileURLToPath(import.meta.url), ONE, name], {
      encoding: "utf8",
    });
    return JSON.parse(answer);
  });
  const { bytes, ending } = runs[0];
  return [name, bytes.toLocaleString("en"), median(runs.map(({ seconds }) => seconds)).toFixed(2), ending];
});
console.log(markdownTable([["file", "bytes", "CPU s", "ends in"], ...rows]));
