/** Patterns of paths, as faults and assertions name them. */

/**
 * True where the pattern fits the whole path, with or without `/services/data/vNN.0`. `*` stays within a segment, `**` does not, and
 * `/composite/*` is also true of `/composite`. Letter case does not count. The path comes without its query string.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const expression = expressionOf(pattern);
  return expression.test(path) || expression.test(path.replace(/^\/services\/data\/v\d+\.\d+/, ""));
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/\/\*$/, "(?:/[^/]*)?")
    .replace(/\*\*/g, "\u0000")
    .replace(/(?<!\))\*/g, "[^/]*")
    .replaceAll("\u0000", ".*");
  return new RegExp(`^${source}$`, "i");
}
