/** Patterns of paths, as faults and assertions name them. */

/** One step of a pattern: a character, a run within a segment (`*`), any run (`**`), or a last segment that may be absent. */
type Step =
  | { readonly kind: "character"; readonly text: string }
  | { readonly kind: "segment" | "any" | "lastSegment" };

/**
 * True where the pattern fits the whole path, with or without `/services/data/vNN.0`. `*` stays within a segment, `**` does not, and
 * `/composite/*` is also true of `/composite`. Letter case does not count. The path comes without its query string.
 *
 * The time is bounded by the product of both lengths, whatever the pattern: no text becomes a regular expression.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const steps = stepsOf(pattern.toLowerCase());
  const folded = path.toLowerCase();
  return fits(steps, folded) || fits(steps, folded.replace(/^\/services\/data\/v\d+\.\d+/, ""));
}

function stepsOf(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  for (let at = 0; at < pattern.length; ) {
    const rest = pattern.slice(at);
    if (rest === "/*") {
      steps.push({ kind: "lastSegment" });
      break;
    }
    const stars = rest.startsWith("**") ? 2 : rest.startsWith("*") ? 1 : 0;
    steps.push(stars === 0 ? { kind: "character", text: rest.charAt(0) } : { kind: stars === 2 ? "any" : "segment" });
    at += Math.max(stars, 1);
  }
  return steps;
}

/** Keeps the places that the steps so far may have reached, and moves all of them on by one step at a time. */
function fits(steps: readonly Step[], path: string): boolean {
  let reached = new Set([0]);
  for (const step of steps) {
    reached = after(step, reached, path);
    if (reached.size === 0) return false;
  }
  return reached.has(path.length);
}

function after(step: Step, reached: ReadonlySet<number>, path: string): Set<number> {
  const next = new Set<number>();
  for (const from of reached) {
    switch (step.kind) {
      case "character":
        if (path.charAt(from) === step.text) next.add(from + 1);
        break;
      case "lastSegment":
        if (from === path.length) next.add(from);
        else if (path.charAt(from) === "/") addRun(next, path, { from: from + 1, withinSegment: true });
        break;
      default:
        addRun(next, path, { from, withinSegment: step.kind === "segment" });
    }
  }
  return next;
}

/** Adds every place that a run from here may end at; stops where another run has been, for that one went on from there. */
function addRun(
  next: Set<number>,
  path: string,
  { from, withinSegment }: { readonly from: number; readonly withinSegment: boolean },
): void {
  for (let at = from; at <= path.length && !next.has(at); at += 1) {
    next.add(at);
    if (withinSegment && path.charAt(at) === "/") return;
  }
}
