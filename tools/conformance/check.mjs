// What is checked of a map between two tensors of a case: its value, J·v against differences of the engine's own
// values, and Jᵀ·u by the identity ⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩.

import { VielbeinError } from "@vielbein/core";
import { DataType, jvp, modelSource, prepare, UnsupportedOperatorError, vjp } from "@vielbein/onnx";
import { numbers } from "./cases.mjs";

/** Coordinates whose columns of the Jacobian are checked, spread over all of them; and directions that have no zero. */
const [COLUMNS, DENSE] = [24, 2];
const COTANGENTS = 3;
const ADJOINT = 1e-5;
/**
 * Differences by precision of the graph: step, relative tolerance of the derivative in the Frobenius norm, by how much
 * of the largest element two estimates may disagree without being taken for those of two sides of a kink, and how far
 * the engine rounds.
 */
const DIFFERENCES = {
  float64: { step: 1e-5, tolerance: 1e-4, kink: 1e-3, rounding: 2e-16 },
  float32: { step: 2e-2, tolerance: 2e-2, kink: 1e-2, rounding: 2e-7 },
};

/**
 * Everything about one pair. Where the derivative in float32 misses its tolerance and that in float64 does not, the
 * difference is rounding (values of several hundred in a softmax); the pair has passed, in `float64`.
 *
 * @returns {Promise<{outcome: "passed" | "failed" | "unsupported" | "constant" | "unrelated", reason?: string,
 *   checked?: number, kinks?: number}>} `constant`: the derivative is zero wherever it exists; `unrelated`: the output
 *   does not depend on the input. `checked` elements of J·v were compared, `kinks` left out.
 */
export async function checkPair(runtime, { model, inputs, outputs }, from, to) {
  if (inputs.some(({ tensor }) => !tensor)) return unsupported(FOREIGN);
  const feeds = Object.fromEntries(inputs.map(({ name, tensor }) => [name, tensor]));
  const expected = outputs.find(({ name }) => name === to).tensor;
  const { [from]: _point, ...others } = feeds;
  const request = { from, to, inputs: others };
  const x = numbers(feeds[from]);
  if (x.length === 0) return { outcome: "constant" };
  const directions = directionsAt(x);
  const differentiate = async (precision) => {
    const graph = await prepare(model, runtime, { ...request, precision });
    return { graph, derivatives: { forward: jvp(graph), reverse: vjp(graph) } };
  };
  let single;
  try {
    single = await differentiate("float32");
  } catch (error) {
    return (await refusal(error, runtime, { model, feeds, to })) ?? failed(error.message);
  }
  let products;
  try {
    products = await derivativesAt(runtime, single, x, directions);
  } catch (error) {
    return failed(`the engine refuses the derivative: ${error.message}`);
  }
  const off = disagreement(products.value, numbers(expected), expected.type);
  if (off) {
    const own = await engineValue(runtime, model, feeds, to);
    if (own && !disagreement(products.value, own, expected.type)) {
      return engine("computes another value than the test expects");
    }
    return failed(`value: ${off}`);
  }
  const double = await differentiate("float64").catch(() => undefined);
  const differences = await differencesAt(runtime, single.graph, double?.graph, x, directions);
  const result = compare(differences, products, directions);
  if (result.outcome === "passed" || !double) return result;
  const exact = await derivativesAt(runtime, double, x, directions).catch(() => undefined);
  const again = exact && compare(differences, exact, directions);
  return again?.outcome === "passed" ? again : result;
}

/** Why a case has no numbers to check. */
export const FOREIGN = "no plain numbers";

const failed = (reason) => ({ outcome: "failed", reason });
const unsupported = (reason) => ({ outcome: "unsupported", reason });
const engine = (reason) => unsupported(`engine ${reason}`);

/** What a refusal of ours means; undefined where there is no good reason for it. */
async function refusal(error, runtime, { model, feeds, to }) {
  if (!(error instanceof VielbeinError)) return undefined;
  if (error instanceof UnsupportedOperatorError) return unsupported(`${error.opType}: ${error.reason}`);
  const { code, message } = error;
  if (code === "INVALID_SPACE" && message.includes("does not depend on")) return { outcome: "unrelated" };
  if (code === "INVALID_SPACE" && message.includes("zero everywhere")) return { outcome: "constant" };
  if (code === "INVALID_MODEL" && message.includes("the oldest supported is")) {
    return unsupported("older than operator set 7");
  }
  if (code !== "BACKEND_FAILED") return undefined;
  if (!(await engineValue(runtime, model, feeds, to))) {
    return engine(`refuses the model: ${briefly(message)}`);
  }
  // Shapes are fixed at another point than that of the test; some inputs decide on them.
  if (/running/.test(message)) return unsupported("at other points the operator has no value");
  return undefined;
}

