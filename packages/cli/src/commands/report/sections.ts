// The sections of a report, in reading order.

import type { AnySection } from "./section.ts";
import { agreementSection } from "./sections/agreement.ts";
import { distortionSection } from "./sections/distortion.ts";
import { geodesicSection } from "./sections/geodesic.ts";
import { layersSection } from "./sections/layers.ts";
import { anisotropySection, homogeneitySection } from "./sections/metric.ts";
import { modelSection } from "./sections/model.ts";
import { sheetSections } from "./sections/sheets.ts";
import { spectrumSection } from "./sections/spectrum.ts";
import { warpageSection } from "./sections/warpage.ts";

export const SECTIONS: readonly AnySection[] = [
  modelSection,
  spectrumSection,
  layersSection,
  ...sheetSections,
  agreementSection,
  warpageSection,
  distortionSection,
  anisotropySection,
  homogeneitySection,
  geodesicSection,
];
