/**
 * Progress of a run: a bar on a terminal, lines in a log.
 *
 * On a terminal one line is rewritten in place; elsewhere each finished pass is a line of its own, so that a log tells
 * how far a run came.
 */
import type { EngineEvent, EngineObserver } from "../engine/context/events.ts";

/** Where progress goes: `process.stderr` in the commands. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const BAR_WIDTH = 24;
const COLUMNS = 100;

/** An observer that shows passes as they finish. `expected` is the number of documents where it is known. */
export function showProgress(output: ProgressOutput, expected: number | null = null): EngineObserver {
  const counts = new Map<string, number>();
  let compared = 0;
  let drawn = false;
  return (event: EngineEvent) => {
    if (event.kind === "passDone") {
      compared += event.nominated;
      counts.set(event.object, (counts.get(event.object) ?? 0) + event.written);
      if (output.isTTY === true) {
        drawn = true;
        output.write(`\r\u001b[2K${`  ${bar(compared, expected)}  ${summary(counts)}`.slice(0, width(output))}`);
      } else if (event.nominated > 0) {
        output.write(`  ${event.object}: ${event.nominated} compared, ${event.written} written\n`);
      }
    }
    if (event.kind === "runFinished" && drawn) output.write("\r\u001b[2K");
  };
}

/** Some terminals report no width, or none at all. */
function width(output: ProgressOutput): number {
  const { columns } = output;
  return columns === undefined || columns === 0 ? COLUMNS : columns - 1;
}

function bar(done: number, expected: number | null): string {
  if (expected === null || expected === 0) return `${done} compared`;
  const share = Math.min(1, done / expected);
  const full = Math.round(share * BAR_WIDTH);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}

function summary(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([object, written]) => `${object} ${written}`).join(" · ");
}
