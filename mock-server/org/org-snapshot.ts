import assert from "node:assert/strict";
import type { Catalog } from "../schema/catalog.ts";
import type { ClockState } from "./clock.ts";
import type { CounterState } from "./ids.ts";
import type { Grant } from "./permissions.ts";
import type { OrgSettings } from "./port.ts";
import type { RecycleBinSnapshot } from "./recycle-bin.ts";
import type { SharingModels } from "./sharing.ts";
import type { TableSnapshot } from "./table.ts";

/** An org's whole state at one moment. Plain to hold, never changed, valid for the org and its forks. */
export interface OrgSnapshot {
  /** Id of the Organization record. */
  readonly id: string;
  /** The whole schema of that moment. */
  readonly catalog: Catalog;
  readonly tables: ReadonlyMap<string, TableSnapshot>;
  readonly bin: RecycleBinSnapshot;
  readonly counters: CounterState;
  readonly grants: ReadonlyMap<string, Grant>;
  readonly settings: OrgSettings;
  readonly sharing: SharingModels;
  readonly clock: ClockState;
}

/** The table of an object in a snapshot of the same org. */
export function tableOf(snapshot: OrgSnapshot, object: string): TableSnapshot {
  const content = snapshot.tables.get(object);
  assert(content !== undefined, `the snapshot is one of this org and so has ${object}`);
  return content;
}
