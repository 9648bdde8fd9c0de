import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../../fixtures/objects/account.ts";
import { frozenClock } from "../../../mock-server/org/clock.ts";
import { createOrg } from "../../../mock-server/org/org.ts";
import { to18 } from "../../../mock-server/schema/record-id.ts";
import { accountsOf, actorOf, NOON_MS, newOrg, put, putAccount } from "./fixture.ts";

describe("a new org", () => {
  it("has its administrator, profiles, inactive standard price book and status values", () => {
    const org = newOrg();

    const seen = org.transaction(actorOf(org, "ADMIN@mock.org"), (tx) => ({
      books: [...tx.rows("Pricebook2")].map((row) => [row["IsStandard"], row["IsActive"]]),
      statuses: [...tx.rows("OrderStatus")].map((row) => [row["ApiName"], row["StatusCode"], row["SortOrder"]]),
      profiles: [...tx.rows("Profile")].map((row) => row["Name"]),
      organization: [...tx.rows("Organization")].map((row) => row["Id"]),
    }));

    expect(seen).toEqual({
      books: [[true, false]],
      statuses: [
        ["Draft", "Draft", 1],
        ["Activated", "Activated", 2],
      ],
      profiles: ["System Administrator", "Standard User"],
      organization: [org.id],
    });
  });

  it("names the object that it cannot do without", () => {
    expect(() => createOrg({ definitions: [ACCOUNT] })).toThrow("An org needs the object User");
  });

  it("has no orders for the API while orders are switched off, and has them again afterwards", () => {
    const org = newOrg({ settings: { enableOrders: false } });

    expect(org.catalog.object("Order")).toBeUndefined();
    expect(org.catalog.object("OrderItem")).toBeUndefined();
    org.configure({ enableOrders: true });
    expect(org.catalog.object("Order")?.name).toBe("Order");
  });

  it("knows no actor for a user that does not exist", () => {
    expect(newOrg().actor("nobody@mock.org")).toBeUndefined();
  });
});

