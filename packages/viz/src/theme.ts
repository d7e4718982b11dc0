// Colours of the figures. Every figure is drawn in the light scheme with plain colours, which any viewer, printer
// and rasteriser understands. Where CSS custom properties exist, a style sheet inside the figure lets them take over:
// a page that inlines the SVG restyles it by setting `--vielbein-ink` and its sisters, for instance to DARK_THEME.

/** Hierarchy by lightness alone, so that it survives a grey printer. */
export const THEME = {
  paper: "#ffffff",
  ink: "#16191d",
  soft: "#56606b",
  faint: "#7d8793",
  line: "#d5dae0",
  grid: "#e9ecf0",
  band: "#e8eff5",
  accent: "#0072b2",
  vermillion: "#d55e00",
  green: "#009e73",
  pink: "#cc79a7",
  orange: "#e69f00",
  sky: "#56b4e9",
} as const;

/**
 * Okabe and Ito's colours, which all kinds of colour vision can tell apart; without yellow, which is too pale on white.
 */
export const SERIES_COLOURS: readonly string[] = [
  THEME.accent,
  THEME.vermillion,
  THEME.green,
  THEME.pink,
  THEME.orange,
  THEME.sky,
  THEME.ink,
];

const DARK: Readonly<Record<keyof typeof THEME, string>> = {
  paper: "#14171b",
  ink: "#f1f3f5",
  soft: "#b6bec8",
  faint: "#8d97a3",
  line: "#3b434c",
  grid: "#272d34",
  band: "#1f2c38",
  accent: "#4aa8e0",
  vermillion: "#f0803c",
  green: "#2fc79d",
  pink: "#dd94bb",
  orange: "#f0b429",
  sky: "#8acdf3",
};

/**
 * CSS declarations that turn inlined figures dark, for a rule that the page chooses: `@media (prefers-color-scheme:
 * dark) { :root { … } }`.
 */
export const DARK_THEME: string = declarations(DARK);

/** The same for the light scheme, for pages that name colours by custom properties only. */
export function lightTheme(): string {
  return declarations(THEME);
}

/** The style sheet that lets custom properties override the plain colours, skipped where they are unknown. */
export function themeStyle(): string {
  const rules = names().flatMap((name) =>
    (["fill", "stroke"] as const).map(
      (property) =>
        `.vielbein [${property}="${THEME[name]}"]{${property}:var(--vielbein-${name},${THEME[name]})}`,
    ),
  );
  // Renderers without custom properties would read var() as black; they skip an at-rule whole.
  return `<style>@supports (fill:var(--a)){${rules.join("")}}</style>`;
}

function declarations(colours: Readonly<Record<keyof typeof THEME, string>>): string {
  return names()
    .map((name) => `--vielbein-${name}:${colours[name]}`)
    .join(";");
}

function names(): (keyof typeof THEME)[] {
  return Object.keys(THEME) as (keyof typeof THEME)[];
}
