/** What every step of one run shares. */
import { randomUUID } from "node:crypto";
import type { OrgIdentity } from "../../salesforce/port.ts";
import type { LeaseKeeper } from "../lease/lease.ts";
import type { MatchCache } from "./match-cache.ts";
import type { RunMemory } from "./memory.ts";
import type { EnginePorts, RunOptions } from "./ports.ts";
import type { RunTally } from "./report.ts";

/** One run in progress. */
export interface RunContext {
  readonly ports: EnginePorts;
  readonly options: RunOptions;
  readonly runId: string;
  /** Who we are in the org. */
  readonly identity: OrgIdentity;
  readonly lease: LeaseKeeper;
  readonly tally: RunTally;
  readonly memory: RunMemory;
  /** What records without a key are matched against. */
  readonly matches: MatchCache;
}

/** Ids of 32 hexadecimal digits, the default of `EnginePorts.newId`. */
export function randomId(): string {
  return randomUUID().replaceAll("-", "");
}
