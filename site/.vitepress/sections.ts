// The pages in reading order: the sidebar. A page that stands in no section fails the build (`config.ts`).

import type { DefaultTheme } from "vitepress";

const page = (text: string, place: string): DefaultTheme.SidebarItem => ({ text, link: `/${place}` });

const start: DefaultTheme.SidebarItem[] = [
  {
    text: "Start",
    items: [
      page("All pages in reading order", "start"),
      page("The report", "report"),
      page("The command line", "cli"),
      page("The explorer", "explorer"),
      page("Checkpoints", "checkpoints"),
      page("Exporting a generator", "exporting"),
    ],
  },
  {
    text: "How to",
    items: [
      page("My StyleGAN2 checkpoint", "how-to/stylegan2"),
      page("My VAE in the browser", "how-to/vae-in-the-browser"),
      page("Directions of a face’s region", "how-to/region-of-a-face"),
      page("On my cluster", "how-to/cluster"),
      page("Only the SVD", "how-to/only-the-svd"),
    ],
  },
  {
    text: "Geometry at a point",
    items: [
      page("Local Basis", "local-basis"),
      page("Traversals", "traversals"),
      page("The metric", "metric"),
      page("Local dimension, Distortion", "local-dimension"),
      page("Denoisers", "denoisers"),
      page("Curvature", "curvature"),
      page("Intrinsic dimension of clouds", "intrinsic-dimension"),
    ],
  },
  {
    text: "From point to point",
    items: [
      page("Subspaces and warpage", "warpage"),
      page("Geodesics and path length", "geodesics"),
      page("Inversion", "inversion"),
    ],
  },
  {
    text: "Global directions and scores",
    items: [
      page("SeFa", "sefa"),
      page("The Fréchet basis", "frechet-basis"),
      page("Directions", "directions"),
      page("Directions of a region", "regions"),
      page("Disentanglement, sample quality", "disentanglement"),
    ],
  },
  {
    text: "What the numbers rest on",
    items: [
      page("Differentiation, graph to graph", "differentiation"),
      page("Kinks", "kinks"),
      page("Adding an operator", "adding-operators"),
      page("Conformance", "conformance"),
      page("Reproduction", "reproduction/"),
    ],
  },
  {
    text: "How large, how fast",
    items: [
      page("Large models", "large-models"),
      page("Surveys", "surveys"),
      page("Benchmarks", "benchmarks"),
      page("Benchmarks of linalg", "linalg-benchmarks"),
    ],
  },
];

const packages = [
  "linalg",
  "core",
  "onnx",
  "checkpoints",
  "runtime-node",
  "runtime-web",
  "viz",
  "explorer",
  "cli",
  "sample",
];

const reference: DefaultTheme.SidebarItem[] = [
  { text: "Reference", items: [page("Commands", "commands"), page("Operators", "operators")] },
  { text: "Packages", items: packages.map((name) => page(name, `packages/${name}`)) },
  { text: "Project", items: [page("Changes", "changelog"), page("Contributing", "contributing")] },
];

/** The sidebar of all pages; `api` are the entries of the packages, as TypeDoc was given them. */
export function sidebar(api: string[]): DefaultTheme.SidebarItem[] {
  const entries = { text: "API", items: api.map((place) => page(place.replace(/^api\//, ""), place)) };
  return [...start, ...reference.slice(0, 1), entries, ...reference.slice(1)];
}

/** The places of the pages that the sidebar leads to. */
export function listed(items: DefaultTheme.SidebarItem[]): string[] {
  return items.flatMap(({ link, items: below }) => [
    ...(link ? [link.replace(/^\//, "").replace(/(^|\/)$/, "$1index")] : []),
    ...listed(below ?? []),
  ]);
}
