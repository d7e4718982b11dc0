// <vielbein-explorer>: the custom element around the explorer. Registered on request only.

import type { ExplorerDirections, ExplorerEngine, ExplorerModel, ExplorerSpectrum } from "./engine.ts";
import { Explorer } from "./explorer.ts";
import { download } from "./picture.ts";
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
  /** The directions at hand. */
  readonly directions: ExplorerDirections | undefined;
  /** Opens a model; resolves once its directions are found or the attempt has failed (event `error`). */
  open(file: Blob, name: string): Promise<void>;
}

export interface ExplorerEventMap {
  readonly change: CustomEvent<{ readonly latent: Float32Array }>;
  readonly basis: CustomEvent<{
    readonly spectrum: ExplorerSpectrum;
    readonly directions: ExplorerDirections | undefined;
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

    get directions(): ExplorerDirections | undefined {
      return this.explorer?.directions;
    }

    async open(file: Blob, name: string): Promise<void> {
      const bytes = new Uint8Array(await file.arrayBuffer());
      await this.explorer?.load(name, bytes, decodeSession(""));
    }

    connectedCallback(): void {
      this.view = makeView(this.shadowRoot ?? this.attachShadow({ mode: "open" }));
      this.events = new AbortController();
      const tell = (type: string, detail: object): void => {
        this.dispatchEvent(new CustomEvent(type, { detail }));
      };
      this.explorer = new Explorer(this.view, startEngine(), {
        change: (latent) => tell("change", { latent }),
        basis: (spectrum, directions) => tell("basis", { spectrum, directions }),
        error: (error) => tell("error", { error }),
        session: (session) => this.remember(session),
      });
      listen(this, this.view, this.explorer, this.events.signal);
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
        if (explorer === this.explorer) await explorer.load(name, bytes, decodeSession(session));
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

/** Joins the controls to the explorer, until the signal. */
function listen(host: VielbeinExplorer, view: View, explorer: Explorer, signal: AbortSignal): void {
  const on = (target: EventTarget, type: string, react: (event: Event) => void): void =>
    target.addEventListener(type, react, { signal });
  const sampled = (): void => void explorer.resample();
  on(view.newSample, "click", () => {
    view.seed.value = String(Number(view.seed.value) + 1);
    sampled();
  });
  on(view.seed, "change", () => {
    view.seed.value = String(Math.max(0, Math.floor(Number(view.seed.value) || 0)));
    sampled();
  });
  on(view.truncation, "input", () => {
    view.truncationValue.value = view.truncation.valueAsNumber.toFixed(2);
    sampled();
  });
  on(view.from, "change", () => void explorer.choose({ from: view.from.value }));
  on(view.to, "change", () => void explorer.choose({ from: view.from.value, to: view.to.value }));
  on(view.recompute, "click", () => void explorer.recompute());
  on(view.reset, "click", () => explorer.reset());
  on(view.follow, "change", () => explorer.followNow());
  on(view.unit, "change", () => explorer.measure());
  on(view.more, "click", () => explorer.showMore());
  on(view.png, "click", () => {
    view.canvas.toBlob((blob) => blob && download(blob, `${stem(explorer)}-seed${view.seed.value}.png`));
  });
  on(view.saveDirections, "click", async () => {
    const set = explorer.directions?.set;
    if (!set) return;
    try {
      const bytes = await explorer.engine.save(set);
      const method = set.method.replace(/[^a-z]+/gi, "-").toLowerCase();
      download(new Blob([bytes as BlobPart]), `${stem(explorer)}-${method}.safetensors`);
    } catch (error) {
      explorer.fail(error);
    }
  });
  const openDirections = async (file: Blob): Promise<void> =>
    explorer.open(new Uint8Array(await file.arrayBuffer()));
  const chosen = (input: HTMLInputElement, react: (file: File) => unknown): void =>
    on(input, "change", () => {
      const file = input.files?.[0];
      // So that choosing the same file again counts as a change.
      if (file) void react(file);
      input.value = "";
    });
  chosen(view.modelFile, (file) => host.open(file, file.name));
  chosen(view.directionsFile, openDirections);
  const surface = view.root.querySelector(".explorer")!;
  on(host, "dragover", (event) => {
    event.preventDefault();
    surface.classList.add("over");
  });
  on(host, "dragleave", () => surface.classList.remove("over"));
  on(host, "drop", (event) => {
    event.preventDefault();
    surface.classList.remove("over");
    const file = (event as DragEvent).dataTransfer?.files[0];
    if (file?.name.endsWith(".safetensors")) void openDirections(file);
    else if (file) void host.open(file, file.name);
  });
}

function stem(explorer: Explorer): string {
  return (explorer.model?.name ?? "image").replace(/\.onnx$/i, "");
}
