// Numbers and Markdown tables for the benchmarks.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Lower and upper quartile as "12.1 … 13.4", the spread that the rounds had. */
export function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const last = sorted.length - 1;
  return `${sorted[Math.floor(last / 4)].toFixed(1)} … ${sorted[Math.ceil((3 * last) / 4)].toFixed(1)}`;
}

/** A Markdown table; every row is an array of cells, the first row is the header. */
export function markdownTable(rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0].map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join("\n");
}
