import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { persistOrg } from "../../../mock-server/mock-org/persist.ts";
import type { MockOrgCore } from "../../../mock-server/org/org.ts";
import { accountsOf, actorOf, NOON_MS, newOrg, putAccount, softDelete } from "./fixture.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mock-org-"));
  path = join(folder, "org.json");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe.each([
  ["one document", 10_000],
  ["one record a line", 0],
])("a snapshot file of %s", (_, documentRecordsMax) => {
  it("brings back records, numbers, permissions, deletions, settings and the clock", async () => {
    const org = busyOrg();
    await (await persistOrg(org, { path, documentRecordsMax })).close();

    const again = newOrg({ nowMs: NOON_MS + 5 });
    const persisted = await persistOrg(again, { path, documentRecordsMax });

    expect(persisted.loaded).toBe(true);
    expect(accountsOf(again)).toEqual(accountsOf(org));
    expect(again.clock.nowMs()).toBe(org.clock.nowMs());
    expect(again.settings).toEqual(org.settings);
    expect(again.sharingModels).toEqual({ Account: "Private" });
    expect(again.recycleBin.entries()).toEqual(org.recycleBin.entries());
    expect(actorOf(again, "ann@mock.org").access.has("ActivateContract")).toBe(true);
    expect(actorOf(again, "ann@mock.org").access.object("Contract").modifyAll).toBe(true);
    const next = (each: MockOrgCore) =>
      each.transaction(each.systemActor, (tx) => [tx.newId("Account"), tx.nextAutoNumber("Order", "OrderNumber")]);
    expect(next(again)).toEqual(next(org));
    await persisted.close();
  });

  it("is written again when the org that was loaded changes", async () => {
    await (await persistOrg(busyOrg(), { path, documentRecordsMax })).close();
    const second = newOrg();
    const persisted = await persistOrg(second, { path, documentRecordsMax });

    second.transaction(second.systemActor, (tx) => putAccount(tx, { Name: "later" }));
    await persisted.close();

    const third = newOrg();
    await (await persistOrg(third, { path, documentRecordsMax })).close();
    expect(accountsOf(third).map((row) => row["Name"])).toContain("later");
  });

  it("leaves no other file behind", async () => {
    await (await persistOrg(busyOrg(), { path, documentRecordsMax })).close();

    expect(await readdir(folder)).toEqual(["org.json"]);
  });
});

