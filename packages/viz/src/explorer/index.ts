export { defineExplorer, type ExplorerEventMap, type VielbeinExplorer } from "./element.ts";
export type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerModel,
  ExplorerSpectrum,
  LocalBasisReply,
  SpacesChoice,
} from "./engine.ts";
