// What an element holds while it is on a page: the explorer in its shadow tree, and all that is joined to it.

import { Asked } from "./asked.ts";
import { listen } from "./controls.ts";
import type { ExplorerEngine, ExplorerFile } from "./engine.ts";
import { Explorer } from "./explorer.ts";
import { fetchFile, nameOf } from "./fetch-file.ts";
import type { VielbeinExplorer } from "./host.ts";
import { Keeping } from "./keep/keeping.ts";
import { decodePageState, FRESH, type PageState } from "./page-state.ts";
import { RegionLayer } from "./region/region-layer.ts";
import { makeView, type View } from "./view.ts";
import { Visits } from "./visits.ts";

export class Mounted {
  readonly explorer: Explorer;
  readonly #host: VielbeinExplorer;
  readonly #view: View;
  readonly #listening = new AbortController();
  readonly #keeping: Keeping;
  readonly #region: RegionLayer;
  readonly #visits: Visits;
  readonly #asked: Asked;

  /** @param engine is disposed of with this. */
  constructor(host: VielbeinExplorer, engine: ExplorerEngine) {
    this.#host = host;
    const { signal } = this.#listening;
    const view = makeView(host.shadowRoot ?? host.attachShadow({ mode: "open" }));
    this.#view = view;
    const tell = (type: string, detail: object): void => {
      host.dispatchEvent(new CustomEvent(type, { detail }));
    };
    this.explorer = new Explorer(view, engine, {
      change: (latent, image) => {
        if (!this.#region.fit(image.width, image.height)) this.explorer.mark(undefined);
        tell("change", { latent });
        tell("frame", { latent, image });
      },
      basis: (spectrum, directions) => tell("basis", { spectrum, directions }),
      model: (model, file) => {
        this.#keeping.shelf.show(model);
        this.#keeping.timeline.clear();
        this.#visits.enter(file);
        tell("model", { model });
      },
      region: (region) => this.#region.show(region),
      error: (error) => tell("error", { error }),
      pageState: (pageState) => this.#visits.note(pageState),
      save: (directions) => this.#keeping.save(directions),
      keep: ({ set }, k) => this.#keeping.shelf.keep(set, k),
    });
    this.#keeping = new Keeping(view, this.explorer, signal);
    this.#region = new RegionLayer(view, (region, isDone) => this.#mark(region, isDone), signal);
    this.#visits = new Visits(host, view, this.explorer, signal);
    this.#asked = new Asked(view, (file, state) => void this.load(file, file.name, state), signal);
    this.#showEmpty(!host.getAttribute("src"));
    listen(host, view, this.explorer, signal);
  }

  /** Loads the model that the attribute `src` names, if any; a failure becomes an event. */
  async fetchModel(): Promise<void> {
    const src = this.#host.getAttribute("src");
    if (!src) return;
    this.#showEmpty(false);
    let [pageState, damage]: [PageState, unknown] = [FRESH, undefined];
    try {
      if (this.#host.hasAttribute("hash")) pageState = decodePageState(location.hash);
    } catch (error) {
      damage = error;
    }
    await this.load(fetchFile(src), nameOf(src), pageState);
    // Of a damaged address none is restored, and the page says so.
    if (damage) this.explorer.fail(damage);
  }

  /** Opens a model; the page answers before it is read. */
  async load(
    file: ExplorerFile | Promise<ExplorerFile>,
    name: string,
    pageState: PageState,
  ): Promise<{ readonly failure?: unknown }> {
    const result = await this.explorer.load(file, name, pageState);
    this.#showEmpty(!this.explorer.model);
    // A file that could not be fetched is the failure.
    if (result.failure)
      await Promise.resolve(file).then(
        (read) => this.#asked.ask(result.failure, read, pageState.checkpoint),
        () => undefined,
      );
    return result;
  }

  dispose(): void {
    this.#listening.abort();
    this.#region.dispose();
    this.explorer.dispose();
  }

  #showEmpty(isEmpty: boolean): void {
    this.#view.empty.hidden = !isEmpty;
    this.#view.body.hidden = isEmpty;
  }

  /** Directions follow a region while it is drawn where they are found quickly. */
  #mark(region: Explorer["region"], isDone: boolean): void {
    if (isDone || this.explorer.isRegionQuick) this.explorer.mark(region);
    else this.explorer.editor.columns.column("region")?.wait();
  }
}
