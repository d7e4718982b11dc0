// Operators that join, part and pad along axes. Positions must not depend on the point.

import { int, string } from "../../model/attributes.ts";
import { inputOf, type Node, outputOf, stringAttribute } from "../../model/model.ts";
import { type Emitter, positiveAxis } from "../emitter.ts";
import { scatter, tangentAxis } from "../rows.ts";
import type { DerivativeRule } from "../rule.ts";
import { given } from "../tangent.ts";
import { Unsupported } from "../unsupported.ts";

export const Concat: DerivativeRule = {
  jvp: (e, node, tangents) => {
    const parts = node.inputs.map((name, i) => tangents[i] ?? e.zeros(e.shape(name)));
    return [e.op("Concat", parts, { axis: int(tangentAxis(e, node, 0)) })];
  },
  vjp: (e, node, [u], wanted) => {
    const axis = tangentAxis(e, node, 0);
    let start = 0;
    return node.inputs.map((name, i) => {
      const end = start + e.shape(name)[axis - 1];
      const part = wanted[i]
        ? e.op("Slice", [u, e.int64([start]), e.int64([end]), e.int64([axis])])
        : undefined;
      start = end;
      return part;
    });
  },
};

export const Split: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const axis = tangentAxis(e, node, 0);
    const sizes = node.outputs.map((output) => e.shape(output)[axis - 1]);
    return e.ops("Split", [t, e.int64(sizes)], { axis: int(axis) }, sizes.length);
  },
  vjp: (e, node, cotangents) => {
    const parts = node.outputs.map((name, i) => cotangents[i] ?? e.zeros(e.shape(name)));
    return [e.op("Concat", parts, { axis: int(tangentAxis(e, node, 0)) })];
  },
};

export const Slice: DerivativeRule = {
  jvp: (e, node, [t]) => {
    const rank = e.shape(inputOf(node, 0)).length;
    const { starts, ends, axes, steps } = sliceArguments(e, node);
    const shifted = axes.map((axis) => positiveAxis(axis, rank) + 1);
    return [e.op("Slice", [t, e.int64(starts), e.int64(ends), e.int64(shifted), e.int64(steps)])];
  },
  vjp: (e, node, [u]) => {
    const input = e.shape(inputOf(node, 0));
    const { starts, axes, steps } = sliceArguments(e, node);
    const current = [...e.shape(outputOf(node, 0))];
    let cotangent = given(u);
    axes.forEach((stated, i) => {
      const axis = positiveAxis(stated, input.length);
      const extent = input[axis];
      const step = steps[i];
      const from = starts[i] < 0 ? starts[i] + extent : starts[i];
      const first = Math.min(Math.max(from, 0), step > 0 ? extent : extent - 1);
      const positions = Array.from({ length: current[axis] }, (_, j) => first + j * step);
      cotangent = scatter(e, cotangent, current, axis, positions, extent);
      current[axis] = extent;
    });
    return [cotangent];
  },
};

function sliceArguments(
  e: Emitter,
  node: Node,
): { starts: number[]; ends: number[]; axes: number[]; steps: number[] } {
  const starts = e.requiredConstant(node, 1);
  return {
    starts,
    ends: e.requiredConstant(node, 2),
    axes: e.constantInput(node, 3) ?? starts.map((_, i) => i),
    steps: e.constantInput(node, 4) ?? starts.map(() => 1),
  };
}

/** Padding with a constant adds no tangent; the other modes copy tangents as they copy values. */
export const Pad: DerivativeRule = {
  jvp: (e, node, [t, , tValue]) => {
    requireFixedPadding(tValue !== undefined);
    const { before, after, mode } = padding(e, node);
    return [e.op("Pad", [t, e.int64([0, ...before, 0, ...after])], { mode: string(mode) })];
  },
  vjp: (e, node, [u], wanted) => {
    requireFixedPadding(wanted[2] ?? false);
    const { before, after, mode } = padding(e, node);
    const input = e.shape(inputOf(node, 0));
    if (mode === "constant") {
      // Padding by a negative amount cuts off, and the other way round.
      const undo = [0, ...before.map((pad) => 0 - pad), 0, ...after.map((pad) => 0 - pad)];
      return [e.op("Pad", [u, e.int64(undo)])];
    }
    const current = [...e.shape(outputOf(node, 0))];
    let cotangent = given(u);
    input.forEach((extent, axis) => {
      if (before[axis] === 0 && after[axis] === 0) return;
      const positions = Array.from({ length: current[axis] }, (_, j) =>
        copied(mode, j - before[axis], extent),
      );
      cotangent = e.alongAxis(cotangent, current, axis, e.selection(positions, extent));
      current[axis] = extent;
    });
    return [cotangent];
  },
};

function requireFixedPadding(varies: boolean): void {
  if (varies) throw new Unsupported("its padding value depends on the point");
}

/** Elements added before and after every axis. */
function padding(e: Emitter, node: Node): { before: number[]; after: number[]; mode: string } {
  const rank = e.shape(inputOf(node, 0)).length;
  const pads = e.requiredConstant(node, 1);
  const axes = e.constantInput(node, 3)?.map((axis) => positiveAxis(axis, rank));
  const before = Array<number>(rank).fill(0);
  const after = Array<number>(rank).fill(0);
  const half = pads.length / 2;
  for (let i = 0; i < half; i++) {
    before[axes?.[i] ?? i] = pads[i];
    after[axes?.[i] ?? i] = pads[half + i];
  }
  return { before, after, mode: stringAttribute(node, "mode", "constant") };
}

/** Which element of `extent` ones the padding copies to coordinate `j`, which may lie outside. */
function copied(mode: string, j: number, extent: number): number {
  if (mode === "edge") return Math.min(Math.max(j, 0), extent - 1);
  if (mode === "wrap") return ((j % extent) + extent) % extent;
  const period = Math.max(1, 2 * (extent - 1));
  const phase = ((j % period) + period) % period;
  return phase < extent ? phase : period - phase;
}
