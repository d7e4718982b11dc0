import { VielbeinError } from "@vielbein/core";
import type { Model, Tensor } from "@vielbein/onnx";
import { describe, expect, it } from "vitest";
import { requireRoom } from "../src/opening/forecast.ts";

/** A model of so many times 64 MiB of weights, all of which are the same memory. */
function modelOf(times: number): Model {
  const raw = new Uint8Array(2 ** 26);
  const initializers = Array.from({ length: times }, () => ({ raw }) as unknown as Tensor);
  return { graph: { initializers } } as unknown as Model;
}

function refusal(...args: Parameters<typeof requireRoom>): VielbeinError | undefined {
  try {
    requireRoom(...args);
    return undefined;
  } catch (error) {
    return error as VielbeinError;
  }
}

describe("the memory of a page", () => {
  it("has four times the weights, and what runs take, for directions: 0.75 GiB of weights fit, more do not", () => {
    expect(refusal("directions", modelOf(12), "a.onnx")).toBeUndefined();
    const error = refusal("directions", modelOf(13), "a.onnx");
    expect(error).toBeInstanceOf(VielbeinError);
    expect(error).toMatchObject({ code: "MEMORY_BUDGET" });
    expect(error?.message).toMatch(
      /^"a\.onnx": directions take about 4\.6 GB, 4 times the weights and 1\.1 GB to run in, and a page has 4\.3 GB\./,
    );
  });

  it("has the weights once for pictures", () => {
    expect(refusal("pictures", modelOf(48), "a.onnx")).toBeUndefined();
    expect(refusal("pictures", modelOf(49), "a.onnx")?.message).toContain(
      "pictures take about 4.4 GB, the weights and",
    );
  });

  it("is not that of a graphics processor", () => {
    expect(refusal("directions", modelOf(60), "a.onnx", true)).toBeUndefined();
  });
});
