import { describe, expect, it } from "vitest";
import { decodeSession, encodeInputs, encodeSession, type Session } from "../../src/explorer/session.ts";

const plain: Session = { seed: 0, truncation: 1, kinds: ["basis", "sefa"], unit: "deviation", steps: {} };

describe("sessions in an address", () => {
  it("come back as they were", () => {
    const sessions: Session[] = [
      plain,
      {
        ...plain,
        seed: 7,
        truncation: 0.7,
        kinds: ["sefa"],
        unit: "change",
        steps: { sefa: [1.5, 0, -0.05] },
      },
      {
        ...plain,
        kinds: ["basis", "pca", "metric"],
        steps: { basis: [1], metric: [0, 2] },
        layers: [2, 5],
        from: "/blocks.0/Mul_output_0",
        to: "image & more",
        set: { label: [3], "a:b=c": [0.5, -1], "y:0": { onehot: 3 }, noise: { all: -0.5 } },
        anchor: Float32Array.of(0.1, -3e-20, 1e9),
      },
    ];
    for (const session of sessions) expect(decodeSession(`#${encodeSession(session)}`)).toEqual(session);
  });

  it("set inputs beside the code readably, and pass over what is no number", () => {
    expect(encodeInputs({ label: [3], "my mask": [1, 0] })).toBe("set=label:3&set=my+mask:1,0");
    expect(decodeSession("set=label:three&set=:1&set=b&set=y:onehot:x&set=c:2").set).toEqual({ c: [2] });
  });

  it.each([
    ["0", 0],
    ["2", 2],
    ["2.5", 1],
    ["-0.1", 1],
    ["half", 1],
  ])("with truncation %s", (text, truncation) => {
    expect(decodeSession(`truncation=${text}`).truncation).toBe(truncation);
  });

  it.each([
    ["0-0", [0, 0]],
    ["2-2", [2, 2]],
    ["3-2", undefined],
    ["2", undefined],
  ])("with layers %s", (text, layers) => {
    expect(decodeSession(`layers=${text}`).layers).toEqual(layers);
  });

  it("are short", () => {
    expect(encodeSession({ ...plain, seed: 7, steps: { basis: [1.5, 0, -1, 0, 0], sefa: [0, 0] } })).toBe(
      "seed=7&basis=1.5,0,-1",
    );
  });

  it("without values for the directions of a file", () => {
    expect(encodeSession({ ...plain, kinds: ["file"], steps: { file: [1, 2] } })).toBe("seed=0");
  });

  it.each(["", "#nonsense", "#seed=-1&truncation=9&show=x&unit=y&basis=1,z&layers=3-1&at=%%", "#at=AADAfw"])(
    "pass over what they cannot read: %s",
    (hash) => {
      expect(decodeSession(hash)).toEqual(plain);
    },
  );
});
