// Kinds of directions as tabs, after the ARIA pattern: one of them in the tab order, arrow keys between them.

import type { DirectionKind } from "./engine.ts";

const LABELS: Readonly<Record<DirectionKind, string>> = {
  basis: "Local Basis",
  sefa: "SeFa",
  pca: "PCA",
  metric: "Metric axes",
  file: "File",
};

const TITLES: Readonly<Record<DirectionKind, string>> = {
  basis: "Singular vectors of the Jacobian at this code",
  sefa: "Closed-form factorisation of the weights",
  pca: "Principal components of samples (GANSpace)",
  metric: "Axes of the metric, averaged over samples",
  file: "Directions that were opened",
};

export class Tabs {
  private readonly tabs = new Map<DirectionKind, HTMLButtonElement>();

  constructor(host: HTMLElement, chosen: (kind: DirectionKind) => void) {
    for (const kind of Object.keys(LABELS) as DirectionKind[]) {
      const tab = document.createElement("button");
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "panel");
      tab.textContent = LABELS[kind];
      tab.title = TITLES[kind];
      tab.hidden = kind === "file";
      tab.addEventListener("click", () => chosen(kind));
      this.tabs.set(kind, tab);
    }
    host.replaceChildren(...this.tabs.values());
    host.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const shown = [...this.tabs].filter(([, tab]) => !tab.hidden);
      const at = shown.findIndex(([, tab]) => tab.ariaSelected === "true");
      const [kind, tab] = shown[(at + step + shown.length) % shown.length]!;
      tab.focus();
      chosen(kind);
    });
  }

  select(selected: DirectionKind): void {
    for (const [kind, tab] of this.tabs) {
      const isSelected = kind === selected;
      if (isSelected) tab.hidden = false;
      tab.ariaSelected = String(isSelected);
      tab.tabIndex = isSelected ? 0 : -1;
    }
  }
}
