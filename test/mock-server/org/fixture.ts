/** Orgs and records for the tests of this room. */
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { frozenClock } from "../../../mock-server/org/clock.ts";
import { createOrg, type MockOrgCore, type OrgOptions } from "../../../mock-server/org/org.ts";
import type { Transaction } from "../../../mock-server/org/port.ts";
import type { Row } from "../../../mock-server/schema/definition.ts";

/** Monday, 5 January 2026, noon in UTC: where the clocks of these tests stand. */
export const NOON_MS = Date.UTC(2026, 0, 5, 12);

/** An org of the standard schema whose clock stands still. */
export function newOrg(options: Partial<OrgOptions> & { readonly nowMs?: number } = {}): MockOrgCore {
  const { nowMs = NOON_MS, ...rest } = options;
  return createOrg({ definitions: STANDARD_OBJECTS, clock: frozenClock(nowMs), ...rest });
}

/** Inserts a record with audit fields and gives its Id. */
export function put(tx: Transaction, object: string, values: Row): string {
  const id = tx.newId(object);
  const usual: Row = { SystemModstamp: tx.now, OwnerId: tx.actor.userId, IsDeleted: false };
  const known = Object.entries(usual).filter(([name]) => tx.catalog.object(object)?.field(name) !== undefined);
  tx.insert(object, { Id: id, ...Object.fromEntries(known), ...values });
  return id;
}

export function putAccount(tx: Transaction, values: Row): string {
  return put(tx, "Account", values);
}

/** Marks a record as deleted, as the save pipeline does. */
export function softDelete(tx: Transaction, object: string, id: string): void {
  tx.replace(object, { ...tx.get(object, id), IsDeleted: true, SystemModstamp: tx.now });
}

export function accountsOf(org: MockOrgCore): readonly Row[] {
  return org.transaction(org.systemActor, (tx) => [...tx.rows("Account")]);
}

/** The user as an actor; a test that names a user that does not exist is wrong. */
export function actorOf(org: MockOrgCore, username: string): NonNullable<ReturnType<MockOrgCore["actor"]>> {
  const actor = org.actor(username);
  if (actor === undefined) throw new Error(`no user ${username}`);
  return actor;
}