/** The engine's complaint, without what comes before it. */
function briefly(message) {
  return message
    .replace(/^.*(does not accept the graph|while running the graph): /, "")
    .replace(/^.*?(Could not find an implementation for \w+).*$/, "$1 of these types")
    .replace(/^.*(Unsupported model IR version).*$/, "$1")
    .replace(/^.*(ONNX Runtime only \*guarantees\* support).*$/, "opset not supported")
    .replace(/^.*(Unrecognized attribute: \w+ for operator \w+).*$/, "$1")
    .replace(/^.*Name:.*was false\. /, "")
    .replace(/^.*\) (?=[A-Z])/, "")
    .slice(0, 160);
}

/** The model run by the engine as the file has it; undefined where the engine refuses it. */
async function engineValue(runtime, model, feeds, to) {
  try {
    const session = await runtime.createSession(modelSource(model), { optimize: false });
    try {
      return numbers((await session.run(feeds, [to]))[to]);
    } finally {
      await session.dispose();
    }
  } catch {
    return undefined;
  }
}

/** Unit vectors and dense ones, in row-major rows. */
function directionsAt(x) {
  const n = x.length;
  const count = Math.min(n, COLUMNS);
  const units = Array.from({ length: count }, (_, i) => {
    const vector = new Float64Array(n);
    vector[Math.floor((i * n) / count)] = 1;
    return vector;
  });
  const dense = Array.from({ length: DENSE }, (_, i) => wave(n, i));
  return n === 0 ? [] : [...units, ...dense];
}

/** Irregular numbers of order one, exact in float32. */
function wave(length, seed) {
  return Float64Array.from({ length }, (_, i) => Math.fround(Math.sin(1 + 12.9898 * i + 4.1414 * seed)));
}

async function derivativesAt(runtime, { graph, derivatives: { forward, reverse } }, x, directions) {
  const { dataType, shape } = graph.info.get(graph.input);
  const [m, n] = [size(graph.info.get(graph.output).shape), size(shape)];
  const cotangents = Array.from({ length: COTANGENTS }, (_, i) => wave(m, i + DENSE));
  const feed = (like, vectors) => tensor(graph.info.get(like), vectors);
  const run = async (derivative, feeds) => {
    const session = await runtime.createSession(modelSource(derivative.model));
    try {
      return await session.run(feeds);
    } finally {
      await session.dispose();
    }
  };
  const point = tensor({ dataType, shape }, [x], []);
  const pushed = await run(forward, {
    [forward.input]: point,
    [forward.inputTangent]: feed(graph.input, directions),
  });
  const pulled = await run(reverse, {
    [reverse.input]: point,
    [reverse.outputCotangent]: feed(graph.output, cotangents),
  });
  return {
    value: numbers(pushed[forward.output]),
    pushed: rows(numbers(pushed[forward.outputTangent]), m, directions.length),
    pulled: rows(numbers(pulled[reverse.inputCotangent]), n, cotangents.length),
    cotangents,
  };
}

const size = (dims) => dims.reduce((product, extent) => product * extent, 1);

function tensor({ dataType, shape }, vectors, leading = [vectors.length]) {
  const flat = vectors.flatMap((vector) => [...vector]);
  const isDouble = dataType === DataType.DOUBLE;
  return {
    type: isDouble ? "float64" : "float32",
    dims: [...leading, ...shape],
    data: isDouble ? Float64Array.from(flat) : Float32Array.from(flat),
  };
}

function rows(flat, length, count) {
  return Array.from({ length: count }, (_, i) => flat.subarray(i * length, (i + 1) * length));
}

/** Where two values differ by more than the backend tests allow; undefined where they do not. */
function disagreement(found, expected, type) {
  const relative = type === "float16" ? 1e-2 : 1e-3;
  if (found.length !== expected.length) return `${found.length} elements for ${expected.length}`;
  const scale = expected.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
  const at = expected.findIndex(
    (value, i) =>
      !Object.is(value, found[i]) &&
      value !== found[i] &&
      !(Math.abs(found[i] - value) <= relative * Math.abs(value) + 1e-2 * relative * scale + 1e-7),
  );
  return at < 0 ? undefined : `${found[at]} for ${expected[at]} at ${at}`;
}

/**
 * Derivatives along the directions by central differences, in double precision where the engine has the kernels and
 * they compute in it throughout: some round to float32 within, which short steps reveal.
 */
async function differencesAt(runtime, single, double, x, directions) {
  const attempt = (graph, precision) => estimates(runtime, graph, x, directions, DIFFERENCES[precision]);
  const isDouble = double?.info.get(double.output).dataType === DataType.DOUBLE;
  const fine = isDouble && (await attempt(double, "float64").catch(() => undefined));
  if (fine && fine.disagreement < 1e-5) return fine;
  return attempt(single, "float32");
}

