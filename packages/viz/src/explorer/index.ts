export { defineExplorer } from "./element.ts";
export type {
  AxisExtents,
  BasisOptions,
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerInput,
  ExplorerModel,
  ExplorerSpectrum,
  ExplorerTruncation,
  InputValues,
  LocalBasisReply,
  SpacesChoice,
} from "./engine.ts";
export type { ExplorerEventMap, VielbeinExplorer } from "./host.ts";
export { encodeInputs } from "./session.ts";
