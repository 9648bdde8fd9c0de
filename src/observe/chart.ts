/** The API budget of the last 24 hours as an inline SVG: one bar an hour, and the daily limit as a line of text. */
import { html, raw } from "hono/html";
import type { RunRecord } from "../state/port.ts";

/** What `html` gives. */
export type Markup = ReturnType<typeof raw> | Promise<ReturnType<typeof raw>>;

const HOUR_MS = 3_600_000;
const HOURS = 24;
const WIDTH = 720;
const HEIGHT = 140;
const BASE = 116;
const BAR = WIDTH / HOURS;

/** Calls by hour, oldest first. Runs count in the hour in which they started. */
export function callsByHour(
  runs: readonly RunRecord[],
  nowMs: number,
): readonly { readonly fromMs: number; readonly calls: number }[] {
  const firstMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, index) => ({ fromMs: firstMs + index * HOUR_MS, calls: 0 }));
  for (const run of runs) {
    const hour = hours[Math.floor((run.startedAtMs - firstMs) / HOUR_MS)];
    if (hour !== undefined) hour.calls += run.apiCalls;
  }
  return hours;
}

/** The first and the last label must not stick out of the picture. */
function hourLabel(index: number, text: string): Markup {
  const y = HEIGHT - 6;
  if (index === 0) return html`<text class="first" x="0" y="${y}">${text}</text>`;
  if (index === HOURS - 1) return html`<text class="last" x="${WIDTH}" y="${y}">${text}</text>`;
  return html`<text x="${index * BAR + BAR / 2}" y="${y}">${text}</text>`;
}

/** The chart, with its numbers as a table for those who cannot see it. */
export function callsChart(runs: readonly RunRecord[], nowMs: number): Markup {
  const hours = callsByHour(runs, nowMs);
  const most = Math.max(1, ...hours.map((hour) => hour.calls));
  const total = hours.reduce((sum, hour) => sum + hour.calls, 0);
  const label = (ms: number): string => `${new Date(ms).toISOString().slice(11, 13)}:00`;
  const bars = hours.map(({ fromMs, calls }, index) => {
    const height = Math.round((calls / most) * (BASE - 22));
    const x = index * BAR;
    return html`<g>
      <rect class="slot" x="${x + 2}" y="0" width="${BAR - 4}" height="${BASE}"><title>${label(fromMs)} UTC: ${calls} calls</title></rect>
      <rect class="bar" x="${x + 4}" y="${BASE - height}" width="${BAR - 8}" height="${height}" rx="2"></rect>
      ${calls === most && calls > 0 ? html`<text class="peak" x="${x + BAR / 2}" y="${BASE - height - 6}">${calls}</text>` : ""}
      ${index % 6 === 0 || index === HOURS - 1 ? hourLabel(index, label(fromMs)) : ""}
    </g>`;
  });
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="API calls by hour in the last 24 hours, ${total} in all">
      <line class="axis" x1="0" y1="${BASE}" x2="${WIDTH}" y2="${BASE}"></line>
      ${bars}
    </svg>
    <details>
      <summary>The numbers</summary>
      <table>
        <thead><tr><th>Hour (UTC)</th><th class="number">API calls</th></tr></thead>
        <tbody>
          ${hours.map((hour) => html`<tr><td>${label(hour.fromMs)}</td><td class="number">${hour.calls}</td></tr>`)}
        </tbody>
      </table>
    </details>`;
}
