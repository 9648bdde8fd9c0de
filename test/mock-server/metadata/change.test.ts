/** An org whose schema changes while it runs: what forks, snapshots, files and open work make of it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { createComponent, deleteComponent, updateComponent } from "../../../mock-server/metadata/change.ts";
import type { ComponentResult, ComponentType } from "../../../mock-server/metadata/component.ts";
import { readComponent } from "../../../mock-server/metadata/read.ts";
import type { XmlElement } from "../../../mock-server/schema/metadata/xml.ts";

const NOW = "2026-03-01T08:00:00.000Z";

describe("a schema that changes while the org runs", () => {
  it("a fork keeps the schema that it was forked with", async () => {
    await using org = await createMockOrg({ now: NOW });
    const before = org.fork();
    create(org, "CustomField", "Account.Late__c", { type: "Text", length: "10", label: "Late" });
    const after = org.fork();
    expect([before, after].map((each) => each.org.catalog.object("Account")?.field("Late__c")?.length)).toEqual([
      undefined,
      10,
    ]);
  });

  it("a snapshot brings back a deleted field with its values", async () => {
    await using org = await createMockOrg({ now: NOW });
    create(org, "CustomField", "Account.Kept__c", { type: "Text", length: "10", label: "Kept" });
    const id = insert(org, "Account", { Name: "A", Kept__c: "here" });
    const snapshot = org.snapshot();
    const deleted = deleteComponent(org.org, "CustomField", "Account.Kept__c");
    const without = read(org, "Account", id);
    org.restore(snapshot);
    expect(deleted.success).toBe(true);
    expect(without).not.toHaveProperty("Kept__c");
    expect(read(org, "Account", id)).toMatchObject({ Kept__c: "here" });
  });

  it("a snapshot file carries the changes to the next start", async () => {
    const folder = await mkdtemp(join(tmpdir(), "metadata-"));
    try {
      const persist = join(folder, "org.json");
      const first = await createMockOrg({ now: NOW, persist });
      create(first, "CustomObject", "Depot__c", {
        label: "Depot",
        pluralLabel: "Depots",
        sharingModel: "ReadWrite",
        nameField: { label: "Name", type: "Text" },
      });
      create(first, "CustomField", "Account.Depot__c", {
        type: "Lookup",
        label: "Depot",
        referenceTo: "Depot__c",
        relationshipName: "Accounts",
      });
      const depot = insert(first, "Depot__c", { Name: "Kiel" });
      const account = insert(first, "Account", { Name: "A", Depot__c: depot });
      await first.close();
      const second = await createMockOrg({ now: NOW, persist });
      const found = read(second, "Account", account);
      second.reset();
      const afterReset = second.org.catalog.object("Depot__c");
      await second.close();
      expect(found).toMatchObject({ Depot__c: depot });
      expect(afterReset).toBeUndefined();
      expect(JSON.parse(await readFile(persist, "utf8"))).not.toHaveProperty("schema");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("values that an update makes too long stay, new ones are refused", async () => {
    await using org = await createMockOrg({ now: NOW });
    create(org, "CustomField", "Account.Code__c", { type: "Text", length: "10", label: "Code" });
    const id = insert(org, "Account", { Name: "A", Code__c: "0123456789" });
    const result = update(org, "CustomField", "Account.Code__c", { type: "Text", length: "5", label: "Code" });
    expect(result.success).toBe(true);
    expect(read(org, "Account", id)).toMatchObject({ Code__c: "0123456789" });
    expect(() => insert(org, "Account", { Name: "B", Code__c: "0123456789" })).toThrow("data value too large");
  });

  it.each([
    ["the type", { type: "Number", precision: "5", scale: "0", label: "X" }],
    ["a formula in its place", { type: "Text", label: "X", formula: "Name" }],
  ])("%s of a field does not change", async (_, change) => {
    await using org = await createMockOrg({ now: NOW });
    create(org, "CustomField", "Account.X__c", { type: "Text", length: "10", label: "X" });
    expect(update(org, "CustomField", "Account.X__c", change)).toMatchObject({
      success: false,
      fault: { code: "INVALID_OPERATION" },
    });
  });

  it("a master-detail field is refused where records would be without a master", async () => {
    await using org = await createMockOrg({ now: NOW });
    create(org, "CustomObject", "Stop__c", {
      label: "Stop",
      pluralLabel: "Stops",
      sharingModel: "ReadWrite",
      nameField: { label: "Name", type: "Text" },
    });
    insert(org, "Stop__c", { Name: "S" });
    const detail = { type: "MasterDetail", label: "A", referenceTo: "Account", relationshipName: "Stops" };
    expect(attempt(org, "CustomField", "Stop__c.Account__c", detail)).toMatchObject({ success: false });
  });

  it("field history is kept from when a field asks for it until it does not", async () => {
    await using org = await createMockOrg({ now: NOW });
    const field = { type: "Text", length: "10", label: "T" };
    create(org, "CustomField", "Order.T__c", { ...field, trackHistory: "true" });
    const tracked = org.org.catalog.object("Order")?.definition.historyTracked ?? [];
    update(org, "CustomField", "Order.T__c", { ...field, trackHistory: "false" });
    expect(tracked).toContain("T__c");
    expect(org.org.catalog.object("Order")?.definition.historyTracked ?? []).not.toContain("T__c");
  });

  it("every custom field of an org reads back as the field that it is", async () => {
    await using org = await createMockOrg({ now: NOW });
    const fields: readonly (readonly [string, Members])[] = [
      ["Text__c", { type: "Text", length: "9", label: "T", unique: "true", externalId: "true", caseSensitive: "true" }],
      ["Number__c", { type: "Number", precision: "9", scale: "2", label: "N", defaultValue: "4.5" }],
      ["Check__c", { type: "Checkbox", label: "C", defaultValue: "true" }],
      ["Day__c", { type: "Date", label: "D", defaultValue: "TODAY()" }],
      ["Long__c", { type: "LongTextArea", length: "1000", visibleLines: "3", label: "L" }],
      ["Auto__c", { type: "AutoNumber", displayFormat: "A-{0000}", label: "A" }],
      ["Double__c", { type: "Number", precision: "9", scale: "2", label: "F", formula: "Number__c * 2" }],
      ["Owner2__c", { type: "Lookup", referenceTo: "User", relationshipName: "Seconded", label: "O" }],
      ["Place__c", { type: "Location", scale: "5", label: "P" }],
    ];
    const results = fields.map(([name, members]) => {
      create(org, "CustomField", `Contact.${name}`, members);
      const before = org.org.catalog.object("Contact")?.definition;
      const element = readComponent(org.org, "CustomField", `Contact.${name}`);
      const result = updateComponent(org.org, {
        type: "CustomField",
        fullName: `Contact.${name}`,
        element: element ?? { name: "CustomField", text: "", children: [] },
      });
      return {
        name,
        result,
        same: JSON.stringify(org.org.catalog.object("Contact")?.definition) === JSON.stringify(before),
      };
    });
    expect(results.filter(({ result, same }) => !result.success || !same)).toEqual([]);
  });
});

type Members = { readonly [name: string]: string | Members };

function create(org: MockOrg, type: ComponentType, fullName: string, members: Members): void {
  const result = attempt(org, type, fullName, members);
  if (!result.success) throw new Error(result.fault.message);
}

function attempt(org: MockOrg, type: ComponentType, fullName: string, members: Members): ComponentResult {
  return createComponent(org.org, { type, fullName, element: elementOf(type, { fullName, ...members }) });
}

function update(org: MockOrg, type: ComponentType, fullName: string, members: Members): ComponentResult {
  return updateComponent(org.org, { type, fullName, element: elementOf(type, { fullName, ...members }) });
}

function elementOf(name: string, members: Members): XmlElement {
  const children = Object.entries(members).map(([key, value]) =>
    typeof value === "string" ? { name: key, text: value, children: [] } : elementOf(key, value),
  );
  return { name, text: "", children };
}

function insert(org: MockOrg, object: string, values: Readonly<Record<string, unknown>>): string {
  return org.given.record(object, values).Id;
}

function read(org: MockOrg, object: string, id: string): Readonly<Record<string, unknown>> {
  return org.org.transaction(org.org.systemActor, (tx) => tx.get(object, id) ?? {});
}
