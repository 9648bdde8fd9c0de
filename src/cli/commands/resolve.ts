/** `order-sync conflicts` and `order-sync dead-letters`: what waits for a person. */

import { processHolder, processIsGone } from "../../engine/lease/holder.ts";
import {
  answerConflict,
  discardDeadLetter,
  discardParked,
  findConflict,
  findUnsynced,
  retryDeadLetter,
} from "../../engine/resolve/answers.ts";
import { SyncError } from "../../errors.ts";
import type { Mapping } from "../../mapping/mapping.ts";
import type { Side, Value } from "../../model/value.ts";
import { remedyFor } from "../../observe/remedy.ts";
import { openExistingState } from "../../service/open.ts";
import type { StateStore, StoredConflict } from "../../state/port.ts";
import type { DeadLetter, Parked } from "../../sync/decision.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { textTable } from "../table.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";

const LISTED_MAX = 200;
/** Characters of a conflict's Id that lists show; commands take as many as are unique. */
const ID_SHOWN = 10;

type ResolvePorts = Parameters<typeof answerConflict>[0];

/** Open conflicts, or with `all` the settled ones too. */
export async function listConflicts(
  options: ConfigOptions & { readonly all?: true },
  outer: Surroundings,
): Promise<ExitCode> {
  return await withState(options, outer, async ({ state }, { stdout }) => {
    const conflicts = await state.conflicts({ ...(options.all === true ? {} : { open: true }), limit: LISTED_MAX });
    if (options.json === true) stdout.write(`${JSON.stringify(conflicts)}\n`);
    else if (conflicts.length === 0) stdout.write("No open conflicts.\n");
    else {
      const rows = conflicts.map((one) => [
        one.id.slice(0, ID_SHOWN),
        one.key,
        one.field,
        valueText(one.salesforce),
        valueText(one.external),
        one.resolvedAtMs !== null ? `settled: ${one.winner ?? "by itself"}` : (one.winner ?? "open"),
      ]);
      stdout.write(`${textTable(["id", "key", "field", "Salesforce", "external", "winner"], rows)}\n`);
    }
    return EXIT.done;
  });
}

/** One conflict with its three values. */
export async function showConflict(id: string, options: ConfigOptions, outer: Surroundings): Promise<ExitCode> {
  return await withState(options, outer, async ({ state }, { stdout }) => {
    const conflict = await findConflict(state, id);
    stdout.write(options.json === true ? `${JSON.stringify(conflict)}\n` : conflictText(conflict));
    return EXIT.done;
  });
}

/** Answers a conflict; the next run carries it out. */
export async function resolveConflict(
  id: string,
  options: ConfigOptions & { readonly winner: string },
  outer: Surroundings,
): Promise<ExitCode> {
  const winner = sideOf(options.winner);
  return await withState(options, outer, async (ports, { stdout }) => {
    const conflict = await answerConflict(ports, id, winner);
    if (options.json === true) stdout.write(`${JSON.stringify(conflict)}\n`);
    else stdout.write(`${conflict.key} ${conflict.field}: ${winner} wins; the next run carries it out.\n`);
    return EXIT.done;
  });
}

/** Refused documents with their reasons. */
export async function listDeadLetters(
  options: ConfigOptions & { readonly object?: string },
  outer: Surroundings,
): Promise<ExitCode> {
  return await withState(options, outer, async ({ state }, { stdout }) => {
    const deadLetters = await state.deadLetters(options.object);
    if (options.json === true) stdout.write(`${JSON.stringify(deadLetters)}\n`);
    else if (deadLetters.length === 0) stdout.write("No dead letters.\n");
    else for (const deadLetter of deadLetters) stdout.write(deadLetterText(deadLetter));
    const waiting = options.json === true ? 0 : (await state.parked(options.object)).length;
    if (waiting > 0)
      stdout.write(
        `${waiting} ${waiting === 1 ? "document waits and is" : "documents wait and are"} tried again in every run: order-sync report tells why. dead-letters show and discard take such keys, too.\n`,
      );
    return EXIT.done;
  });
}

/** One refused document. */
export async function showDeadLetter(
  key: string,
  options: ConfigOptions & { readonly object?: string },
  outer: Surroundings,
): Promise<ExitCode> {
  return await withState(options, outer, async ({ state }, { stdout }) => {
    const unsynced = await findUnsynced(state, key, options.object);
    const text = "deadLetter" in unsynced ? deadLetterText(unsynced.deadLetter) : parkedText(unsynced.parked);
    stdout.write(
      options.json === true
        ? `${JSON.stringify("deadLetter" in unsynced ? unsynced.deadLetter : unsynced.parked)}\n`
        : text,
    );
    return EXIT.done;
  });
}

