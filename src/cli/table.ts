/** Plain text tables: columns as wide as their widest cell, numbers to the right. */

/** Lays out rows under a header. Cells that are numbers are aligned to the right. No trailing blanks. */
export function textTable(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(width(title), ...rows.map((row) => width(String(row[column] ?? "")))),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((count) => "─".repeat(count)).join("  "), ...rows.map(line)].join("\n");
}

function pad(cell: string | number, columns: number): string {
  const text = String(cell);
  const blanks = " ".repeat(Math.max(0, columns - width(text)));
  return typeof cell === "number" ? blanks + text : text + blanks;
}

/** Columns on a terminal: East Asian wide characters take two. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    columns += /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹯＀-｠￠-￦]/.test(character) ? 2 : 1;
  }
  return columns;
}
