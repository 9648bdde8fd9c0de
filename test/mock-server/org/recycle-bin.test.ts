import { describe, expect, it, vi } from "vitest";
import type { MockOrgCore } from "../../../mock-server/org/org.ts";
import { RECYCLE_BIN_DAYS } from "../../../mock-server/org/recycle-bin.ts";
import { accountsOf, newOrg, putAccount, softDelete } from "./fixture.ts";

const NOON = "2026-01-05T12:00:00.000+0000";

describe("the recycle bin", () => {
  it("lists what was deleted with the time of its deletion", () => {
    const org = newOrg();
    const id = deletedAccount(org);

    expect(org.recycleBin.deletions("Account")).toEqual([
      { object: "Account", id, deletedDate: NOON, purged: false, listed: true },
    ]);
    expect(org.recycleBin.deletions("Order")).toEqual([]);
  });

  it("lists deletions within a window, both ends included", () => {
    const org = newOrg();
    const first = deletedAccount(org);
    org.clock.advance({ minutes: 1 });
    const second = deletedAccount(org);

    const ids = (from?: string, to?: string) => org.recycleBin.deletions("Account", from, to).map(({ id }) => id);

    expect(ids()).toEqual([first, second]);
    expect(ids(NOON, NOON)).toEqual([first]);
    expect(ids("2026-01-05T12:00:01.000+0000")).toEqual([second]);
  });

  it("forgets a deletion that is undone", () => {
    const org = newOrg();
    const id = deletedAccount(org);

    org.transaction(org.systemActor, (tx) => tx.replace("Account", { ...tx.get("Account", id), IsDeleted: false }));

    expect(org.recycleBin.deletions("Account")).toEqual([]);
    org.clock.advance({ days: RECYCLE_BIN_DAYS + 1 });
    expect(accountsOf(org)).toHaveLength(1);
  });

  it("keeps a hard deletion as purged, with the date of the deletion before it", () => {
    const org = newOrg();
    const id = deletedAccount(org);
    org.clock.advance({ hours: 1 });

    org.transaction(org.systemActor, (tx) => tx.remove("Account", id));

    expect(org.recycleBin.find(id)).toEqual({ object: "Account", id, deletedDate: NOON, purged: true, listed: true });
  });

  it("notes nothing of a deletion that was rolled back", () => {
    const org = newOrg();
    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "kept" }));

    expect(() =>
      org.transaction(org.systemActor, (tx) => {
        softDelete(tx, "Account", id);
        throw new Error("no");
      }),
    ).toThrow("no");

    expect(org.recycleBin.find(id)).toBeUndefined();
  });

  it("is purged after 15 days by the clock, not a second earlier, and listeners hear of it", () => {
    const org = newOrg();
    const id = deletedAccount(org);
    const listener = vi.fn();
    org.onCommit(listener);

    org.clock.advance({ days: RECYCLE_BIN_DAYS, seconds: -1 });
    expect(accountsOf(org)).toHaveLength(1);
    org.clock.advance({ seconds: 1 });
    expect(accountsOf(org)).toEqual([]);

    expect(org.recycleBin.find(id)).toBeUndefined();
    expect(org.recycleBin.earliestDateAvailable).toBe(NOON);
    expect(listener).toHaveBeenCalledExactlyOnceWith(
      [expect.objectContaining({ object: "Account", id, after: undefined })],
      expect.objectContaining({ username: "system" }),
      undefined,
    );
  });

  it("can be emptied early: the records are gone, the log still tells of them", () => {
    const org = newOrg();
    const id = deletedAccount(org);
    const kept = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "kept" }));
    org.lockRow(id);

    org.emptyRecycleBin();

    expect(accountsOf(org).map((row) => row["Id"])).toEqual([kept]);
    expect(org.recycleBin.deletions("Account")).toEqual([
      { object: "Account", id, deletedDate: NOON, purged: true, listed: true },
    ]);
  });

  it("can lose the older part of its log and still purge in time", () => {
    const org = newOrg();
    deletedAccount(org);
    org.clock.advance({ hours: 3 });
    const later = deletedAccount(org);

    org.recycleBin.trimLog(org.clock.nowMs());

    expect(org.recycleBin.deletions("Account").map(({ id }) => id)).toEqual([later]);
    expect(org.recycleBin.earliestDateAvailable).toBe(NOON);
    expect(accountsOf(org)).toHaveLength(2);
    org.clock.advance({ days: RECYCLE_BIN_DAYS });
    expect(accountsOf(org)).toEqual([]);
  });
});

