// The arrays that maps take and yield.

/** Vectors in single precision, as engines compute, or in double, for reference runs. */
export type FloatArray = Float32Array | Float64Array;
