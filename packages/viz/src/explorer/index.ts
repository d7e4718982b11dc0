export { defineExplorer } from "./element.ts";
export type {
  AxisExtents,
  CheckpointAnswers,
  DirectionKind,
  ExplorerCertainty,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerInput,
  ExplorerLayout,
  ExplorerModel,
  ExplorerRegion,
  ExplorerSpectrum,
  ExplorerTruncation,
  InputValues,
  LocalBasisReply,
  Playback,
  Progress,
  ProgressOptions,
  SpacesChoice,
} from "./engine.ts";
export type { ExplorerEventMap, LoadModelOptions, ModelSource, VielbeinExplorer } from "./host.ts";
export { encodeChoice } from "./page-state.ts";
export { maskText, type RegionMask, rectangleOf } from "./region/mask.ts";
