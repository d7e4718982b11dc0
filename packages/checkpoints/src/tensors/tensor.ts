// A tensor of a checkpoint: a view of bytes of the file, with strides, decoded when it is asked for.

import { elementCount } from "@vielbein/onnx/graph";
import { badCheckpoint } from "../errors.ts";
import { decoded, type ElementType, elementBytes } from "./element-types.ts";

/** Numbers in C order. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Bytes that several tensors may be views of. PyTorch's older format has them behind the tensors. */
export interface Storage {
  readonly type: ElementType;
  /** Number of elements. */
  readonly length: number;
  bytes: Uint8Array | undefined;
}

/** Elements that a tensor may have beyond those of its storage, by strides of 0. */
const MOST_REPEATED = 2 ** 20;
const MOST_AXES = 64;

/** Where in a storage a tensor lies, in elements. */
interface Placement {
  readonly offset: number;
  readonly strides: readonly number[];
}

export class StoredTensor {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly #storage: Storage;
  readonly #place: Placement;

  private constructor(shape: readonly number[], storage: Storage, place: Placement) {
    this.shape = shape;
    this.type = storage.type;
    this.#storage = storage;
    this.#place = place;
  }

  /** @throws {VielbeinError} `INVALID_MODEL` for one that reaches beyond its storage, or repeats it endlessly. */
  static view(storage: Storage, shape: readonly number[], place: Placement): StoredTensor {
    const { offset, strides } = place;
    const size = elementCount(shape);
    const isValid = [offset, ...shape, ...strides].every((x) => Number.isSafeInteger(x) && x >= 0);
    if (!isValid || shape.length !== strides.length || shape.length > MOST_AXES) {
      throw badCheckpoint(`a tensor has shape [${shape}], strides [${strides}] and offset ${offset}`);
    }
    const last = offset + shape.reduce((sum, extent, axis) => sum + (extent - 1) * strides[axis], 0);
    const fits = size === 0 || (last < storage.length && size <= Math.max(storage.length, MOST_REPEATED));
    if (fits) return new StoredTensor(shape, storage, place);
    throw badCheckpoint(
      `a tensor of shape [${shape}] and strides [${strides}] does not fit the ${storage.length} elements that it is a view of`,
    );
  }

  /** One whose elements lie one after the other. */
  static whole(type: ElementType, shape: readonly number[], bytes: Uint8Array): StoredTensor {
    const length = Math.floor(bytes.length / elementBytes(type));
    return StoredTensor.view({ type, length, bytes }, shape, { offset: 0, strides: contiguous(shape) });
  }

  /** A view whose axis `i` is axis `axes[i]` of this one. */
  permuted(axes: readonly number[]): StoredTensor {
    const { offset, strides } = this.#place;
    const shape = axes.map((axis) => this.shape[axis]);
    return new StoredTensor(shape, this.#storage, { offset, strides: axes.map((axis) => strides[axis]) });
  }

  /** The same elements in another shape; a view where they lie one after the other. */
  reshaped(shape: readonly number[]): StoredTensor {
    if (elementCount(shape) !== this.size) {
      throw badCheckpoint(`a tensor of shape [${this.shape}] cannot have the shape [${shape}]`);
    }
    const { offset } = this.#place;
    if (this.#isContiguous())
      return new StoredTensor(shape, this.#storage, { offset, strides: contiguous(shape) });
    return StoredTensor.whole("float32", shape, new Uint8Array(this.read().buffer));
  }

  /**
   * The elements slice by slice along the first axis, each in the place of the one before where that is possible: a large
   * tensor is not in memory twice.
   */
  *slices(): Generator<Float32Array> {
    const [count] = this.shape;
    const raw = this.floatBytes;
    if (!raw) {
      for (let i = 0; i < count; i++) yield this.#slice(i).read();
      return;
    }
    const slice = new Float32Array(this.size / count);
    const bytes = new Uint8Array(slice.buffer);
    for (let at = 0; at < raw.length; at += bytes.length) {
      bytes.set(raw.subarray(at, at + bytes.length));
      yield slice;
    }
  }

  #slice(index: number): StoredTensor {
    const { offset, strides } = this.#place;
    const place = { offset: offset + index * strides[0], strides: strides.slice(1) };
    return new StoredTensor(this.shape.slice(1), this.#storage, place);
  }

  /** Number of elements. */
  get size(): number {
    return elementCount(this.shape);
  }

  /** The elements in C order, little-endian, where the file has them as float32 in this order: a view of the file. */
  get floatBytes(): Uint8Array | undefined {
    return this.type === "float32" && this.#isContiguous() ? this.#bytes() : undefined;
  }

  /** The elements in C order. */
  read(): Float32Array {
    if (this.#isContiguous()) return decoded(this.type, this.#bytes());
    const { offset, strides } = this.#place;
    const width = elementBytes(this.type);
    const span = this.shape.reduce((sum, extent, axis) => sum + (extent - 1) * strides[axis], 1);
    const all = decoded(this.type, this.#storageBytes().subarray(offset * width, (offset + span) * width));
    const result = new Float32Array(this.size);
    const at = this.shape.map(() => 0);
    let from = 0;
    for (let i = 0; i < result.length; i++) {
      result[i] = all[from];
      for (let axis = at.length - 1; axis >= 0; axis--) {
        from += strides[axis];
        if (++at[axis] < this.shape[axis]) break;
        from -= at[axis] * strides[axis];
        at[axis] = 0;
      }
    }
    return result;
  }

  #isContiguous(): boolean {
    const due = contiguous(this.shape);
    return this.shape.every((extent, axis) => extent <= 1 || this.#place.strides[axis] === due[axis]);
  }

  #bytes(): Uint8Array {
    const width = elementBytes(this.type);
    const start = this.#place.offset * width;
    return this.#storageBytes().subarray(start, start + this.size * width);
  }

  #storageBytes(): Uint8Array {
    const { bytes, length, type } = this.#storage;
    if (bytes && bytes.length >= length * elementBytes(type)) return bytes;
    throw badCheckpoint(`${length} elements of ${type} are missing from the file`);
  }
}

/** Strides of C order. */
function contiguous(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of shape.toReversed()) {
    strides.unshift(stride);
    stride *= extent;
  }
  return strides;
}

/** The elements of a tensor with their shape. */
export function valuesOf(tensor: StoredTensor): Values {
  return { shape: tensor.shape, data: tensor.read() };
}