describe("a long transaction", () => {
  it("shows its changes only at its commit, with the stamps of when they were made", () => {
    const org = newOrg();
    const long = org.openLongTransaction();

    long.run((tx) => putAccount(tx, { Name: "late" }));
    org.clock.advance({ minutes: 2 });
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "early" }));
    expect(accountsOf(org).map((row) => row["Name"])).toEqual(["early"]);
    long.commit();

    const byStamp = org.transaction(org.systemActor, (tx) => [...tx.byStamp("Account")]);
    expect(byStamp.map((row) => [row["Name"], row["SystemModstamp"]])).toEqual([
      ["late", NOON],
      ["early", "2026-01-05T12:02:00.000+0000"],
    ]);
  });

  it("holds back the date up to which all changes are visible", () => {
    const org = newOrg();
    const long = org.openLongTransaction();
    org.clock.advance({ minutes: 5 });

    expect(org.latestDateCovered()).toBe(NOON);
    long.rollback();
    expect(org.latestDateCovered()).toBe("2026-01-05T12:05:00.000+0000");
  });

  it("sees its own earlier changes, and locks what it changed against others", () => {
    const org = newOrg();
    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "one" }));
    const long = org.openLongTransaction();
    const rename = (name: string) => () =>
      org.transaction(org.systemActor, (tx) => tx.replace("Account", { ...tx.get("Account", id), Name: name }));

    long.run((tx) => tx.replace("Account", { ...tx.get("Account", id), Name: "two" }));
    const seen = long.run((tx) => {
      tx.replace("Account", { ...tx.get("Account", id), AccountNumber: "7" });
      return tx.get("Account", id)?.["Name"];
    });

    expect(seen).toBe("two");
    expect(rename("other")).toThrow("UNABLE_TO_LOCK_ROW");
    long.commit();
    expect(accountsOf(org)).toEqual([expect.objectContaining({ Name: "two", AccountNumber: "7" })]);
    expect(rename("other")).not.toThrow();
  });

  it("leaves nothing when it is rolled back, and part of its work that throws does not undo the rest", () => {
    const org = newOrg();
    const kept = org.openLongTransaction();
    const dropped = org.openLongTransaction();

    kept.run((tx) => putAccount(tx, { Name: "kept" }));
    expect(() =>
      kept.run((tx) => {
        putAccount(tx, { Name: "failed" });
        throw new Error("no");
      }),
    ).toThrow("no");
    dropped.run((tx) => putAccount(tx, { Name: "dropped" }));
    dropped.rollback();
    kept.commit();

    expect(accountsOf(org).map((row) => row["Name"])).toEqual(["kept"]);
    expect(() => kept.run(() => undefined)).toThrow("a long transaction is used only until it ends");
  });

  it("tells listeners once, at its commit", () => {
    const org = newOrg();
    const listener = vi.fn();
    org.onCommit(listener);
    const long = org.openLongTransaction();

    long.run((tx) => putAccount(tx, { Name: "late" }));
    expect(listener).not.toHaveBeenCalled();
    long.commit();

    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("is dropped when the org goes back to a snapshot", () => {
    const org = newOrg();
    const long = org.openLongTransaction();
    long.run((tx) => putAccount(tx, { Name: "late" }));

    org.reset();

    expect(long.open).toBe(false);
    expect(org.latestDateCovered()).toBe(NOON);
  });
});

function deletedAccount(org: MockOrgCore): string {
  const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "gone" }));
  org.transaction(org.systemActor, (tx) => softDelete(tx, "Account", id));
  return id;
}