/** Tries dead letters again in the next run, or forgets them. */
export async function settleDeadLetters(
  how: "retry" | "discard",
  keys: readonly string[],
  options: ConfigOptions & { readonly object?: string; readonly all?: true },
  outer: Surroundings,
): Promise<ExitCode> {
  if (keys.length === 0 && options.all !== true) {
    throw new SyncError("USAGE", `Name the keys to ${how}, or say --all`);
  }
  return await withState(options, outer, async (ports, { stdout }) => {
    const deadLetters: DeadLetter[] = [];
    if (options.all === true) deadLetters.push(...(await ports.state.deadLetters(options.object)));
    const waiting: Parked[] = [];
    for (const key of options.all === true ? [] : keys) {
      const unsynced = await findUnsynced(ports.state, key, options.object);
      if ("deadLetter" in unsynced) deadLetters.push(unsynced.deadLetter);
      else waiting.push(unsynced.parked);
    }
    if (how === "discard") for (const parked of waiting) await discardParked(ports, parked);
    for (const deadLetter of deadLetters) {
      if (how === "retry") await retryDeadLetter(ports, deadLetter);
      else await discardDeadLetter(ports, deadLetter);
    }
    const settled = [...deadLetters, ...waiting].map(({ key }) => key);
    if (options.json === true) {
      stdout.write(`${JSON.stringify({ [how]: settled })}\n`);
      return EXIT.done;
    }
    if (waiting.length > 0) {
      const others = `${waiting.length} waiting document${waiting.length === 1 ? "" : "s"}`;
      stdout.write(
        how === "retry"
          ? `${others}: every run tries again without being asked.\n`
          : `${others} forgotten until the record changes again or a sweep finds it.\n`,
      );
      if (deadLetters.length === 0) return EXIT.done;
    }
    const count = `${deadLetters.length} dead letter${deadLetters.length === 1 ? "" : "s"}`;
    stdout.write(
      how === "retry"
        ? `${count}: the next run decides again.\n`
        : `${count} forgotten until the record changes again.\n`,
    );
    return EXIT.done;
  });
}

/** Works on the state alone, without opening either system. */
export async function withState(
  options: ConfigOptions,
  outer: Surroundings,
  work: (
    ports: ResolvePorts & { readonly state: StateStore },
    surroundings: Surroundings,
    mapping: Mapping,
  ) => Promise<ExitCode>,
): Promise<ExitCode> {
  return await withConfig(options, outer, async ({ config, mapping }, surroundings) => {
    const state = await openExistingState(config);
    try {
      const holder = processHolder(Date.now());
      return await work(
        { state, nowMs: Date.now, holderIsGone: processIsGone, source: mapping.source, holder },
        surroundings,
        mapping,
      );
    } finally {
      await state.close();
    }
  });
}

function sideOf(text: string): Side {
  if (text === "salesforce" || text === "external") return text;
  throw new SyncError("USAGE", `--winner ${text} is no side; say salesforce or external`);
}

function conflictText(conflict: StoredConflict): string {
  const by = (who: string | null, at: string | null): string =>
    [...(who === null ? [] : [`by ${who}`]), ...(at === null ? [] : [`at ${at}`])].join(" ");
  const rows = [
    ["last agreed", valueText(conflict.base), ""],
    ["Salesforce", valueText(conflict.salesforce), by(conflict.salesforceBy, conflict.salesforceAt)],
    ["external", valueText(conflict.external), by(conflict.externalBy, conflict.externalAt)],
  ];
  const field = conflict.lineKey === undefined ? conflict.field : `${conflict.lineKey} ${conflict.field}`;
  return (
    `${conflict.key} ${field}, since ${new Date(conflict.atMs).toISOString()} (${conflict.rule})\n` +
    `${textTable(["side", "value", "changed"], rows)}\n` +
    `To answer: order-sync conflicts resolve ${conflict.id.slice(0, ID_SHOWN)} --winner salesforce|external\n`
  );
}

function deadLetterText({ object, key, obstacles, firstAtMs, attempts }: DeadLetter): string {
  const tries = `${attempts} attempt${attempts === 1 ? "" : "s"}`;
  return `${object} ${key}  since ${new Date(firstAtMs).toISOString()}, ${tries}\n${reasonsText(obstacles)}`;
}

function parkedText({ object, key, obstacles, sinceMs }: Parked): string {
  return `${object} ${key}  waits since ${new Date(sinceMs).toISOString()}, tried in every run\n${reasonsText(obstacles)}`;
}

function reasonsText(obstacles: Parked["obstacles"]): string {
  const reasons = obstacles.map((obstacle) => {
    const where = [obstacle.lineKey, obstacle.field].filter((part) => part !== undefined).join(" ");
    const remedy = remedyFor(obstacle.code);
    const wayOut = remedy === null ? "" : `      → ${remedy}\n`;
    return `    ${obstacle.code}${where === "" ? "" : ` (${where})`}: ${obstacle.message}\n${wayOut}`;
  });
  return reasons.join("");
}

function valueText(value: Value | undefined): string {
  return value === undefined || value === null ? "(empty)" : JSON.stringify(value);
}
