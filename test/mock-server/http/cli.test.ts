/** The `mock-org` command. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../../mock-server/cli/run-cli.ts";

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

describe("mock-org start", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mock-org-"));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it("prints one line that says where the org is", async () => {
    const { code, out } = await run(["start", "--port", "0"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^mock-org 00D\w{15} is ready at (http:\/\/127\.0\.0\.1:\d+) \(log in as admin@mock\.org \/ mock-password; console at \1\/_mock\/\)\n$/,
    );
  });

  it("prints one JSON object for scripts, whose session works", async () => {
    let status = 0;
    const { out } = await run(["start", "--port", "0", "--json"], async (text) => {
      const ready = JSON.parse(text) as { url: string; accessToken: string };
      const headers = { authorization: `Bearer ${ready.accessToken}` };
      status = (await fetch(`${ready.url}/services/data/v62.0/limits`, { headers })).status;
    });
    expect(status).toBe(200);
    expect(JSON.parse(out)).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      username: "admin@mock.org",
      password: "mock-password",
      clientId: "mock-client",
      clientSecret: "mock-secret",
      accessToken: expect.stringMatching(/^00D\w{12}!/) as string,
      orgId: expect.stringMatching(/^00D\w{15}$/) as string,
    });
  });

  it("loads a plan with references, children and activated orders", async () => {
    writeFileSync(join(folder, "plan.json"), JSON.stringify(PLAN));
    for (const [file, records] of Object.entries(FILES)) writeFileSync(join(folder, file), JSON.stringify({ records }));
    let found: unknown;
    const { code, error } = await run(
      ["start", "--port", "0", "--json", "--seed", join(folder, "plan.json")],
      async (text) => {
        const ready = JSON.parse(text) as { url: string; accessToken: string };
        const headers = { authorization: `Bearer ${ready.accessToken}` };
        const soql = "SELECT Status, TotalAmount, Account.Name, (SELECT Quantity FROM OrderItems) FROM Order";
        found = await (
          await fetch(`${ready.url}/services/data/v62.0/query?q=${encodeURIComponent(soql)}`, { headers })
        ).json();
      },
    );
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(found).toMatchObject({
      totalSize: 1,
      records: [
        {
          Status: "Activated",
          TotalAmount: 7.5,
          Account: { Name: "Seed" },
          OrderItems: { records: [{ Quantity: 3 }] },
        },
      ],
    });
  });

  it("configures the org from a source folder and keeps it in a file", async () => {
    const file = join(folder, "org.json");
    const fields = join(folder, "objects", "Account", "fields");
    mkdirSync(fields, { recursive: true });
    writeFileSync(join(fields, "Rank__c.field-meta.xml"), RANK);
    const args = ["start", "--port", "0", "--json", "--source-dir", folder, "--persist", file];
    const soql = encodeURIComponent("SELECT Name, Rank__c FROM Account");
    await run(args, async (text) => {
      const ready = JSON.parse(text) as { url: string; accessToken: string };
      await fetch(`${ready.url}/services/data/v62.0/sobjects/Account`, {
        method: "POST",
        headers: { authorization: `Bearer ${ready.accessToken}`, "content-type": "application/json" },
        body: JSON.stringify({ Name: "Kept", Rank__c: "first" }),
      });
    });
    let found: unknown;
    await run(args, async (text) => {
      const ready = JSON.parse(text) as { url: string; accessToken: string };
      const headers = { authorization: `Bearer ${ready.accessToken}` };
      found = await (await fetch(`${ready.url}/services/data/v62.0/query?q=${soql}`, { headers })).json();
    });
    expect(found).toMatchObject({ records: [{ Name: "Kept", Rank__c: "first" }] });
  });

  it("makes users with their profile and permission sets", async () => {
    const sets = join(folder, "permissionsets");
    mkdirSync(sets, { recursive: true });
    writeFileSync(join(sets, "Reader.permissionset-meta.xml"), "<PermissionSet><label>Reader</label></PermissionSet>");
    const soql = encodeURIComponent(
      "SELECT Assignee.Username, Assignee.Profile.Name, PermissionSet.Name FROM PermissionSetAssignment WHERE PermissionSet.Name = 'Reader'",
    );
    let found: unknown;
    const user = ["--user", "rep@x.org:Standard User:Reader", "--user", "plain@x.org"];
    await run(["start", "--port", "0", "--json", "--source-dir", folder, ...user], async (text) => {
      const ready = JSON.parse(text) as { url: string; accessToken: string };
      const headers = { authorization: `Bearer ${ready.accessToken}` };
      found = await (await fetch(`${ready.url}/services/data/v62.0/query?q=${soql}`, { headers })).json();
    });
    expect(found).toMatchObject({
      records: [{ Assignee: { Username: "rep@x.org", Profile: { Name: "Standard User" } } }],
    });
    const wrong = await run(["start", "--port", "0", "--user", "rep"]);
    expect([wrong.code, wrong.error]).toEqual([
      2,
      expect.stringContaining("--user rep: a username looks like a mail address"),
    ]);
  });

  it("is another org after each start, unless it is told which one, or kept in a file", async () => {
    const file = join(folder, "same-org.json");
    const start = async (...more: string[]): Promise<string> => {
      const { out } = await run(["start", "--port", "0", "--json", ...more]);
      return (JSON.parse(out) as { orgId: string }).orgId;
    };
    const [first, second] = [await start("--seed", "demo"), await start("--seed", "demo")];
    const [kept, restored] = [await start("--persist", file), await start("--persist", file)];

    expect(second).not.toBe(first);
    expect(restored).toBe(kept);
    expect([kept, restored]).not.toContain(first);
    expect(await start("--org-id", "00D5e00000000Za")).toBe("00D5e00000000ZaEAI");
  });

  it("does not open a file as another org than the one that the file holds", async () => {
    const file = join(folder, "one-org.json");
    await run(["start", "--port", "0", "--persist", file, "--org-id", "00D5e0000000001"]);
    const { code, error } = await run(["start", "--port", "0", "--persist", file, "--org-id", "00D5e0000000002"]);

    expect(code).toBe(2);
    expect(error).toContain(
      `--org-id 00D5e0000000002: ${file} holds the org 00D5e0000000001EAA; leave out one of the two`,
    );
  });

  it("computes formula fields and keeps validation rules of the source folder", async () => {
    const source = join(folder, "rules");
    const object = join(source, "objects", "Account");
    mkdirSync(join(object, "fields"), { recursive: true });
    mkdirSync(join(object, "validationRules"), { recursive: true });
    writeFileSync(join(object, "fields", "Shout__c.field-meta.xml"), SHOUT);
    writeFileSync(join(object, "validationRules", "Phone_Needed.validationRule-meta.xml"), PHONE_NEEDED);
    const answers: unknown[] = [];
    await run(["start", "--port", "0", "--json", "--source-dir", source], async (text) => {
      const ready = JSON.parse(text) as { url: string; accessToken: string };
      const headers = { authorization: `Bearer ${ready.accessToken}`, "content-type": "application/json" };
      const accounts = `${ready.url}/services/data/v62.0/sobjects/Account`;
      const create = async (values: object): Promise<unknown> =>
        (await fetch(accounts, { method: "POST", headers, body: JSON.stringify(values) })).json();
      const soql = encodeURIComponent("SELECT Shout__c FROM Account WHERE Shout__c = 'QUIET!'");
      answers.push(await create({ Name: "Silent" }), await create({ Name: "Quiet", Phone: "1" }));
      answers.push(await (await fetch(`${ready.url}/services/data/v62.0/query?q=${soql}`, { headers })).json());
      const { id } = answers[1] as { id: string };
      answers.push(await (await fetch(`${accounts}/${id}?fields=Shout__c`, { headers })).json());
    });
    expect(answers).toMatchObject([
      [{ message: "A phone, please", errorCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION", fields: ["Phone"] }],
      { success: true },
      { totalSize: 1, records: [{ Shout__c: "QUIET!" }] },
      { Shout__c: "QUIET!" },
    ]);
  });

  it.each([
    [[], "a command is missing"],
    [["stop"], "unknown command stop"],
    [["strat"], "unknown command strat (did you mean start?)"],
    [["start", "--sed", "demo"], "Unknown option '--sed' (did you mean --seed?)"],
    [["start", "--seed", "dmeo"], "dmeo (did you mean demo?): cannot be read"],
    [["start", "--nope"], "Unknown option '--nope'"],
    [["start", "--port", "70000"], "--port 70000 is no whole number from 0 to 65535"],
    [["start", "--org-id", "0015e0000000001"], "0015e0000000001 is no Id of an org"],
    [["start", "--org-id", "00D5e0000000001AAA"], "00D5e0000000001AAA is no Id of an org"],
    [["start", "--now", "yesterday"], "--now yesterday is no ISO instant"],
    [["start", "--seed", "/nowhere/plan.json"], "/nowhere/plan.json: cannot be read"],
    [["start", "--source-dir", "/nowhere"], "The source folder /nowhere does not exist"],
  ])("%j is refused in one sentence with exit code 2", async (args, sentence) => {
    const { code, out, error } = await run(args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(error).toContain(`mock-org: ${sentence}`);
    expect(error).not.toContain("    at ");
  });

  it("a taken port is named with exit code 3", async () => {
    let second: Ended | undefined;
    await run(["start", "--port", "0", "--json"], async (text) => {
      const { port } = new URL((JSON.parse(text) as { url: string }).url);
      second = await run(["start", "--port", port]);
    });
    expect(second?.code).toBe(3);
    expect(second?.error).toMatch(/^mock-org: port \d+ on 127\.0\.0\.1 is taken; choose another with --port\n$/);
  });

  it("help tells the options", async () => {
    const { code, out } = await run(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("--source-dir");
  });

  /** Runs the command; `whenReady` gets its first output, and the command ends when it is through. */
  async function run(args: readonly string[], whenReady?: (text: string) => Promise<void>): Promise<Ended> {
    let out = "";
    let error = "";
    const code = await runCli(args, {
      out: (text) => {
        out += text;
      },
      error: (text) => {
        error += text;
      },
      untilStopped: async () => whenReady?.(out),
    });
    return { code, out, error };
  }
});

