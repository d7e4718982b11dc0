// <vielbein-explorer>: the custom element around the explorer. Registered on request only.

import { listen, saveDirections } from "./controls.ts";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerModel,
  ExplorerSpectrum,
  InputValues,
} from "./engine.ts";
import { Explorer } from "./explorer.ts";
import { decodeSession, encodeSession, type Session } from "./session.ts";
import { makeView, type View } from "./view.ts";

/**
 * Attributes: `src`, URL of an ONNX file; `hash`, to keep the session in the page's address.
 *
 * Events, all `CustomEvent`: `change` (`detail.latent`), when another code is shown; `basis` (`detail.spectrum`,
 * `detail.directions`), when singular values or directions were found; `error` (`detail.error`).
 */
export interface VielbeinExplorer extends HTMLElement {
  /** The code shown, `[from.dim]`, a copy. Setting it moves there and finds the directions anew. */
  latent: Float32Array;
  /** The model that is open, and its spaces. */
  readonly model: ExplorerModel | undefined;
  /** The directions at hand, by the column that shows them. */
  readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  /**
   * Opens a model; resolves once its directions are found or the attempt has failed (event `error`). `set`: values of its
   * inputs beside the code, by name; default zeros.
   */
  open(file: Blob, name: string, options?: { readonly set?: InputValues }): Promise<void>;
  /** Animated PNG of the selected direction, from one end of its slider to the other and back; `frames` one way, default 13. */
  exportAnimation(options?: { readonly frames?: number }): Promise<Blob>;
}

export interface ExplorerEventMap {
  readonly change: CustomEvent<{ readonly latent: Float32Array }>;
  readonly basis: CustomEvent<{
    readonly spectrum: ExplorerSpectrum;
    readonly directions: ReadonlyMap<DirectionKind, ExplorerDirections>;
  }>;
  readonly error: CustomEvent<{ readonly error: unknown }>;
}

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
    private view: View | undefined;
    private explorer: Explorer | undefined;
    private events = new AbortController();

    get latent(): Float32Array {
      return this.explorer?.latent ?? new Float32Array();
    }

    set latent(latent: Float32Array) {
      void this.explorer?.goTo(latent);
    }

    get model(): ExplorerModel | undefined {
      return this.explorer?.model;
    }

    get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
      return this.explorer?.directions ?? new Map();
    }

    async exportAnimation({ frames = 13 }: { readonly frames?: number } = {}): Promise<Blob> {
      if (!this.explorer) throw new Error("The explorer is not on a page.");
      const png = await this.explorer.animate(frames);
      return new Blob([png as BlobPart], { type: "image/png" });
    }

    async open(file: Blob, name: string, { set = {} }: { readonly set?: InputValues } = {}): Promise<void> {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.explorer?.load({ name, bytes }, { ...decodeSession(""), set });
    }

    connectedCallback(): void {
      this.view = makeView(this.shadowRoot ?? this.attachShadow({ mode: "open" }));
      this.events = new AbortController();
      const tell = (type: string, detail: object): void => {
        this.dispatchEvent(new CustomEvent(type, { detail }));
      };
      const explorer = new Explorer(this.view, startEngine(), {
        change: (latent) => tell("change", { latent }),
        basis: (spectrum, directions) => tell("basis", { spectrum, directions }),
        error: (error) => tell("error", { error }),
        session: (session) => this.remember(session),
        save: (directions) => void saveDirections(explorer, directions),
      });
      this.explorer = explorer;
      listen(this, this.view, explorer, this.events.signal);
      void this.fetchModel();
    }

    disconnectedCallback(): void {
      this.events.abort();
      this.explorer?.dispose();
      this.explorer = this.view = undefined;
    }

    /** Comes before the element is connected too, when there is nothing to do yet. */
    attributeChangedCallback(): void {
      void this.fetchModel();
    }

    private async fetchModel(): Promise<void> {
      const { explorer } = this;
      const src = this.getAttribute("src");
      if (!explorer || !src) return;
      try {
        const url = new URL(src, document.baseURI);
        const response = await fetch(url);
        if (!response.ok)
          throw new Error(`The model at ${url.href} does not load: status ${response.status}.`);
        const bytes = new Uint8Array(await response.arrayBuffer());
        const name = decodeURIComponent(url.pathname.split("/").at(-1)!);
        const session = this.hasAttribute("hash") ? location.hash : "";
        const sha256 = response.headers.get("Vielbein-Model-SHA256") ?? undefined;
        if (explorer === this.explorer) await explorer.load({ name, bytes, sha256 }, decodeSession(session));
      } catch (error) {
        explorer.fail(error);
      }
    }

    /** Without an entry in the history: a drag would make hundreds. */
    private remember(session: Session): void {
      if (this.hasAttribute("hash")) history.replaceState(history.state, "", `#${encodeSession(session)}`);
    }
  };
}
