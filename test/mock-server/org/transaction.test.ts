import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { MockOrgCore } from "../../../mock-server/org/org.ts";
import type { Transaction } from "../../../mock-server/org/port.ts";
import type { Row } from "../../../mock-server/schema/definition.ts";
import { accountsOf, newOrg, putAccount } from "./fixture.ts";

describe("a transaction", () => {
  it("keeps its changes when its work returns, and gives back what the work returned", () => {
    const org = newOrg();

    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "Acme" }));

    expect(accountsOf(org)).toEqual([expect.objectContaining({ Id: id, Name: "Acme" })]);
  });

  it("leaves nothing behind when its work throws, and throws the same error", () => {
    const org = newOrg();
    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "before", AccountNumber: "1" }));
    const failure = new Error("no");

    const attempt = () =>
      org.transaction(org.systemActor, (tx) => {
        putAccount(tx, { Name: "new" });
        change(tx, id, { Name: "after", ParentId: id });
        tx.remove("Account", id);
        throw failure;
      });

    expect(attempt).toThrow(failure);
    expect(accountsOf(org).map((row) => row["Name"])).toEqual(["before"]);
    expect(org.transaction(org.systemActor, (tx) => tx.find("Account", "ParentId", id))).toEqual([]);
  });

  it("goes back to a savepoint and keeps what came before it", () => {
    const org = newOrg();

    org.transaction(org.systemActor, (tx) => {
      const id = putAccount(tx, { Name: "kept" });
      const savepoint = tx.savepoint();
      change(tx, id, { Name: "dropped" });
      putAccount(tx, { Name: "dropped too" });
      tx.rollbackTo(savepoint);
    });

    expect(accountsOf(org).map((row) => row["Name"])).toEqual(["kept"]);
  });

  it("finds its own changes by index before it commits", () => {
    const org = newOrg();

    const found = org.transaction(org.systemActor, (tx) => {
      const parent = putAccount(tx, { Name: "parent" });
      const child = putAccount(tx, { Name: "child", ParentId: parent });
      change(tx, child, { ParentId: null });
      const other = putAccount(tx, { Name: "other", ParentId: parent });
      return { found: tx.find("Account", "ParentId", parent).map((row) => row["Id"]), other };
    });

    expect(found.found).toEqual([found.other]);
  });

  it("does not begin within another", () => {
    const org = newOrg();

    const nested = () => org.transaction(org.systemActor, () => org.transaction(org.systemActor, () => undefined));

    expect(nested).toThrow("a transaction does not begin within another");
    expect(() => org.transaction(org.systemActor, () => undefined)).not.toThrow();
  });

  it("is not used after its end", () => {
    const org = newOrg();
    const kept = org.transaction(org.systemActor, (tx) => [tx]);

    expect(() => kept[0]?.count("Account")).toThrow("a transaction is used only while its function runs");
  });

  it("refuses work that goes on after it returned", () => {
    const org = newOrg();

    const attempt = () => org.transaction(org.systemActor, (tx) => Promise.resolve(putAccount(tx, { Name: "late" })));

    expect(attempt).toThrow("the work of a transaction is synchronous");
    expect(accountsOf(org)).toEqual([]);
  });

  it("refuses an insert of an existing Id and a replacement of a missing one", () => {
    const org = newOrg();
    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "one" }));

    expect(() => org.transaction(org.systemActor, (tx) => tx.insert("Account", { Id: id }))).toThrow("does not exist");
    expect(() => org.transaction(org.systemActor, (tx) => tx.replace("Account", { Id: "001x" }))).toThrow("exists");
  });

  it("stamps with one time, cut to the second", () => {
    const org = newOrg({ nowMs: Date.UTC(2026, 0, 5, 12, 0, 7, 987) });

    expect(org.transaction(org.systemActor, (tx) => tx.now)).toBe("2026-01-05T12:00:07.000+0000");
  });

  it("ends as if each undone part had never been, whatever it did in between", () => {
    const step = fc.record({
      kind: fc.constantFrom("insert", "replace", "remove", "savepoint", "rollback"),
      pick: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, fails) => {
        const org = newOrg();
        org.transaction(org.systemActor, (tx) => {
          for (const number of [1, 2, 3]) putAccount(tx, { Name: `base ${number}` });
        });
        let model = new Map(accountsOf(org).map((row) => [String(row["Id"]), row]));
        const committed = new Map(model);
        const run = () =>
          org.transaction(org.systemActor, (tx) => {
            const saved: { savepoint: ReturnType<Transaction["savepoint"]>; model: Map<string, Row> }[] = [];
            for (const { kind, pick } of steps) {
              const id = [...model.keys()][pick % Math.max(1, model.size)];
              if (kind === "insert") {
                const made = putAccount(tx, { Name: `n${pick}`, ParentId: id ?? null });
                model.set(made, tx.get("Account", made) ?? {});
              } else if (kind === "savepoint") {
                saved.push({ savepoint: tx.savepoint(), model: new Map(model) });
              } else if (kind === "rollback") {
                const last = saved.pop();
                if (last === undefined) continue;
                tx.rollbackTo(last.savepoint);
                model = last.model;
              } else if (id !== undefined && kind === "replace") {
                change(tx, id, { Name: `r${pick}`, ParentId: [...model.keys()][0] ?? null });
                model.set(id, tx.get("Account", id) ?? {});
              } else if (id !== undefined) {
                tx.remove("Account", id);
                model.delete(id);
              }
            }
            if (fails) throw new Error("undo all");
          });
        if (fails) expect(run).toThrow("undo all");
        else run();
        const expected = fails ? committed : model;
        expect(accountsOf(org)).toEqual([...expected.values()].sort((a, b) => (`${a["Id"]}` < `${b["Id"]}` ? -1 : 1)));
        const first = [...expected.keys()][0] ?? "";
        expect(org.transaction(org.systemActor, (tx) => tx.find("Account", "ParentId", first).length)).toBe(
          [...expected.values()].filter((row) => row["ParentId"] === first).length,
        );
      }),
      { numRuns: 60, seed: 20260105 },
    );
  });
});

