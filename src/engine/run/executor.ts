/**
 * The port through which the waves of a run are carried out: in this process, through a queue by many, or as a dry run.
 *
 * An executor decides nothing about the run. It gets a wave and returns what became of it.
 */
import type { ExternalChange } from "../../external/port.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { RunContext } from "../context/context.ts";
import type { PartReport } from "../context/part.ts";
import type { StoppedObject } from "../context/report.ts";
import type { DeletionCounts, Deletions } from "../pass/delete-limit.ts";
import type { WaveItem } from "./wave-items.ts";

/** Documents of one object that may be worked on in any order, except that mentions of one document stay in theirs. */
export interface Wave {
  readonly mapping: ObjectMapping;
  readonly items: readonly WaveItem[];
  /** Changes of external records whose natural key makes no business key. */
  readonly unkeyed: readonly ExternalChange[];
  /** To be stored once all of it is done: never before, and not where the object has to stand still. */
  readonly cursors: Readonly<Record<string, string>>;
  /** Deletions that may be made; what is more waits. An executor that works on pages side by side makes all or none. */
  readonly deletions: DeletionCounts;
  /** Whether unfinished writes of these documents have to be looked up first. */
  readonly recover: boolean;
  /** Objects that stand still for the rest of the run. */
  readonly stopped: readonly StoppedObject[];
}

/** What became of a wave: every document is done, parked or a dead letter, unless it has `failure` or stopped its object. */
export interface WaveResult {
  /** What was done, in order. */
  readonly parts: readonly PartReport[];
  readonly deletions: Deletions;
  /** Keys to be decided about once more in this run. */
  readonly again: readonly BusinessKey[];
  /** Keys to be looked at once more as far as there is room. */
  readonly worthALook: readonly BusinessKey[];
  /** Keys that nobody could finish and that wait for the next run. */
  readonly abandoned: readonly BusinessKey[];
  /** Ends the run. */
  readonly failure: unknown;
}

/** Carries out the waves of one run, one after the other. */
export interface Executor {
  /** Documents that make a wave worth carrying out; feeds are read on until there are this many. `pageSize` as in a pass. */
  readonly waveDocuments: (pageSize: number) => number;
  readonly execute: (context: RunContext, wave: Wave) => Promise<WaveResult>;
}

/** Documents of one pass. */
export function pageSizeOf({ options }: Pick<RunContext, "options">, mapping: ObjectMapping): number {
  return mapping.lines === null ? options.passDocuments : options.passOrders;
}