describe("record Ids", () => {
  it("have 18 characters with the object's key prefix and a fitting checksum, and ascend", () => {
    const org = newOrg();

    const ids = org.transaction(org.systemActor, (tx) => Array.from({ length: 200 }, () => tx.newId("Order")));

    expect(ids.every((id) => id.startsWith("801") && id.length === 18 && to18(id) === id)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(200);
  });

  it("are the same for the same seed and others for another", () => {
    const first = (seed: string) => {
      const org = newOrg({ seed });
      return org.transaction(org.systemActor, (tx) => tx.newId("Order"));
    };

    expect(first("a")).toBe(first("a"));
    expect(first("a")).not.toBe(first("b"));
  });

  it("are not handed out again after a record came with one", () => {
    const origin = newOrg();
    const ids = origin.transaction(origin.systemActor, (tx) => [tx.newId("Account"), tx.newId("Account")]);
    const org = newOrg();

    org.transaction(org.systemActor, (tx) => tx.insert("Account", { Id: String(ids[1]), Name: "from a file" }));

    expect(org.transaction(org.systemActor, (tx) => tx.newId("Account")) > String(ids[1])).toBe(true);
  });

  it("and order numbers are consumed by a transaction that fails", () => {
    const org = newOrg();
    const take = () => org.transaction(org.systemActor, (tx) => tx.nextAutoNumber("Order", "OrderNumber"));

    expect(take()).toBe("00000100");
    expect(() =>
      org.transaction(org.systemActor, (tx) => {
        tx.nextAutoNumber("Order", "OrderNumber");
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(take()).toBe("00000102");
  });
});

describe("forks of an org", () => {
  it("see nothing of each other: a hundred at once, each with changes, deletions and numbers of its own", async () => {
    const origin = newOrg();
    const seeded = origin.transaction(origin.systemActor, (tx) =>
      Array.from({ length: 50 }, (_, number) => putAccount(tx, { Name: `seed ${number}` })),
    );
    const forks = Array.from({ length: 100 }, () => origin.fork());

    await Promise.all(
      forks.map(async (fork, number) => {
        for (const round of [1, 2, 3]) {
          await Promise.resolve();
          fork.clock.advance({ minutes: number });
          fork.transaction(fork.systemActor, (tx) => {
            const id = String(seeded[number % 50]);
            if (round === 1) putAccount(tx, { Name: `fork ${number}`, ParentId: id });
            else if (round === 2) tx.replace("Account", { ...tx.get("Account", id), Name: `changed by ${number}` });
            else tx.remove("Account", String(seeded[(number + 1) % 50]));
            tx.nextAutoNumber("Order", "OrderNumber");
          });
        }
      }),
    );

    for (const [number, fork] of forks.entries()) {
      const names = accountsOf(fork).map((row) => row["Name"]);
      expect(names.filter((name) => !String(name).startsWith("seed"))).toEqual([
        `changed by ${number}`,
        `fork ${number}`,
      ]);
      expect(names).toHaveLength(50);
      expect(fork.clock.nowMs()).toBe(NOON_MS + 3 * number * 60_000);
      const parent = String(seeded[number % 50]);
      const children = fork.transaction(fork.systemActor, (tx) => tx.find("Account", "ParentId", parent));
      expect(children.map((row) => row["Name"])).toEqual([`fork ${number}`]);
      expect(fork.transaction(fork.systemActor, (tx) => tx.nextAutoNumber("Order", "OrderNumber"))).toBe("00000103");
    }
    expect(accountsOf(origin).map((row) => row["Name"])).toEqual(seeded.map((_, number) => `seed ${number}`));
    expect(origin.clock.nowMs()).toBe(NOON_MS);
  });

  it("keep their own settings, permissions and listeners", () => {
    const origin = newOrg();
    const heard: string[] = [];
    origin.onCommit(() => heard.push("origin"));
    const fork = origin.fork();

    fork.configure({ enableZeroQuantity: true });
    fork.addUser({ username: "only@fork.org" });

    expect(origin.settings.enableZeroQuantity).toBe(false);
    expect(origin.actor("only@fork.org")).toBeUndefined();
    expect(heard).toEqual([]);
  });
});

describe("a snapshot", () => {
  it("brings back records, numbers, settings, deletions and the clock", () => {
    const org = newOrg();
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "one" }));
    const snapshot = org.snapshot();

    org.clock.advance({ days: 3 });
    org.configure({ enableZeroQuantity: true });
    org.transaction(org.systemActor, (tx) => {
      const id = putAccount(tx, { Name: "two" });
      tx.replace("Account", { ...tx.get("Account", id), IsDeleted: true });
      tx.nextAutoNumber("Order", "OrderNumber");
    });
    org.restore(snapshot);

    expect(accountsOf(org).map((row) => row["Name"])).toEqual(["one"]);
    expect(org.settings.enableZeroQuantity).toBe(false);
    expect(org.clock.nowMs()).toBe(NOON_MS);
    expect(org.recycleBin.deletions("Account")).toEqual([]);
    expect(org.transaction(org.systemActor, (tx) => tx.nextAutoNumber("Order", "OrderNumber"))).toBe("00000100");
  });

  it("is announced when it is gone back to", () => {
    const org = newOrg();
    const heard: string[] = [];
    const stop = org.onReplaced(() => heard.push("replaced"));

    org.reset();
    stop();
    org.reset();

    expect(heard).toEqual(["replaced"]);
  });

  it("can be gone back to more than once", () => {
    const org = newOrg();
    const snapshot = org.snapshot();

    for (const name of ["first", "second"]) {
      org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: name }));
      expect(accountsOf(org).map((row) => row["Name"])).toEqual([name]);
      org.restore(snapshot);
    }

    expect(accountsOf(org)).toEqual([]);
  });

  it("is what a reset goes back to once it was marked", () => {
    const org = newOrg();
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "seeded" }));
    org.markOrigin();
    org.transaction(org.systemActor, (tx) => put(tx, "Product2", { Name: "later" }));

    org.reset();

    expect(accountsOf(org)).toHaveLength(1);
    expect(org.transaction(org.systemActor, (tx) => tx.count("Product2"))).toBe(0);
  });

  it("takes back a permission set that came after it", () => {
    const org = newOrg({ users: [{ username: "ann@mock.org" }], clock: frozenClock(NOON_MS) });
    const snapshot = org.snapshot();
    org.definePermissions({
      kind: "permissionSet",
      name: "Editors",
      userPermissions: ["EditActivatedOrders"],
      grant: { objects: {}, fields: {} },
    });
    org.assignPermissionSet(actorOf(org, "ann@mock.org").userId, "Editors");
    expect(actorOf(org, "ann@mock.org").access.has("EditActivatedOrders")).toBe(true);

    org.restore(snapshot);

    expect(actorOf(org, "ann@mock.org").access.has("EditActivatedOrders")).toBe(false);
  });
});
