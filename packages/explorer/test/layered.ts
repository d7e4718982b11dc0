// A small generator with a code for each layer, large enough to look at.

import { encodeModel } from "@vielbein/onnx";
import { layered } from "../../cli/test/models.ts";

export const layeredModel: Uint8Array = encodeModel(layered(8));
