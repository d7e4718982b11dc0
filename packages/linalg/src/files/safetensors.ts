// Entry point `@vielbein/linalg/safetensors`: the file format of Hugging Face's safetensors, named arrays without
// code. Eight bytes with the length of a JSON header, the header, then the arrays, little-endian and in C order.
// https://github.com/huggingface/safetensors, "Format".

export { readSafetensors, safetensorsViews } from "./read-safetensors.ts";
export type {
  ReadTensor,
  Safetensors,
  SafetensorsData,
  SafetensorsDtype,
  SafetensorsView,
  SafetensorsViewDtype,
  SafetensorsViews,
  Tensor,
} from "./safetensors-types.ts";
export { writeSafetensors } from "./write-safetensors.ts";