describe("commit listeners", () => {
  it("hear of each record once, with what it was before and is now", () => {
    const org = newOrg();
    const id = org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "one" }));
    const listener = vi.fn();
    org.onCommit(listener);

    org.transaction(org.systemActor, (tx) => {
      change(tx, id, { Name: "two" });
      change(tx, id, { Name: "three" });
      tx.remove("Account", putAccount(tx, { Name: "came and went" }));
    });

    expect(listener).toHaveBeenCalledExactlyOnceWith(
      [
        {
          object: "Account",
          id,
          before: expect.objectContaining({ Name: "one" }),
          after: expect.objectContaining({ Name: "three" }),
        },
      ],
      expect.objectContaining({ username: "system" }),
      undefined,
    );
  });

  it("hear nothing of a transaction that changed nothing or failed", () => {
    const org = newOrg();
    const listener = vi.fn();
    org.onCommit(listener);

    org.transaction(org.systemActor, (tx) => tx.count("Account"));
    expect(() =>
      org.transaction(org.systemActor, (tx) => {
        putAccount(tx, { Name: "x" });
        throw new Error("no");
      }),
    ).toThrow("no");

    expect(listener).not.toHaveBeenCalled();
  });

  it("hear nothing after they stopped", () => {
    const org = newOrg();
    const listener = vi.fn();
    const stop = org.onCommit(listener);

    stop();
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "x" }));

    expect(listener).not.toHaveBeenCalled();
  });
});

describe("a locked row", () => {
  it("refuses every change until it is released, and others stay free", () => {
    const org = newOrg();
    const [held, free] = org.transaction(org.systemActor, (tx) => [
      putAccount(tx, { Name: "held" }),
      putAccount(tx, { Name: "free" }),
    ]);
    const release = org.lockRow(String(held));

    expect(() => rename(org, String(held))).toThrow(
      `UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: ${String(held).slice(0, 15)}`,
    );
    expect(() => rename(org, String(free))).not.toThrow();
    release();
    expect(() => rename(org, String(held))).not.toThrow();
  });
});

function rename(org: MockOrgCore, id: string): void {
  org.transaction(org.systemActor, (tx) => change(tx, id, { Name: "renamed" }));
}

function change(tx: Transaction, id: string, values: Row): void {
  tx.replace("Account", { ...tx.get("Account", id), ...values });
}
