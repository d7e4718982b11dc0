import { describe, expect, it } from "vitest";
import { decodeSession, encodeSession, type Session } from "../../src/explorer/session.ts";

const plain: Session = { seed: 0, truncation: 1, kind: "basis", unit: "deviation", steps: [] };

describe("sessions in an address", () => {
  it("come back as they were", () => {
    const sessions: Session[] = [
      plain,
      { ...plain, seed: 7, truncation: 0.7, kind: "sefa", unit: "change", steps: [1.5, 0, -0.05] },
      {
        ...plain,
        from: "/blocks.0/Mul_output_0",
        to: "image & more",
        anchor: Float32Array.of(0.1, -3e-20, 1e9),
      },
    ];
    for (const session of sessions) expect(decodeSession(`#${encodeSession(session)}`)).toEqual(session);
  });

  it("are short", () => {
    expect(encodeSession({ ...plain, seed: 7, steps: [1.5, 0, -1, 0, 0] })).toBe("seed=7&t=1.5,0,-1");
  });

  it("without values for the directions of a file", () => {
    expect(encodeSession({ ...plain, kind: "file", steps: [1, 2] })).toBe("seed=0");
  });

  it.each(["", "#nonsense", "#seed=-1&truncation=9&kind=x&unit=y&t=1,z&at=%%", "#at=AADAfw"])(
    "pass over what they cannot read: %s",
    (hash) => {
      expect(decodeSession(hash)).toEqual(plain);
    },
  );
});
