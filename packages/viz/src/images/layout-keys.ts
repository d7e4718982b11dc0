// What the colours in pictures of a layout stand for: classes, or the channels of a signal.

import { requireKind } from "../arguments.ts";
import type { LegendKey } from "../plots/frame.ts";
import { curveColour } from "../signals/signal-picture.ts";
import { CLASS_COLOURS, classColour } from "./class-map.ts";
import { type ImageLayout, shownBy } from "./image-layout.ts";

/** Keys of a legend; none for images, sheets and single curves. */
export function layoutKeys(layout: ImageLayout): LegendKey[] {
  requireKind("layoutKeys: layout", "layout", layout);
  const shows = shownBy(layout);
  if (shows === "classes") return classKeys(layout);
  return shows === "signal" ? curveKeys(layout) : [];
}

function classKeys({ channels }: ImageLayout): LegendKey[] {
  const count = CLASS_COLOURS.length;
  return Array.from({ length: Math.min(channels, count) }, (_, i) => ({
    // Colours repeat.
    label: i + count < channels ? `${i}, ${i + count} …` : String(i),
    colour: classColour(i),
    shape: "area",
    opaque: true,
  }));
}

function curveKeys({ channels }: ImageLayout): LegendKey[] {
  return Array.from({ length: channels > 1 ? channels : 0 }, (_, i) => ({
    label: `channel ${i}`,
    colour: curveColour(i),
    shape: "line",
  }));
}
