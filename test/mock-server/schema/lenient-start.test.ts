/** What a team's folder makes of an org although parts of it cannot be used. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { runCli } from "../../../mock-server/cli/run-cli.ts";
import { explain } from "../../../mock-server/kit/explain.ts";
import { createMockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { kindsOf } from "../../../mock-server/schema/metadata/problem.ts";

type Files = Readonly<Record<string, string>>;

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes the files into a new source folder; a value is the root element's name and content. */
function folderOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "lenient-"));
  folders.push(folder);
  for (const [path, content] of Object.entries(files)) {
    const [root = "", ...body] = content.split(" ");
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const text = content.startsWith("<") ? content : `<?xml version="1.0"?><${root}>${body.join(" ")}</${root}>`;
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const field = (type: string, more = ""): string => `CustomField <label>X</label><type>${type}</type>${more}`;
const rule = (formula: string): string =>
  `ValidationRule <active>true</active><errorConditionFormula>${formula}</errorConditionFormula><errorMessage>no</errorMessage>`;
const text = (label: string): string => `CustomField <label>${label}</label><type>Text</type><length>20</length>`;

const BROKEN: Files = {
  "objects/Order/fields/Good__c.field-meta.xml": text("Good"),
  "objects/Order/fields/Bad__c.field-meta.xml": field("Hologram"),
  "objects/Order/fields/Unreadable__c.field-meta.xml": "<CustomField><type>Date</CustomField>",
  "objects/Order/fields/Needs_Bad__c.field-meta.xml": field("Text", "<formula>Bad__c</formula>"),
  "objects/Order/fields/Needs_That__c.field-meta.xml": field("Text", "<formula>Needs_Bad__c</formula>"),
  "objects/Order/fields/Sum__c.field-meta.xml": field(
    "Summary",
    "<summaryForeignKey>OrderItem.OrderId</summaryForeignKey><summarizedField>OrderItem.Gone__c</summarizedField><summaryOperation>sum</summaryOperation>",
  ),
  "objects/Order/validationRules/Asks_Bad.validationRule-meta.xml": rule("ISBLANK(Bad__c)"),
  "objects/Order/validationRules/Asks_Good.validationRule-meta.xml": rule("ISBLANK(Good__c)"),
  "objects/Order/fields/%%%NAMESPACE%%%Key__c.field-meta.xml": text("Key"),
  "objects/Missing__c/fields/A__c.field-meta.xml": text("A"),
};

describe("an org whose source folder holds parts that cannot be used", () => {
  it("starts without them and without what needs them", async () => {
    await using org = await createMockOrg({ sourceDirs: [folderOf(BROKEN)] });
    const order = org.org.catalog.object("Order");
    const custom = (order?.fields ?? []).filter((each) => each.custom === true).map((each) => each.name);
    expect(custom).toEqual(["Good__c"]);
    const out = org.remarks.map(({ leftOut, reason }) => `${leftOut}: ${reason}`).toSorted();
    expect(out).toEqual([
      "Missing__c: the object Missing__c is in none of the given files; left out",
      "Order.%%%NAMESPACE%%%Key__c: is no API name that an org accepts; left out",
      "Order.Asks_Bad: the field Bad__c does not exist on Order; left out",
      "Order.Bad__c: the field type Hologram is not supported; left out",
      "Order.Needs_Bad__c: the field Bad__c does not exist on Order; left out",
      "Order.Needs_That__c: the field Bad__c does not exist on Order; left out",
      "Order.Sum__c: OrderItem has no field Gone__c; left out",
      expect.stringMatching(/^Order\.Unreadable__c: is not well-formed XML/),
    ]);
  });

  it("is refused with strict, all problems at once", async () => {
    await expect(createMockOrg({ sourceDirs: [folderOf(BROKEN)], strict: true })).rejects.toThrow(
      /^8 problem\(s\)[\s\S]*Hologram[\s\S]*Gone__c/,
    );
  });

  it("says so in the journal where a call meets such a part", async () => {
    await using org = await createMockOrg({ sourceDirs: [folderOf(BROKEN)] });
    const { url, accessToken } = await org.listen();
    const send = (method: string, path: string, body?: unknown) =>
      fetch(`${url}/services/data/v62.0${path}`, {
        method,
        headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    const account = org.given.account();
    const created = await send("POST", "/sobjects/Order", {
      AccountId: account.Id,
      EffectiveDate: "2026-01-01",
      Status: "Draft",
      Good__c: "x",
    });
    expect(created.status).toBe(201);
    expect((await send("POST", "/sobjects/Order", { Bad__c: "x" })).status).toBe(400);
    const [made, refused] = org.requests.slice(-2);
    expect(made?.leftOut).toEqual([expect.stringMatching(/^Order\.Asks_Bad of the metadata is not in this org/)]);
    expect(refused?.leftOut).toEqual([expect.stringMatching(/^Order\.Bad__c of the metadata.*Hologram/)]);
    if (refused !== undefined) expect(explain(refused)).toContain("Order.Bad__c of the metadata is not in this org");
    const listed: unknown = await (await fetch(`${url}/_mock/metadata`)).json();
    expect(listed).toMatchObject({
      kinds: expect.arrayContaining([{ kind: "validation rules left out", count: 1 }]),
      remarks: expect.arrayContaining([expect.objectContaining({ leftOut: "Order.Needs_That__c" })]),
    });
    const page = await (await fetch(`${url}/_mock/console/coverage`)).text();
    expect(page).toContain("Order.Needs_That__c");
  });

  it("prints one line for each kind with its count, and all of it with --json", async () => {
    let out = "";
    let error = "";
    const folder = folderOf({ ...BROKEN, "triggers/A.trigger": "<", "triggers/B.trigger": "<" });
    const code = await runCli(["start", "--port", "0", "--source-dir", folder, "--json"], {
      out: (said) => void (out += said),
      error: (said) => void (error += said),
      untilStopped: () => Promise.resolve(),
    });
    expect(code).toBe(0);
    expect(error).toContain("formula fields left out, 2 times, first in ");
    expect(error).toContain("Apex triggers are not executed, 2 times, first in ");
    expect(error.split("\n").filter((line) => line.includes("validation rules left out"))).toHaveLength(1);
    expect(error).toMatch(/all of it is listed at http:.*\/_mock\/metadata/);
    const { metadata } = JSON.parse(out) as { metadata: unknown };
    expect(metadata).toEqual(expect.arrayContaining([expect.objectContaining({ leftOut: "Order.Bad__c" })]));
  });
});

describe("code that a real org would run at a save", () => {
  it("is named in the journal of a call that saves such a record", async () => {
    const flow = (status: string): string =>
      `Flow <status>${status}</status><start><object>Account</object><triggerType>RecordAfterSave</triggerType></start>`;
    const folder = folderOf({
      "triggers/Audit.trigger": "<!-- -->trigger AuditTrigger on Account (before insert) {}",
      "flows/Welcome.flow-meta.xml": flow("Active"),
      "flows/Old.flow-meta.xml": flow("Obsolete"),
      "workflows/Account.workflow-meta.xml": "Workflow <rules/>",
    });
    await using org = await createMockOrg({ sourceDirs: [folder] });
    const headers = { Authorization: `Bearer ${org.openSession()}`, "Content-Type": "application/json" };
    const save = (object: string, body: object) =>
      org.app.request(`/services/data/v62.0/sobjects/${object}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
    expect((await save("Account", { Name: "A" })).status).toBe(201);
    expect((await save("Product2", { Name: "P" })).status).toBe(201);
    const [account, product] = org.requests.slice(-2);
    expect(account?.leftOut.map((each) => each.split(" of the metadata")[0])).toEqual([
      "Account.Welcome",
      "Account.AuditTrigger",
      "Account.workflow rules",
    ]);
    expect(product?.leftOut).toEqual([]);
  });
});

describe("folders that define the same component", () => {
  it("are taken as one deploy after the other: the last one counts, with a warning", async () => {
    const one = folderOf({
      "objects/Order/fields/A__c.field-meta.xml": text("one"),
      "permissionsets/P.permissionset-meta.xml":
        "PermissionSet <label>One</label><userPermissions><enabled>true</enabled><name>ActivateOrder</name></userPermissions>",
    });
    const two = folderOf({
      "objects/Order/fields/A__c.field-meta.xml": text("two"),
      "permissionsets/P.permissionset-meta.xml": "PermissionSet <label>Two</label>",
    });
    await using org = await createMockOrg({ sourceDirs: [one, two] });
    expect(org.org.catalog.object("Order")?.field("A__c")?.label).toBe("two");
    expect(org.records("PermissionSet").where({ Name: "P" })).toMatchObject([
      { Label: "Two", PermissionsActivateOrder: false },
    ]);
    expect(kindsOf(org.remarks)).toMatchObject([
      { kind: "components defined more than once; the last one counts", count: 2 },
    ]);
  });
});

describe("a permission set that is kept in many files", () => {
  const grants =
    "<objectPermissions><allowRead>true</allowRead><object>Order</object></objectPermissions><fieldPermissions><editable>false</editable><field>Order.PoNumber</field><readable>true</readable></fieldPermissions>";
  it.each<[string, Files]>([
    [
      "decomposePermissionSetBeta2",
      {
        "permissionsets/P/P.permissionset-meta.xml": "PermissionSet <label>P set</label>",
        "permissionsets/P/P.userPermission-meta.xml":
          "PermissionSet <userPermissions><enabled>true</enabled><name>ActivateOrder</name></userPermissions>",
        "permissionsets/P/objectSettings/Order.objectSettings-meta.xml": `PermissionSet ${grants}`,
      },
    ],
    [
      "decomposePermissionSetBeta",
      {
        "permissionsets/P/P.permissionset-meta.xml": "PermissionSet <label>P set</label>",
        "permissionsets/P/userPermissions/ActivateOrder.userPermission-meta.xml":
          "UserPermission <enabled>true</enabled><name>ActivateOrder</name>",
        "permissionsets/P/objectPermissions/Order.objectPermission-meta.xml":
          "ObjectPermission <allowRead>true</allowRead><object>Order</object>",
        "permissionsets/P/fieldPermissions/Order.PoNumber.fieldPermission-meta.xml":
          "FieldPermission <editable>false</editable><field>Order.PoNumber</field><readable>true</readable>",
      },
    ],
  ])("as by %s is read as one", async (_, files) => {
    await using org = await createMockOrg({ sourceDirs: [folderOf(files)] });
    expect(org.remarks).toEqual([]);
    const [set] = org.records("PermissionSet").where({ Name: "P" });
    expect(set).toMatchObject({ Label: "P set", PermissionsActivateOrder: true });
    const grant = org.org.grants.get(String(set?.["Id"]));
    expect(grant?.objects["Order"]).toMatchObject({ read: true, edit: false });
    expect(grant?.fields["Order.PoNumber"]).toEqual({ read: true, edit: false });
  });
});

describe("metadata text", () => {
  it("may hold character references", async () => {
    const folder = folderOf({
      "objects/Order/fields/A__c.field-meta.xml": text("Price &#8211; net &#x20AC; &amp;lt; &lt;b&gt;"),
    });
    await using org = await createMockOrg({ sourceDirs: [folder] });
    expect(org.org.catalog.object("Order")?.field("A__c")?.label).toBe("Price – net € &lt; <b>");
  });
});

describe("a roll-up over a formula field", () => {
  it("sums what the formula gives", async () => {
    const folder = folderOf({
      "objects/OrderItem/fields/Net__c.field-meta.xml": field(
        "Number",
        "<precision>18</precision><scale>2</scale><formula>Quantity * 3</formula>",
      ),
      "objects/Order/fields/Net__c.field-meta.xml": field(
        "Summary",
        "<summaryForeignKey>OrderItem.OrderId</summaryForeignKey><summarizedField>OrderItem.Net__c</summarizedField><summaryOperation>sum</summaryOperation>" +
          "<summaryFilterItems><field>OrderItem.Description</field><operation>contains</operation><value>Bulk, crate</value></summaryFilterItems>",
      ),
    });
    await using org = await createMockOrg({ sourceDirs: [folder] });
    expect(org.remarks).toEqual([]);
    const order = org.given.order({ lines: 0 });
    const { pricebookEntryId } = org.given.product();
    for (const [Quantity, Description] of [
      [2, "in bulk"],
      [5, "CRATE"],
      [7, "single"],
    ] as const)
      org.given.record("OrderItem", {
        OrderId: order.Id,
        PricebookEntryId: pricebookEntryId,
        UnitPrice: 1,
        Quantity,
        Description,
      });
    expect(org.records("Order").get(order.Id)).toMatchObject({ Net__c: 21 });
  });
});