describe("a snapshot file", () => {
  it("that does not exist yet leaves the org as it is", async () => {
    const org = newOrg();

    const persisted = await persistOrg(org, { path });

    expect(persisted.loaded).toBe(false);
    expect(accountsOf(org)).toEqual([]);
    await persisted.close();
  });

  it("is readable: one field a line, nulls left out", async () => {
    const org = newOrg();
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "Acme", AccountNumber: null }));
    await (await persistOrg(org, { path })).close();

    const text = await readFile(path, "utf8");

    expect(text).toContain('\n        "Name": "Acme"');
    expect(text).not.toContain("AccountNumber");
  });

  it("is written once for a burst of changes, without being asked", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const org = newOrg();
      const snapshot = vi.spyOn(org, "snapshot");
      const persisted = await persistOrg(org, { path, saveDelayMs: 100 });

      for (const name of ["one", "two", "three"])
        org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: name }));
      await vi.advanceTimersByTimeAsync(99);
      expect(snapshot).toHaveBeenCalledTimes(0);
      await vi.advanceTimersByTimeAsync(1);
      expect(snapshot).toHaveBeenCalledTimes(1);
      await persisted.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("is written after a reset too", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const org = newOrg();
      const persisted = await persistOrg(org, { path, saveDelayMs: 100 });
      const snapshot = vi.spyOn(org, "snapshot");

      org.reset();
      await vi.advanceTimersByTimeAsync(100);

      expect(snapshot).toHaveBeenCalledTimes(1);
      await persisted.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("that cannot be written in the background is reported to who asked, and to the next save otherwise", async () => {
    const missing = join(folder, "missing", "org.json");
    const onError = vi.fn();
    const told = newOrg();
    await persistOrg(told, { path: missing, saveDelayMs: 0, onError });
    const silent = newOrg();
    const persisted = await persistOrg(silent, { path: missing, saveDelayMs: 0 });

    for (const org of [told, silent]) org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "x" }));
    await vi.waitFor(() => expect(onError).toHaveBeenCalledOnce());

    expect(String(onError.mock.calls[0]?.[0])).toContain("ENOENT");
    await expect(persisted.close()).rejects.toThrow("ENOENT");
  });

  it("holds the state of the moment of its save, though the org goes on meanwhile", async () => {
    const org = newOrg();
    const persisted = await persistOrg(org, { path, documentRecordsMax: 0 });
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "before" }));

    const saving = persisted.save();
    await Promise.resolve();
    org.transaction(org.systemActor, (tx) => putAccount(tx, { Name: "after" }));
    await saving;

    const text = await readFile(path, "utf8");
    expect([text.includes('"before"'), text.includes('"after"')]).toEqual([true, false]);
    await persisted.close();
  });

  it.each([
    ["another kind of file", '{"name": "package"}', "it is no file of format mock-org-snapshot"],
    ["another version", '{"format": "mock-org-snapshot", "version": 2}', "it has version 2, this program reads 1"],
    ["another version by lines", '{"format":"mock-org-snapshot","version":2,"lines":1}\n', "it has version 2"],
    ["no JSON", "Name,Id\n", "is not valid JSON"],
    ["half a document", '{\n  "format": "mock-org-snapshot",\n', "JSON"],
    ["nothing", "", "JSON"],
  ])("that is %s is refused with its path, the reason and what to do", async (_, content, reason) => {
    await writeFile(path, content);
    const org = newOrg();

    const attempt = persistOrg(org, { path });

    await expect(attempt).rejects.toThrow(`${path}: cannot be loaded as a mock org: `);
    await expect(attempt).rejects.toThrow(reason);
    await expect(attempt).rejects.toThrow("Move the file away");
    expect(await readFile(path, "utf8")).toBe(content);
  });

  it("that breaks off in the middle of its lines is refused and changes nothing", async () => {
    await (await persistOrg(busyOrg(), { path, documentRecordsMax: 0 })).close();
    const lines = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, lines.slice(0, -2).join("\n"));
    const org = newOrg();

    await expect(persistOrg(org, { path })).rejects.toThrow("promises 1 records more than it holds");
    expect(accountsOf(org)).toEqual([]);
  });

  it("with a line that is no record is refused by the line", async () => {
    await (await persistOrg(busyOrg(), { path, documentRecordsMax: 0 })).close();
    await writeFile(path, `${await readFile(path, "utf8")}{"Id":"x"}\n`);

    await expect(persistOrg(newOrg(), { path })).rejects.toThrow('a line is no record: {"Id":"x"}');
  });

  it("with a field that the schema lacks is refused by the field's name", async () => {
    const org = busyOrg();
    await (await persistOrg(org, { path })).close();
    const smaller = STANDARD_OBJECTS.map((object) =>
      object.name === "Account"
        ? { ...object, fields: object.fields.filter((field) => field.name !== "AccountNumber") }
        : object,
    );

    await expect(persistOrg(newOrg({ definitions: smaller }), { path })).rejects.toThrow(
      "the schema has no field Account.AccountNumber",
    );
  });

  it("that cannot be written says so at the next save", async () => {
    const org = newOrg();
    const persisted = await persistOrg(org, { path: join(folder, "missing", "org.json") });

    await expect(persisted.save()).rejects.toThrow("ENOENT");
  });

  it("is loaded when the file grew past one document", async () => {
    const org = newOrg();
    org.transaction(org.systemActor, (tx) => {
      for (let number = 0; number < 50; number += 1) putAccount(tx, { Name: `account ${number}` });
    });
    await (await persistOrg(org, { path, documentRecordsMax: 20 })).close();

    const again = newOrg();
    await (await persistOrg(again, { path })).close();

    expect(accountsOf(again)).toHaveLength(50);
    expect((await readFile(path, "utf8")).startsWith("{\n")).toBe(true);
  });
});

function busyOrg(): MockOrgCore {
  const org = newOrg({
    sharing: { Account: "Private" },
    settings: { enableReductionOrders: true },
    users: [{ username: "ann@mock.org" }],
  });
  org.definePermissions({
    kind: "permissionSet",
    name: "Contract_Desk",
    userPermissions: ["ActivateContract", "SomethingElse"],
    grant: {
      objects: {
        Contract: { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true },
      },
      fields: { "Account.Phone": { read: true, edit: true } },
    },
  });
  org.assignPermissionSet(actorOf(org, "ann@mock.org").userId, "Contract_Desk");
  org.transaction(org.systemActor, (tx) => {
    putAccount(tx, { Name: "kept", AccountNumber: "7", AnnualRevenue: 12.5 });
    softDelete(tx, "Account", putAccount(tx, { Name: "gone" }));
    tx.nextAutoNumber("Order", "OrderNumber");
  });
  org.clock.advance({ hours: 1 });
  return org;
}
