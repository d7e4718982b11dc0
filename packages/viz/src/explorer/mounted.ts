// What an element holds while it is on a page: the explorer in its shadow tree, and the controls that are joined to it.

import { VielbeinError } from "@vielbein/core";
import { listen, saveDirections } from "./controls.ts";
import type { ExplorerEngine, ExplorerFile } from "./engine.ts";
import { Explorer } from "./explorer.ts";
import type { VielbeinExplorer } from "./host.ts";
import { decodePageState, encodePageState, FRESH, type PageState } from "./page-state.ts";
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
      const file = await fetchFile(src);
      if (!this.#listening.signal.aborted) await this.#restore(file);
    } catch (error) {
      this.explorer.fail(error);
    }
  }

  /** The state that the address names; of a damaged one none of it, and the page says so. */
  async #restore(file: ExplorerFile): Promise<void> {
    let [pageState, damage]: [PageState, unknown] = [FRESH, undefined];
    try {
      if (this.#host.hasAttribute("hash")) pageState = decodePageState(location.hash);
    } catch (error) {
      damage = error;
    }
    await this.explorer.load(file, pageState);
    if (damage) this.explorer.fail(damage);
  }

  dispose(): void {
    this.#listening.abort();
    this.explorer.dispose();
  }

  /** Without an entry in the history: a drag would make hundreds. */
  #remember(pageState: PageState): void {
    const text = this.#host.hasAttribute("hash") ? encodePageState(pageState) : undefined;
    if (text !== undefined) history.replaceState(history.state, "", `#${text}`);
  }
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` for what is no address, `MISSING_FILE` where no model comes from it. */
async function fetchFile(src: string): Promise<ExplorerFile> {
  if (!URL.canParse(src, document.baseURI)) {
    throw new VielbeinError(
      "INVALID_ARGUMENT",
      `"${src}" is not the address of a model. Name an .onnx file.`,
    );
  }
  const url = new URL(src, document.baseURI);
  const missing = (reason: string, cause?: unknown): VielbeinError =>
    new VielbeinError(
      "MISSING_FILE",
      `The model at "${url.href}" does not load: ${reason}. Check the address, and that the server is running.`,
      { cause },
    );
  const response = await fetch(url).catch((cause: Error) => {
    throw missing(cause.message, cause);
  });
  if (!response.ok) throw missing(`the server answers with status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const sha256 = response.headers.get("Vielbein-Model-SHA256") ?? undefined;
  return { name: nameIn(url), bytes, sha256 };
}

/** The last part of the path, as people read it where it can be read. */
function nameIn({ pathname }: URL): string {
  const name = pathname.slice(pathname.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
