/** What the steps of one run share. */
import { randomUUID } from "node:crypto";
import type { OrgIdentity } from "../../salesforce/port.ts";
import type { LeaseKeeper } from "../lease/lease.ts";
import type { MatchCache } from "./match-cache.ts";
import type { RunMemory } from "./memory.ts";
import type { EnginePorts, RunOptions } from "./ports.ts";
import type { RunTally } from "./tally.ts";

/** What every step shares, those of a pass included. Steps return what they did; nobody leaves it here for another one. */
export interface RunContext {
  readonly ports: EnginePorts;
  readonly options: RunOptions;
  readonly runId: string;
  /** Who we are in the org. */
  readonly identity: OrgIdentity;
  readonly lease: LeaseKeeper;
  readonly memory: RunMemory;
  /** What records without a key are matched against. */
  readonly matches: MatchCache;
}

/** What the run's own loop has besides. */
export interface RunInProgress extends RunContext {
  readonly tally: RunTally;
}

/** Ids of 32 hexadecimal digits, the default of `EnginePorts.newId`. */
export function randomId(): string {
  return randomUUID().replaceAll("-", "");
}