const PLAN = [
  { sobject: "Account", files: ["accounts.json"] },
  { sobject: "Product2", files: ["products.json"] },
  { sobject: "PricebookEntry", files: ["prices.json"] },
  { sobject: "Order", files: ["orders.json"] },
];

const FILES = {
  "accounts.json": [{ attributes: { type: "Account", referenceId: "a1" }, Name: "Seed" }],
  "products.json": [{ attributes: { type: "Product2", referenceId: "p1" }, Name: "Nut", IsActive: true }],
  "prices.json": [
    {
      attributes: { type: "PricebookEntry", referenceId: "e1" },
      Pricebook2Id: "@StandardPricebook",
      Product2Id: "@p1",
      UnitPrice: 2.5,
      IsActive: true,
    },
  ],
  "orders.json": [
    {
      attributes: { type: "Order", referenceId: "o1" },
      AccountId: "@a1",
      Pricebook2Id: "@StandardPricebook",
      EffectiveDate: "2026-01-01",
      Status: "Activated",
      OrderItems: {
        records: [
          {
            attributes: { type: "OrderItem", referenceId: "i1" },
            PricebookEntryId: "@e1",
            Quantity: 3,
            UnitPrice: 2.5,
          },
        ],
      },
    },
  ],
};

const RANK = `<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Rank__c</fullName><label>Rank</label><length>20</length><type>Text</type>
</CustomField>`;

const SHOUT = `<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Shout__c</fullName><label>Shout</label><type>Text</type><formula>UPPER(Name) &amp; "!"</formula>
</CustomField>`;

const PHONE_NEEDED = `<?xml version="1.0" encoding="UTF-8"?>
<ValidationRule xmlns="http://soap.sforce.com/2006/04/metadata">
    <fullName>Phone_Needed</fullName><active>true</active><errorConditionFormula>ISBLANK(Phone)</errorConditionFormula>
    <errorDisplayField>Phone</errorDisplayField><errorMessage>A phone, please</errorMessage>
</ValidationRule>`;
