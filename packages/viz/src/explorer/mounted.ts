// What an element holds while it is on a page: the explorer in its shadow tree, and the controls that are joined to it.

import { listen, saveDirections } from "./controls.ts";
import type { ExplorerEngine, ExplorerFile } from "./engine.ts";
import { Explorer } from "./explorer.ts";
import type { VielbeinExplorer } from "./host.ts";
import { decodePageState, encodePageState, type PageState } from "./page-state.ts";
import { makeView } from "./view.ts";

export class Mounted {
  readonly explorer: Explorer;
  readonly #host: VielbeinExplorer;
  readonly #listening = new AbortController();

  /** @param engine is disposed of with this. */
  constructor(host: VielbeinExplorer, engine: ExplorerEngine) {
    this.#host = host;
    const view = makeView(host.shadowRoot ?? host.attachShadow({ mode: "open" }));
    const tell = (type: string, detail: object): void => {
      host.dispatchEvent(new CustomEvent(type, { detail }));
    };
    this.explorer = new Explorer(view, engine, {
      change: (latent) => tell("change", { latent }),
      basis: (spectrum, directions) => tell("basis", { spectrum, directions }),
      error: (error) => tell("error", { error }),
      pageState: (pageState) => this.#remember(pageState),
      save: (directions) => void saveDirections(this.explorer, directions),
    });
    listen(host, view, this.explorer, this.#listening.signal);
  }

  /** Loads the model that the attribute `src` names, if any; a failure becomes an event. */
  async fetchModel(): Promise<void> {
    const src = this.#host.getAttribute("src");
    if (!src) return;
    try {
      const file = await fetchFile(new URL(src, document.baseURI));
      const pageState = this.#host.hasAttribute("hash") ? location.hash : "";
      if (!this.#listening.signal.aborted) await this.explorer.load(file, decodePageState(pageState));
    } catch (error) {
      this.explorer.fail(error);
    }
  }

  dispose(): void {
    this.#listening.abort();
    this.explorer.dispose();
  }

  /** Without an entry in the history: a drag would make hundreds. */
  #remember(pageState: PageState): void {
    if (this.#host.hasAttribute("hash"))
      history.replaceState(history.state, "", `#${encodePageState(pageState)}`);
  }
}

async function fetchFile(url: URL): Promise<ExplorerFile> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The model at ${url.href} does not load: status ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf("/") + 1));
  return { name, bytes, sha256: response.headers.get("Vielbein-Model-SHA256") ?? undefined };
}
