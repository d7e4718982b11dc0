export { defineExplorer } from "./element.ts";
export type {
  AxisExtents,
  BasisOptions,
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerInput,
  ExplorerLayout,
  ExplorerModel,
  ExplorerSpectrum,
  ExplorerTruncation,
  InputValues,
  LocalBasisReply,
  SpacesChoice,
} from "./engine.ts";
export type { ExplorerEventMap, VielbeinExplorer } from "./host.ts";
export { encodeChoice } from "./page-state.ts";
