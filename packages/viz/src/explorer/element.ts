// <vielbein-explorer>: the custom element around the explorer. Registered on request only.

import { VielbeinError } from "@vielbein/core";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerModel,
  InputValues,
} from "./engine.ts";
import type { VielbeinExplorer } from "./host.ts";
import { Mounted } from "./mounted.ts";
import { FRESH } from "./page-state.ts";

/**
 * Registers `<vielbein-explorer>`. Safe to call twice; the first engine stays.
 *
 * @param startEngine called for each element that enters a page; the element disposes of what it returns.
 */
export function defineExplorer(startEngine: () => ExplorerEngine): void {
  if (!customElements.get("vielbein-explorer")) {
    customElements.define("vielbein-explorer", elementClass(startEngine));
  }
}

/** In a function, since there is no HTMLElement to extend outside of pages. */
function elementClass(startEngine: () => ExplorerEngine): CustomElementConstructor {
  return class extends HTMLElement implements VielbeinExplorer {
    static readonly observedAttributes: readonly string[] = ["src"];
    #mounted: Mounted | undefined;

    get latent(): Float32Array {
      return this.#mounted?.explorer.latent ?? new Float32Array();
    }

    set latent(latent: Float32Array) {
      void this.#mounted?.explorer.goTo(latent);
    }

    get model(): ExplorerModel | undefined {
      return this.#mounted?.explorer.model;
    }

    get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
      return this.#mounted?.explorer.directions ?? new Map();
    }

    async exportAnimation({ frames = 13 }: { readonly frames?: number } = {}): Promise<Blob> {
      if (!this.#mounted)
        throw new VielbeinError(
          "INVALID_ARGUMENT",
          "The explorer is not on a page. Add the element to one first.",
        );
      const png = await this.#mounted.explorer.animate(frames);
      return new Blob([png as BlobPart], { type: "image/png" });
    }

    async open(file: Blob, name: string, { set = {} }: { readonly set?: InputValues } = {}): Promise<void> {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.#mounted?.explorer.load({ name, bytes }, { ...FRESH, set });
    }

    connectedCallback(): void {
      this.#mounted = new Mounted(this, startEngine());
      void this.#mounted.fetchModel();
    }

    disconnectedCallback(): void {
      this.#mounted?.dispose();
      this.#mounted = undefined;
    }

    /** Comes before the element is connected too, when there is nothing to do yet. */
    attributeChangedCallback(): void {
      void this.#mounted?.fetchModel();
    }
  };
}
