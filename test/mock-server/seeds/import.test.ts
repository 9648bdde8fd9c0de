/** Importing an org: metadata and a sample that a mock org starts with. The source is a mock org, over its REST API. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../../mock-server/cli/run-cli.ts";
import { importOrg } from "../../../mock-server/import/import-org.ts";
import { openSource, type SourceOrg, sourceOfCli } from "../../../mock-server/import/source-org.ts";
import {
  checkboxField,
  createMockOrg,
  dateField,
  lookupField,
  type MockOrg,
  numberField,
  textField,
} from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

let source: MockOrg;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
  source = await createMockOrg({
    seed: "demo",
    now: "2026-03-01T08:00:00Z",
    fields: {
      Account: [textField("ERP_Key__c", { externalId: true, unique: true, length: 80 }), checkboxField("Vip__c")],
      Order: [
        numberField("Weight__c", { precision: 8, scale: 2 }),
        dateField("Due__c"),
        lookupField("Payer__c", "Account"),
      ],
    },
  });
});

afterAll(async () => {
  await source.close();
  rmSync(folder, { recursive: true, force: true });
});

const endpoint = (): SourceOrg => ({
  url: "http://localhost",
  token: source.openSession(),
  apiVersion: "62.0",
  fetch: async (url, init) => source.app.request(url, init),
});

async function imported(options: { readonly records: number; readonly anonymize: boolean }, name: string) {
  const { files, remarks } = await importOrg(endpoint(), { objects: [], ...options });
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, name, path)), { recursive: true });
    writeFileSync(join(folder, name, path), text);
  }
  return { files, remarks, base: join(folder, name) };
}

/** Describe with its fields by name: in metadata files they have no order. */
async function describedBy(org: MockOrg, object: string): Promise<object> {
  const { body } = await clientOf(org).get(`/sobjects/${object}/describe`);
  const { fields, ...rest } = body as { readonly fields: readonly { readonly name: string }[] };
  return { ...rest, fields: Object.fromEntries(fields.map((field) => [field.name, field])) };
}

/** What the rows of an object say, in an order of their own: without Ids, stamps and numbers that each org gives itself. */
function rowsOf(org: MockOrg, object: string): readonly string[] {
  const own = /Id$|^(?:Created|LastModified|Activated|LastViewed|LastReferenced)|^SystemModstamp$|Number$/;
  return org
    .records(object)
    .all()
    .map((row) => JSON.stringify(Object.entries(row).filter(([name, value]) => value !== null && !own.test(name))))
    .sort();
}

describe("an imported org", () => {
  it("has the custom fields and the statuses of its source", async () => {
    const { base } = await imported({ records: 0, anonymize: false }, "metadata");
    await using org = await createMockOrg({ sourceDirs: [join(base, "force-app")] });
    const order = org.org.catalog.object("Order");
    const statuses = order?.field("Status")?.picklistValues?.map((value) => `${value.value}: ${value.group}`);
    expect(org.remarks).toEqual([]);
    expect(statuses).toEqual([
      "Draft: Draft",
      "Activated: Activated",
      "Confirmed: Draft",
      "On Hold: Draft",
      "Shipped: Activated",
    ]);
    expect(order?.field("Weight__c")).toMatchObject({ type: "double", precision: 8, scale: 2 });
    expect(order?.field("Payer__c")).toMatchObject({ type: "reference", referenceTo: ["Account"] });
    expect(org.org.catalog.object("Account")?.field("ERP_Key__c")).toMatchObject({ externalId: true, unique: true });
  });

  it("has a sample of records that belong together, with their totals", async () => {
    const { base, remarks } = await imported({ records: 16, anonymize: false }, "sample");
    await using org = await createMockOrg({
      sourceDirs: [join(base, "force-app")],
      seed: join(base, "data/plan.json"),
      now: "2026-03-01T08:00:00Z",
      settings: { enableReductionOrders: true },
    });
    const totals = (from: MockOrg) =>
      new Set(
        from
          .records("Order")
          .all()
          .map((row) => `${row["PoNumber"]} ${row["Status"]} ${row["TotalAmount"]}`),
      );
    expect(remarks).toEqual([]);
    expect(totals(org)).toEqual(totals(source));
    expect(org.records("Contract").count()).toBe(source.records("Contract").count());
  });

  it("is, imported by the command and started, the same by describe and by rows", async () => {
    const { url, accessToken } = await source.listen();
    process.env["SF_ACCESS_TOKEN"] = accessToken;
    const out = join(folder, "round");
    const told: string[] = [];
    const host = { out: (text: string) => told.push(text), error: (text: string) => told.push(text) };
    const code = await runCli(["import", "--from", url, "--out", out, "--records", "100"], {
      ...host,
      untilStopped: () => Promise.resolve(),
    });
    delete process.env["SF_ACCESS_TOKEN"];
    expect([code, told]).toEqual([0, [expect.stringContaining("start with mock-org start --source-dir")]]);
    await using org = await createMockOrg({
      sourceDirs: [join(out, "force-app")],
      seed: join(out, "data/plan.json"),
      now: "2026-03-01T08:00:00Z",
    });
    for (const object of ["Account", "Contact", "Contract", "Order", "OrderItem", "Product2", "Pricebook2"]) {
      expect(await describedBy(org, object), object).toEqual(await describedBy(source, object));
      expect(rowsOf(org, object), object).toEqual(rowsOf(source, object));
    }
  });

  it("has no personal data where that is wanted, and what was equal stays equal", async () => {
    const { files } = await imported({ records: 16, anonymize: true }, "anonymous");
    const text = files
      .filter((file) => file.path.startsWith("data/"))
      .map((file) => file.text)
      .join("\n");
    expect(text).not.toMatch(/Lumière|Berg|customer\.example|Genève|\+00 555/);
    expect(text).toContain("House Blend, 1 kg");
    expect(text).toContain("person");
    const contacts = files.find((file) => file.path === "data/Contact.json")?.text ?? "";
    expect(new Set(contacts.match(/"LastName": "[^"]*"/g)).size).toBe(5);
  });

  it("leaves the source as it was", async () => {
    const before = source.records("Order").all();
    await imported({ records: 3, anonymize: false }, "reading");
    expect(source.records("Order").all()).toEqual(before);
    expect(source.requests.every((entry) => entry.method === "GET")).toBe(true);
  });
});

describe("the source of an import", () => {
  it("is a URL with a token, or an alias that the Salesforce CLI knows", async () => {
    const options = { apiVersion: "62.0" };
    await expect(openSource("https://x.my.salesforce.com", options)).rejects.toThrow("a URL needs an access token");
    expect(await openSource("https://x.my.salesforce.com/", { ...options, token: "t" })).toMatchObject({
      url: "https://x.my.salesforce.com",
    });
    const answer = JSON.stringify({
      status: 0,
      result: { instanceUrl: "https://y.my.salesforce.com/", accessToken: "00D!" },
    });
    expect(sourceOfCli(answer, "62.0")).toEqual({
      url: "https://y.my.salesforce.com",
      token: "00D!",
      apiVersion: "62.0",
    });
    expect(() => sourceOfCli("{}", "62.0")).toThrow("sf org display gives no address and token");
  });

  it("that refuses is named with its answer", async () => {
    const refused: SourceOrg = { ...endpoint(), token: "nonsense" };
    await expect(importOrg(refused, { objects: [], records: 0, anonymize: false })).rejects.toThrow(
      "describe of Account is answered with 401",
    );
  });
});
