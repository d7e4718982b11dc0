import { existsSync, readdirSync, readFileSync } from "node:fs";
import { DataType, encodeModel } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { floats, generatorBytes, int64s, model, node } from "./models.ts";
import { scratch, vielbein } from "./run.ts";

const path = scratch("walked.onnx", generatorBytes);

/** z [n, 4] → codes [n, 2, 3] → image [n, 1, 2, 3]: layer i of the codes makes row i of the image. */
const layered = scratch(
  "codes.onnx",
  encodeModel(
    model({
      nodes: [
        node("Gemm", ["z", "w"], ["flat"]),
        node("Tanh", ["flat"], ["bent"]),
        node("Reshape", ["bent", "codes_shape"], ["codes"]),
        node("Sigmoid", ["codes"], ["rows"]),
        node("Reshape", ["rows", "image_shape"], ["image"]),
      ],
      initializers: [
        floats("w", [4, 6]),
        int64s("codes_shape", [-1, 2, 3]),
        int64s("image_shape", [-1, 1, 2, 3]),
      ],
      inputs: [{ name: "z", dataType: DataType.FLOAT, shape: ["n", 4] }],
      outputs: [{ name: "image", dataType: DataType.FLOAT }],
    }),
  ),
);

async function traverse(file: string, ...more: string[]) {
  const { code, stdout, stderr } = await vielbein("traverse", file, "--json", ...more);
  return { code, stderr, json: code === 0 ? JSON.parse(stdout) : undefined };
}

/** The PNG data of the tiles, row by row. */
function tiles(svg: string): string[] {
  return [...readFileSync(svg, "utf8").matchAll(/<image [^>]*base64,([^"]+)"/g)].map(([, png]) => png!);
}

describe("vielbein traverse --path", () => {
  it("curve reports every step; its middle image is that of the line", async () => {
    const [line, curve] = [scratch("line.svg"), scratch("curve.svg")];
    const common = ["--directions", "0,1", "--image-range", "0,1", "--columns", "5"];
    await traverse(path, ...common, "--out", line);
    const { json } = await traverse(path, ...common, "--path", "curve", "--out", curve, "--curve-steps", "8");
    expect(json.walks).toHaveLength(2);
    expect(json.walks[0].map((step: { step: number }) => step.step)).toEqual([-4, -3, -2, -1, 1, 2, 3, 4]);
    expect(json.provenance.options).toMatchObject({
      unit: "input",
      curveSteps: 8,
      positions: [-3, -1.5, 0, 1.5, 3],
    });
    const [straight, bent] = [tiles(line), tiles(curve)];
    expect(bent).toHaveLength(10);
    expect(bent[2]).toBe(straight[2]);
    expect(bent[0]).not.toBe(straight[0]);
    expect(readFileSync(curve, "utf8")).toContain("length in z");
  });

  it("spherical counts in radians", async () => {
    const { json } = await traverse(
      path,
      "--path",
      "spherical",
      "--columns",
      "3",
      "--out",
      scratch("sphere.svg"),
    );
    expect(json.provenance.options.positions).toEqual([-0.6, 0, 0.6]);
    expect(readFileSync(json.out, "utf8")).toContain("angle (rad)");
  });

  it("curve in units of the output reaches as far as the weakest direction by default", async () => {
    const options = ["--path", "curve", "--unit", "output", "--directions", "0-1", "--curve-steps", "6"];
    const { json } = await traverse(path, ...options, "--out", scratch("output.svg"));
    const reach = Number((3 * json.singularValues[1]).toPrecision(2));
    expect(json.provenance.options.positions.at(-1)).toBeCloseTo(reach, 9);
  });

  it("says which options do not go together", async () => {
    const even = await traverse(path, "--path", "curve", "--columns", "4", "--out", scratch("no.svg"));
    expect([even.code, even.stderr]).toEqual([2, expect.stringContaining("must be odd")]);
    const layers = await traverse(layered, "--path", "curve", "--layers", "0", "--out", scratch("no.svg"));
    expect([layers.code, layers.stderr]).toEqual([2, expect.stringContaining("--path linear")]);
    const flat = await traverse(path, "--layers", "0", "--out", scratch("no.svg"));
    expect(flat.stderr).toContain('"z" has [4]');
  });
});

describe("vielbein traverse --via", () => {
  it("runs the line in the space between, along its local basis", async () => {
    const { json } = await traverse(
      path,
      "--via",
      "hidden",
      "--directions",
      "0",
      "--out",
      scratch("via.svg"),
    );
    const basis = JSON.parse((await vielbein("basis", path, "--to", "hidden", "--json")).stdout);
    expect(json.singularValues[0]).toBeCloseTo(basis.points[0].singularValues[0], 12);
    expect(json.provenance).toMatchObject({
      to: { name: "hidden" },
      options: { decodedTo: { name: "image" } },
    });
    expect(readFileSync(json.out, "utf8")).toContain("t in hidden");
  });

  it("with --layers moves those alone", async () => {
    const sheet = async (...layers: string[]) => {
      const out = scratch("layers.svg");
      const frames = scratch(`frames${layers.join("")}`);
      const drawn = [
        "--via",
        "codes",
        "--directions",
        "0",
        "--columns",
        "3",
        "--range",
        "2",
        "--image-range",
        "0,1",
      ];
      await traverse(layered, ...drawn, "--out", out, "--frames", frames, ...layers);
      return [0, 1, 2].map((i) => readFileSync(`${frames}/direction-0-${i}.png`));
    };
    const [all, none] = [await sheet(), await sheet("--layers", "1")];
    const rows = async (png: Buffer) => {
      const { inflateSync } = await import("node:zlib");
      const at = png.indexOf("IDAT");
      const raw = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)));
      // Two rows of three pixels, each behind a filter byte; the second as differences to the first.
      const first = [...raw.subarray(1, 13)];
      return [first, [...raw.subarray(14, 26)].map((byte, i) => (byte + first[i]!) & 255)];
    };
    const [still, moved] = [await rows(none[1]!), await rows(none[2]!)];
    expect(moved[0]).toEqual(still[0]);
    expect(moved[1]).not.toEqual(still[1]);
    expect((await rows(all[2]!))[0]).not.toEqual(still[0]);
    expect((await rows(all[2]!))[1]).toEqual(moved[1]);
  });
});

