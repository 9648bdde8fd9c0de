import { describe, expect, it } from "vitest";
import { GROUP } from "../../../fixtures/objects/group.ts";
import { visibleRecords } from "../../../mock-server/org/dataset.ts";
import type { MockOrgCore, OrgOptions } from "../../../mock-server/org/org.ts";
import type { Transaction } from "../../../mock-server/org/port.ts";
import { actorOf, newOrg, put, putAccount } from "./fixture.ts";

describe("the organization-wide default", () => {
  it.each([
    ["ReadWrite", true, true],
    ["Read", true, false],
    ["Private", false, false],
  ] as const)("%s lets another user see: %s, edit: %s", (model, sees, edits) => {
    const org = teamOrg({ sharing: { Account: model } });
    const account = owned(org, "ann@mock.org", "Account");

    expect(rights(org, "bob@mock.org", "Account", account)).toEqual({ sees, edits });
    expect(rights(org, "ann@mock.org", "Account", account)).toEqual({ sees: true, edits: true });
    expect(rights(org, "admin@mock.org", "Account", account)).toEqual({ sees: true, edits: true });
  });
});

describe("the role hierarchy", () => {
  it("gives a manager the records of everybody below, and nobody those above or beside", () => {
    const org = teamOrg({ sharing: { Account: "Private" } });
    org.transaction(org.systemActor, (tx) => {
      const top = put(tx, "UserRole", { Name: "Top" });
      const middle = put(tx, "UserRole", { Name: "Middle", ParentRoleId: top });
      const low = put(tx, "UserRole", { Name: "Low", ParentRoleId: middle });
      setRole(tx, org, "boss@mock.org", top);
      setRole(tx, org, "ann@mock.org", low);
      setRole(tx, org, "bob@mock.org", low);
    });
    const account = owned(org, "ann@mock.org", "Account");
    const above = owned(org, "boss@mock.org", "Account");

    expect(rights(org, "boss@mock.org", "Account", account)).toEqual({ sees: true, edits: true });
    expect(rights(org, "bob@mock.org", "Account", account).sees).toBe(false);
    expect(rights(org, "ann@mock.org", "Account", above).sees).toBe(false);
  });

  it("takes effect when a role changes", () => {
    const org = teamOrg({ sharing: { Account: "Private" } });
    const account = owned(org, "ann@mock.org", "Account");
    expect(rights(org, "boss@mock.org", "Account", account).sees).toBe(false);

    org.transaction(org.systemActor, (tx) => {
      const top = put(tx, "UserRole", { Name: "Top" });
      setRole(tx, org, "boss@mock.org", top);
      setRole(tx, org, "ann@mock.org", put(tx, "UserRole", { Name: "Low", ParentRoleId: top }));
    });

    expect(rights(org, "boss@mock.org", "Account", account).sees).toBe(true);
  });

  it("with a loop comes to an end", () => {
    const org = teamOrg({ sharing: { Account: "Private" } });
    org.transaction(org.systemActor, (tx) => {
      const first = put(tx, "UserRole", { Name: "First" });
      const second = put(tx, "UserRole", { Name: "Second", ParentRoleId: first });
      tx.replace("UserRole", { ...tx.get("UserRole", first), ParentRoleId: second });
      setRole(tx, org, "ann@mock.org", first);
      setRole(tx, org, "boss@mock.org", put(tx, "UserRole", { Name: "Aside" }));
    });

    expect(rights(org, "boss@mock.org", "Account", owned(org, "ann@mock.org", "Account")).sees).toBe(false);
  });
});

describe("a record controlled by its parent", () => {
  it("is seen by who sees the account, whoever owns it", () => {
    const org = teamOrg({ sharing: { Account: "Private" } });
    const account = owned(org, "ann@mock.org", "Account");
    const order = owned(org, "bob@mock.org", "Order", { AccountId: account });
    const item = org.transaction(org.systemActor, (tx) => put(tx, "OrderItem", { OrderId: order }));

    expect(rights(org, "ann@mock.org", "Order", order)).toEqual({ sees: true, edits: true });
    expect(rights(org, "ann@mock.org", "OrderItem", item)).toEqual({ sees: true, edits: true });
    expect(rights(org, "bob@mock.org", "Order", order)).toEqual({ sees: false, edits: false });
    expect(rights(org, "bob@mock.org", "OrderItem", item)).toEqual({ sees: false, edits: false });
  });

  it("needs the contract too where the order has one", () => {
    const org = teamOrg({ sharing: { Contract: "Private" } });
    const account = owned(org, "ann@mock.org", "Account");
    const contract = owned(org, "ann@mock.org", "Contract", { AccountId: account });
    const order = owned(org, "bob@mock.org", "Order", { AccountId: account, ContractId: contract });
    const without = owned(org, "ann@mock.org", "Order", { AccountId: account });

    expect(rights(org, "bob@mock.org", "Order", order).sees).toBe(false);
    expect(rights(org, "bob@mock.org", "Order", without).sees).toBe(true);
  });

  it("belongs to its owner where it has no parent", () => {
    const org = teamOrg();
    const contact = owned(org, "ann@mock.org", "Contact");

    expect(rights(org, "ann@mock.org", "Contact", contact).sees).toBe(true);
    expect(rights(org, "bob@mock.org", "Contact", contact).sees).toBe(false);
  });

  it("follows ownership instead when the org makes it private", () => {
    const org = teamOrg({ sharing: { Order: "Private" } });
    const account = owned(org, "ann@mock.org", "Account");
    const order = owned(org, "bob@mock.org", "Order", { AccountId: account });

    expect(rights(org, "ann@mock.org", "Order", order).sees).toBe(false);
    expect(rights(org, "bob@mock.org", "Order", order)).toEqual({ sees: true, edits: true });
  });
});

