export { defineExplorer, type ExplorerEventMap, type VielbeinExplorer } from "./element.ts";
export type {
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
export { encodeInputs } from "./session.ts";