describe("vielbein traverse, other outputs", () => {
  it("writes single images and an animation, and then no sheet unless asked", async () => {
    const [frames, animation] = [scratch("sequence"), scratch("loop.png")];
    const options = ["--directions", "0,2", "--columns", "11", "--delay", "40"];
    const { json } = await traverse(path, ...options, "--frames", frames, "--animate", animation);
    expect(json.out).toBeUndefined();
    expect(existsSync("sheet.png")).toBe(false);
    expect(readdirSync(frames)).toHaveLength(22);
    expect(existsSync(`${frames}/direction-2-10.png`)).toBe(true);
    const png = readFileSync(animation);
    const at = png.indexOf("acTL");
    // Forth and back without repeating the ends, for ever.
    expect([png.readUInt32BE(at + 4), png.readUInt32BE(at + 8)]).toEqual([20, 0]);
    // Two pictures of 8 pixels, enlarged 16 times, and the gap between them.
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 260]);
    const wrong = await traverse(path, "--animate", "loop.gif");
    expect(wrong.stderr).toContain("ends in .png");
  });
});

describe("vielbein traverse --directions-in", () => {
  const [local, given] = [scratch("local.svg"), scratch("given.svg")];
  const directions = scratch("local.safetensors");
  const common = ["--directions", "0,2", "--columns", "3", "--image-range", "0,1"];

  it("walks along the directions of a file, and says how fast each moves the output", async () => {
    await vielbein("basis", path, "--samples", "1", "--directions-out", directions);
    const own = await traverse(path, ...common, "--out", local);
    const { json } = await traverse(path, ...common, "--directions-in", directions, "--out", given);
    // Those of the local basis at the same code: ‖J·v‖ is σ, and the images are the same.
    expect(json.singularValues).toHaveLength(2);
    json.singularValues.forEach((speed: number, i: number) => {
      expect(speed).toBeCloseTo(own.json.singularValues[i], 5);
    });
    expect(tiles(given)).toHaveLength(6);
    expect(tiles(given)[1]).toBe(tiles(local)[1]);
    const svg = readFileSync(given, "utf8");
    expect(svg).toContain("walked.onnx: directions of local basis");
    expect(svg).toContain(`‖J·v‖ = ${json.singularValues[1].toPrecision(3)}`);
    expect(json.provenance.method).toBe("linear traversal of directions of local basis");
  });

  it("takes those of its space only, on a line or a sphere", async () => {
    const curve = await traverse(path, ...common, "--directions-in", directions, "--path", "curve");
    expect([curve.code, curve.stderr]).toEqual([2, expect.stringMatching(/not those of a file/)]);
    const other = await traverse(layered, "--from", "codes", "--directions-in", directions);
    expect([other.code, other.stderr]).toEqual([65, expect.stringContaining('live in space "z" [4]')]);
    const via = await traverse(path, "--via", "hidden", "--directions-in", directions);
    expect(via.code).toBe(2);
    const many = await traverse(path, "--directions", "1,9", "--directions-in", directions, "--out", given);
    expect([many.code, many.json.directions]).toEqual([0, [1]]);
  });
});
