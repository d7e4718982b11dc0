// <vielbein-explorer>: the custom element around the explorer. Registered on request only.

import { VielbeinError } from "@vielbein/core";
import type {
  DirectionKind,
  ExplorerDirections,
  ExplorerEngine,
  ExplorerFile,
  ExplorerModel,
  InputValues,
} from "./engine.ts";
import { fetchFile, nameOf } from "./fetch-file.ts";
import type { LoadModelOptions, ModelSource, VielbeinExplorer } from "./host.ts";
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

/** In functions, since there is no HTMLElement to extend outside of pages. */
function elementClass(startEngine: () => ExplorerEngine): CustomElementConstructor {
  return class extends attributesClass() implements VielbeinExplorer {
    static readonly observedAttributes: readonly string[] = ["src"];
    #mounted: Mounted | undefined;

    get latent(): Float32Array {
      return this.#mounted?.explorer.editor.latent ?? new Float32Array();
    }

    set latent(latent: Float32Array) {
      void this.setCode(latent);
    }

    get model(): ExplorerModel | undefined {
      return this.#mounted?.explorer.model;
    }

    get directions(): ReadonlyMap<DirectionKind, ExplorerDirections> {
      return this.#mounted?.explorer.directions ?? new Map();
    }

    setCode(code: ArrayLike<number>): Promise<void> {
      const { explorer } = onPage(this.#mounted);
      return explorer.goTo(requireCode(code, explorer.model));
    }

    loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<void> {
      return loadInto(onPage(this.#mounted), source, options);
    }

    async exportAnimation({ frames = 13 }: { readonly frames?: number } = {}): Promise<Blob> {
      const png = await onPage(this.#mounted).explorer.editor.sight.animate(frames);
      return new Blob([png as BlobPart], { type: "image/png" });
    }

    async open(file: Blob, name: string, { set }: { readonly set?: InputValues } = {}): Promise<void> {
      if (this.#mounted) await loadInto(this.#mounted, file, { name, set }).catch(() => undefined);
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

/** An element whose attributes are properties too. */
function attributesClass() {
  return class extends HTMLElement {
    get src(): string {
      return this.getAttribute("src") ?? "";
    }

    set src(src: string) {
      this.setAttribute("src", src);
    }

    get hash(): boolean {
      return this.hasAttribute("hash");
    }

    set hash(isKept: boolean) {
      this.toggleAttribute("hash", isKept);
    }
  };
}

/** @throws {VielbeinError} `INVALID_ARGUMENT` */
function onPage(mounted: Mounted | undefined): Mounted {
  if (mounted) return mounted;
  throw new VielbeinError("INVALID_ARGUMENT", "The explorer is not on a page. Add the element to one first.");
}

/** @throws {VielbeinError} at once for what is no model at all; the promise is rejected with what is wrong with one. */
function loadInto(
  mounted: Mounted,
  source: ModelSource,
  { name, set = {}, checkpoint }: LoadModelOptions,
): Promise<void> {
  const [known, read] = fileOf(source);
  const file = read().then((found) => (name === undefined ? found : { ...found, name }));
  return mounted.load(file, name ?? known, { ...FRESH, set, checkpoint }).then(({ failure }) => {
    if (failure) throw failure;
  });
}

/** Its name as far as it is known, and what reads it. */
function fileOf(source: ModelSource): readonly [name: string, read: () => Promise<ExplorerFile>] {
  if (typeof source === "string" || source instanceof URL) {
    const src = String(source);
    return [nameOf(src), () => fetchFile(src)];
  }
  if (source instanceof Blob) {
    const name = "name" in source ? String(source.name) : "model.onnx";
    return [name, async () => ({ name, bytes: source })];
  }
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
    return ["model.onnx", async () => ({ name: "model.onnx", bytes: new Uint8Array(source) })];
  }
  throw new VielbeinError(
    "INVALID_ARGUMENT",
    `loadModel: expected an address, a file or its bytes, got ${typeof source}. Pass the model itself.`,
  );
}

/** @throws {VielbeinError} `INVALID_ARGUMENT`, `SHAPE_MISMATCH`, `NOT_FINITE` */
function requireCode(code: ArrayLike<number>, model: ExplorerModel | undefined): Float32Array {
  if (!model) {
    throw new VielbeinError("INVALID_ARGUMENT", "setCode: no model is open. Wait for the event `model`.");
  }
  const { name, dim } = model.from;
  if (code?.length !== dim) {
    throw new VielbeinError(
      "SHAPE_MISMATCH",
      `setCode: codes of "${name}" have ${dim} numbers, got ${code?.length}. Pass one code.`,
    );
  }
  const values = Float32Array.from(code);
  const wrong = values.findIndex((x) => !Number.isFinite(x));
  if (wrong < 0) return values;
  throw new VielbeinError(
    "NOT_FINITE",
    `setCode: every number must be finite, got ${code[wrong]} at ${wrong}. Leave it out.`,
  );
}
