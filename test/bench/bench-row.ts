/** The shape of one benchmark result, and how a time is taken. */

/** One line of a benchmark. A ratio is measured ÷ baseline of the same run. */
export interface BenchRow {
  readonly name: string;
  /** Unit of `measured` and `baseline`; default µs. */
  readonly unit?: string;
  readonly measured: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** The largest acceptable ratio, or without a baseline the largest figure. */
  readonly target: number | null;
  /** True: the target is the smallest acceptable figure. */
  readonly atLeast?: boolean;
}

/** The median time of one call in µs over `rounds` rounds of `calls` calls, after one round that is not counted. */
export function medianTime(rounds: number, calls: number, work: (call: number) => void): number {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) work(round * calls + call);
    if (round > 0) times.push(((performance.now() - start) * 1000) / calls);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** Compares a measured figure with its baseline. */
export function compared(
  name: string,
  measured: number,
  baseline: number,
  target: number | null,
  unit?: string,
): BenchRow {
  return { name, measured, baseline, ratio: measured / baseline, target, ...(unit === undefined ? {} : { unit }) };
}