/**
 * Richardson's extrapolation of two central differences, per direction; with the elements that are not to be trusted:
 * where the difference ahead is not that behind, or the two steps disagree, a kink or a jump lies between.
 */
async function estimates(runtime, graph, x, directions, { step, kink, tolerance, rounding }) {
  const session = await runtime.createSession(modelSource(graph.model), { optimize: false });
  try {
    const at = async (direction, length) => {
      const moved = x.map((value, i) => value + length * direction[i]);
      const feeds = { [graph.input]: tensor(graph.info.get(graph.input), [moved], []) };
      return numbers((await session.run(feeds, [graph.output]))[graph.output]);
    };
    const centre = await at(directions[0], 0);
    const [slopes, isKink] = [[], []];
    let [gap, norm] = [0, 0];
    for (const direction of directions) {
      const [ahead, behind] = [await at(direction, step), await at(direction, -step)];
      const [near, nearBehind] = [await at(direction, step / 2), await at(direction, -step / 2)];
      const coarse = ahead.map((value, i) => (value - behind[i]) / (2 * step));
      const fine = near.map((value, i) => (value - nearBehind[i]) / step);
      const scale = Math.max(1e-6, ...fine.filter(Number.isFinite).map(Math.abs));
      slopes.push(fine.map((value, i) => (4 * value - coarse[i]) / 3));
      isKink.push(
        Array.from(fine, (value, i) => {
          if (Math.abs(value - coarse[i]) < 0.1 * scale) {
            gap += (value - coarse[i]) ** 2;
            norm += value ** 2;
          }
          const bend = Math.abs(near[i] - 2 * centre[i] + nearBehind[i]) / (step / 2);
          const wide = Math.abs(ahead[i] - 2 * centre[i] + behind[i]) / step;
          // Across a kink the two one-sided slopes differ by as much however short the step; else by half as much.
          const isBent = bend > kink * scale && bend > 0.8 * wide;
          return !(Math.abs(value - coarse[i]) <= kink * scale) || isBent;
        }),
      );
    }
    // What rounding of the values makes of the differences, all of them together.
    const noise = (rounding * Math.hypot(...centre) * Math.sqrt(directions.length)) / step;
    return { slopes, isKink, tolerance, noise, disagreement: Math.sqrt(gap / Math.max(norm, 1e-12)) };
  } finally {
    await session.dispose();
  }
}

function compare({ slopes, isKink, tolerance, noise }, { pushed, pulled, cotangents }, directions) {
  let [error, norm, kinks, checked] = [0, 0, 0, 0];
  for (const [d, slope] of slopes.entries()) {
    slope.forEach((value, i) => {
      // Where some slope is infinite, as that of a square root at 0, the others are infinite times zero.
      const isSingular = !Number.isFinite(pushed[d][i]) && isKink.some((kink) => kink[i]);
      if (isKink[d][i] || isSingular) kinks++;
      else {
        checked++;
        error += (pushed[d][i] - value) ** 2;
        norm += value ** 2;
      }
    });
  }
  const scale = Math.max(Math.sqrt(norm), 1e-3);
  if (!(Math.sqrt(error) <= tolerance * scale + noise)) {
    return failed(`J·v is off by ${(Math.sqrt(error) / scale).toExponential(1)} of differences`);
  }
  const gap = adjointGap({ pushed, pulled, cotangents }, directions);
  if (!(gap <= ADJOINT)) return failed(`⟨u, J·v⟩ and ⟨Jᵀ·u, v⟩ differ by ${gap.toExponential(1)}`);
  return { outcome: "passed", checked, kinks };
}

/** Largest |⟨u, J·v⟩ − ⟨Jᵀ·u, v⟩| beside the lengths of the vectors. */
function adjointGap({ pushed, pulled, cotangents }, directions) {
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const length = (a) => Math.sqrt(dot(a, a));
  let largest = 0;
  for (const [d, direction] of directions.entries()) {
    // An infinite slope makes both sides infinite or undefined.
    if (!pushed[d].every(Number.isFinite)) continue;
    for (const [c, cotangent] of cotangents.entries()) {
      if (!pulled[c].every(Number.isFinite)) continue;
      const gap = Math.abs(dot(cotangent, pushed[d]) - dot(pulled[c], direction));
      const size = Math.max(
        length(cotangent) * length(pushed[d]),
        length(pulled[c]) * length(direction),
        1e-6,
      );
      largest = Math.max(largest, gap / size);
    }
  }
  return largest;
}
