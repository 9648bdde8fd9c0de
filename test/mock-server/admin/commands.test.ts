/** The command line beside `start`, and faults on it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../../mock-server/cli/run-cli.ts";
import { createMockOrg } from "../../../mock-server/index.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "commands-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(
  args: readonly string[],
  meanwhile: (out: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  let out = "";
  let error = "";
  const code = await runCli(args, {
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    untilStopped: () => meanwhile(out),
  });
  return { code, out, error };
}

describe("mock-org start", () => {
  it("arms faults from the command line", async () => {
    const statuses: number[] = [];
    const fault = '{"act":"status","status":500,"times":1}';
    const { code } = await run(["start", "--port", "0", "--json", "--fault", fault], async (out) => {
      const { url, accessToken } = JSON.parse(out) as { url: string; accessToken: string };
      const headers = { authorization: `Bearer ${accessToken}` };
      for (const path of ["/services/data/v62.0/limits", "/services/data/v62.0/limits"])
        statuses.push((await fetch(`${url}${path}`, { headers })).status);
    });
    expect([code, statuses]).toEqual([0, [500, 200]]);
  });

  it.each([
    ["{", "--fault {:"],
    ['{"act":"nothing"}', 'there is no act "nothing"'],
    ['{"act":"delay"}', "ms"],
  ])("refuses the fault %s with its reason", async (fault, message) => {
    const { code, error } = await run(["start", "--port", "0", "--fault", fault]);
    expect(code).toBe(2);
    expect(error).toContain(message);
  });
});

describe("mock-org start --multicurrency", () => {
  it("gives the org its currencies", async () => {
    let found: unknown;
    const { code } = await run(["start", "--port", "0", "--json", "--multicurrency", "EUR,USD:1.08"], async (out) => {
      const { url, accessToken } = JSON.parse(out) as { url: string; accessToken: string };
      const soql = encodeURIComponent("SELECT IsoCode, ConversionRate FROM CurrencyType ORDER BY IsoCode");
      const headers = { authorization: `Bearer ${accessToken}` };
      found = await (await fetch(`${url}/services/data/v62.0/query?q=${soql}`, { headers })).json();
    });
    expect(code).toBe(0);
    expect(found).toMatchObject({
      records: [
        { IsoCode: "EUR", ConversionRate: 1 },
        { IsoCode: "USD", ConversionRate: 1.08 },
      ],
    });
  });

  it.each(["EUR,USD:x", "Euro"])("refuses %s with its reason", async (currencies) => {
    const { code, error } = await run(["start", "--port", "0", "--multicurrency", currencies]);
    expect(code).toBe(2);
    expect(error).toMatch(/is no (?:currency with its rate|ISO code)/);
  });
});

describe("mock-org export", () => {
  it.each([
    ["tree", "plan.json"],
    ["csv", "Order.csv"],
  ])("writes %s files that start another org", async (format, file) => {
    await using org = await createMockOrg();
    org.given.order({ lines: 2, activated: true });
    const { url } = await org.listen();
    const out = join(folder, format);
    const { code, out: said } = await run(["export", "--url", url, "--out", out, "--format", format]);
    await using other = await createMockOrg({ seed: format === "csv" ? out : join(out, file) });
    expect(code).toBe(0);
    expect(said).toContain("load them with mock-org start --seed");
    expect(readdirSync(out)).toContain(file);
    expect(other.records("Order").all()).toMatchObject([{ Status: "Activated", TotalAmount: 200 }]);
  });

  it.each([
    [["export"], "--out <folder> is missing"],
    [["export", "--out", "x", "--nonsense"], "Unknown option"],
    [["import", "--out", "x"], "--from <org alias or URL> is missing"],
    [["import", "--from", "a", "--out", "x", "--records", "many"], "--records many is no whole number"],
    [["conformance", "--url", "http://localhost:1"], "--url needs --token"],
    [["inspect"], "inspect needs a folder"],
    [["inspect", "x", "--nonsense"], "Unknown option '--nonsense'"],
  ])("%j is refused with the way out", async (args, message) => {
    const { code, error } = await run(args);
    expect(code).toBe(2);
    expect(error).toContain(message);
  });
});

describe("mock-org conformance", () => {
  it("runs against an endpoint on a port and tells the score", async () => {
    await using org = await createMockOrg();
    const { url, accessToken } = await org.listen();
    const { code, out } = await run(["conformance", "--url", url, "--token", accessToken, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ loud: 0, silent: 0 });
    expect(code).toBe(0);
  });

  it("says that an endpoint does not let it begin", async () => {
    await using org = await createMockOrg();
    const { url } = await org.listen();
    const { code, error } = await run(["conformance", "--url", url, "--token", "nonsense"]);
    expect(code).toBe(3);
    expect(error).toContain("does not let the run begin");
  });
});

describe("mock-org inspect", () => {
  const source = mkdtempSync(join(tmpdir(), "inspect-"));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text);
  };

  beforeAll(() => {
    const field = (name: string, body: string): void =>
      write(
        `objects/Order/fields/${name}.field-meta.xml`,
        `<CustomField><fullName>${name}</fullName><label>${name}</label>${body}</CustomField>`,
      );
    field("Good__c", "<type>Date</type>");
    field("Sum__c", "<type>Number</type><precision>4</precision><scale>0</scale><formula>1 + 1</formula>");
    field("Bad__c", "<type>Text</type><formula>Gone__c</formula>");
    write("triggers/A.trigger", "trigger A on Order (before insert) {}");
    write("permissionsets/P.permissionset-meta.xml", "<PermissionSet><label>P</label></PermissionSet>");
  });

  afterAll(() => rmSync(source, { recursive: true }));

  it("prints what an org would contain and leave out", async () => {
    const { code, out } = await run(["inspect", source]);
    expect(code).toBe(0);
    expect(out).toBe(
      `The org would contain:
  Order (standard object): 2 fields, 1 formula
  permission sets: P
It would leave out, or do otherwise:
  Apex triggers are not executed (1)
    Order.A (${source}/triggers/A.trigger)
  formula fields left out (1)
    Order.Bad__c: the field Gone__c does not exist on Order; left out
`,
    );
  });

  it("gives the same as data", async () => {
    const { out } = await run(["inspect", source, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      objects: [{ name: "Order", kind: "standard object", fields: 2, formulas: 1, rollUps: 0 }],
      permissionSets: ["P"],
      remarks: [{ element: "file" }, { leftOut: "Order.Bad__c" }],
    });
  });

  it("names a folder that there is not", async () => {
    const { code, error } = await run(["inspect", join(source, "missing")]);
    expect(code).toBe(3);
    expect(error).toContain("does not exist or is no folder");
  });
});