describe("a queue", () => {
  it("owns for its members", () => {
    const org = teamOrg({ sharing: { Order: "Private" } });
    const order = org.transaction(org.systemActor, (tx) => {
      const queue = put(tx, GROUP.name, { Name: "Order Desk", Type: "Queue" });
      put(tx, "GroupMember", { GroupId: queue, UserOrGroupId: actorOf(org, "ann@mock.org").userId });
      return put(tx, "Order", { OwnerId: queue, AccountId: putAccount(tx, { Name: "Acme" }) });
    });

    expect(rights(org, "ann@mock.org", "Order", order)).toEqual({ sees: true, edits: true });
    expect(rights(org, "bob@mock.org", "Order", order)).toEqual({ sees: false, edits: false });
  });
});

describe("an explicit share", () => {
  it.each([
    ["Read", { sees: true, edits: false }],
    ["Edit", { sees: true, edits: true }],
  ])("with level %s opens a private order", (level, expected) => {
    const org = teamOrg({ sharing: { Order: "Private" } });
    const order = owned(org, "ann@mock.org", "Order", { AccountId: owned(org, "ann@mock.org", "Account") });

    org.transaction(org.systemActor, (tx) => {
      const bob = actorOf(org, "bob@mock.org").userId;
      put(tx, "OrderShare", { OrderId: order, UserOrGroupId: bob, OrderAccessLevel: level });
    });

    expect(rights(org, "bob@mock.org", "Order", order)).toEqual(expected);
  });
});

describe("a share that was deleted", () => {
  it("gives nothing any more", () => {
    const org = teamOrg({ sharing: { Order: "Private" } });
    const order = owned(org, "ann@mock.org", "Order", { AccountId: owned(org, "ann@mock.org", "Account") });
    org.transaction(org.systemActor, (tx) => {
      const bob = actorOf(org, "bob@mock.org").userId;
      put(tx, "OrderShare", { OrderId: order, UserOrGroupId: bob, OrderAccessLevel: "Edit", IsDeleted: true });
    });

    expect(rights(org, "bob@mock.org", "Order", order)).toEqual({ sees: false, edits: false });
  });
});

describe("the records that a query reads", () => {
  it("are those that the user may see, by every way of asking", () => {
    const org = teamOrg({ sharing: { Account: "Private" } });
    const mine = owned(org, "bob@mock.org", "Account");
    const other = owned(org, "ann@mock.org", "Account");
    const orders = [mine, other].map((account) => owned(org, "ann@mock.org", "Order", { AccountId: account }));

    org.transaction(actorOf(org, "bob@mock.org"), (tx) => {
      const data = visibleRecords(tx);
      expect(tx.seesAll("Account")).toBe(false);
      expect([...data.rows("Account")].map((row) => row["Id"])).toEqual([mine]);
      expect([...data.byStamp("Account")].map((row) => row["Id"])).toEqual([mine]);
      expect([...data.rows("Order")].map((row) => row["Id"])).toEqual([orders[0]]);
      expect(data.count("Account")).toBe(1);
      expect(data.get("Account", other)).toBeUndefined();
      expect(data.find("Account", "Id", other)).toEqual([]);
      expect(data.find("Order", "AccountId", mine)).toHaveLength(1);
    });
  });

  it("are all records, unfiltered, for who sees all", () => {
    const org = teamOrg();
    owned(org, "ann@mock.org", "Account");

    org.transaction(actorOf(org, "bob@mock.org"), (tx) => {
      expect(["Account", "Order", "OrderItem", "OrderHistory"].map((object) => tx.seesAll(object))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(tx.seesAll("Contact")).toBe(false);
      expect(visibleRecords(tx).count("Account")).toBe(1);
    });
  });
});

/** Three standard users: Ann, Bob and their boss, without roles. */
function teamOrg(options: Partial<OrgOptions> = {}): MockOrgCore {
  return newOrg({ users: ["ann", "bob", "boss"].map((name) => ({ username: `${name}@mock.org` })), ...options });
}

function owned(org: MockOrgCore, username: string, object: string, values: Record<string, string> = {}): string {
  const { userId } = actorOf(org, username);
  return org.transaction(org.systemActor, (tx) => put(tx, object, { OwnerId: userId, ...values }));
}

function rights(org: MockOrgCore, username: string, object: string, id: string): { sees: boolean; edits: boolean } {
  return org.transaction(actorOf(org, username), (tx) => {
    const row = tx.get(object, id) ?? {};
    return { sees: tx.canSee(object, row), edits: tx.canEdit(object, row) };
  });
}

function setRole(tx: Transaction, org: MockOrgCore, username: string, role: string): void {
  const { userId } = actorOf(org, username);
  tx.replace("User", { ...tx.get("User", userId), UserRoleId: role });
}
