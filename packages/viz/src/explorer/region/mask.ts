// A mask over the picture: which of its pixels, or of the cells of a coarser grid, are inside a region. As text it is a
// list of runs, outside and inside in turn, in Base64.

/** 1 inside, 0 outside, row-major from the top left: `data` of length `width · height`. */
export interface RegionMask {
  /** Number of columns. */
  readonly width: number;
  /** Number of rows. */
  readonly height: number;
  /** 1 for the cells of the region and 0 for the others, row-major, `[height, width]`. */
  readonly data: Uint8Array;
}

/** Cells of the longer side of a mask; images of more pixels have coarser masks. */
const FINEST = 128;

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An empty mask for a picture of this size. */
export function maskFor(width: number, height: number): RegionMask {
  const scale = Math.max(1, Math.max(width, height) / FINEST);
  const [columns, rows] = [Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale))];
  return { width: columns, height: rows, data: new Uint8Array(columns * rows) };
}

export function isEmpty({ data }: RegionMask): boolean {
  return !data.includes(1);
}

/** The share of the picture that is inside. */
export function shareInside({ data }: RegionMask): number {
  return data.reduce((sum, cell) => sum + cell, 0) / data.length;
}

/** The rectangle, in cells, that a mask is; undefined where it has another form. */
export function rectangleOf({ width, data }: RegionMask): Rectangle | undefined {
  const first = data.indexOf(1);
  const last = data.lastIndexOf(1);
  if (first < 0) return undefined;
  const [x, y, right, bottom] = [
    first % width,
    Math.floor(first / width),
    last % width,
    Math.floor(last / width),
  ];
  const isInside = (at: number): boolean => {
    const [column, row] = [at % width, Math.floor(at / width)];
    return column >= x && column <= right && row >= y && row <= bottom;
  };
  if (data.some((cell, at) => Boolean(cell) !== isInside(at))) return undefined;
  return { x, y, width: right - x + 1, height: bottom - y + 1 };
}

/** `64x48:BASE64`. */
export function maskText({ width, height, data }: RegionMask): string {
  const bytes: number[] = [];
  let [at, value] = [0, 0];
  while (at < data.length) {
    const next = data.indexOf(1 - value, at);
    const end = next < 0 ? data.length : next;
    // Seven bits to a byte, the lowest first; the eighth says that more follow.
    let run = end - at;
    for (; run > 127; run = Math.floor(run / 128)) bytes.push(128 + (run % 128));
    bytes.push(run);
    [at, value] = [end, 1 - value];
  }
  return `${width}x${height}:${addressSafe(btoa(String.fromCharCode(...bytes)))}`;
}

/** The mask of such a text; undefined for any other. */
export function parseMask(text: string): RegionMask | undefined {
  const [, columns, rows, runs] = /^(\d{1,3})x(\d{1,3}):([\w-]*)$/.exec(text) ?? [];
  const [width, height] = [Number(columns), Number(rows)];
  if (runs === undefined || width < 1 || height < 1 || Math.max(width, height) > FINEST) return undefined;
  const data = new Uint8Array(width * height);
  let [at, value, run, unit] = [0, 0, 0, 1];
  for (const byte of bytesOf(runs) ?? []) {
    run += (byte % 128) * unit;
    unit *= 128;
    if (byte >= 128) continue;
    if (at + run > data.length) return undefined;
    data.fill(value, at, at + run);
    [at, value, run, unit] = [at + run, 1 - value, 0, 1];
  }
  return at === data.length && unit === 1 ? { width, height, data } : undefined;
}

function bytesOf(text: string): number[] | undefined {
  try {
    return Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function addressSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
