/** From a failing test to the reason: what is told of the calls that an org received. */
import { describe, expect, it } from "vitest";
import { createMockOrg, explain, type MockOrg, orgFixture } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

const make = () => createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });
const refusal = (id: string) => [
  `  #1 PATCH /services/data/v62.0/sobjects/Order/${id} → 400 FAILED_ACTIVATION`,
  "     An order must have at least one product.",
  `     Order ${id} broke ORD-4: refused when an order without order products is activated (order-domain §2.4 no. 3 [live ×3])`,
];

async function refuse(org: MockOrg): Promise<string> {
  const { Id } = org.given.order({ lines: 0 });
  await clientOf(org).send("PATCH", `/sobjects/Order/${Id}`, { Status: "Activated" });
  return Id;
}

describe("an explained call", () => {
  it("that was refused has its message and the rule with its source", async () => {
    await using org = await make();
    const id = await refuse(org);
    expect(org.requests.map(explain)).toEqual([refusal(id).join("\n")]);
  });

  it("has faults, plans and changes", async () => {
    await using org = await make();
    const client = clientOf(org);
    const account = org.given.account();
    org.faults.add({ act: "delay", ms: 1, times: 1 });
    await client.query(`SELECT Name FROM Account WHERE Id = '${account.Id}'`);
    await client.send("PATCH", `/sobjects/Account/${account.Id}`, { Phone: "1" });
    expect(org.requests.map(explain)).toEqual([
      `  #1 GET /services/data/v62.0/query?q=SELECT Name FROM Account WHERE Id = '${account.Id}' → 200\n     fault delay #1\n     query of Account: by 1 Id, 1 rows read, 1 returned`,
      `  #2 PATCH /services/data/v62.0/sobjects/Account/${account.Id} → 204\n     update of Account ${account.Id}`,
    ]);
  });

  it("of a collection has the refusals of its rows", async () => {
    await using org = await make();
    const { Id } = org.given.order({ lines: 0 });
    const records = [{ attributes: { type: "Order" }, id: Id, Status: "Activated" }];
    await clientOf(org).send("PATCH", "/composite/sobjects", { records });
    expect(org.requests.map(explain).join()).toContain(
      "(order-domain §2.4 no. 3 [live ×3]) FAILED_ACTIVATION: An order must have at least one product.",
    );
  });

  it("is in the message of an assertion that fails", async () => {
    await using org = await make();
    const id = await refuse(org);
    expect(() => org.expect.request({ status: 204 })).toThrow(refusal(id).join("\n"));
  });
});

describe("the fixture", () => {
  it("tells the calls of a test that fails", async () => {
    const told: unknown[] = [];
    const spoken = console.error;
    let failed = (): void => undefined;
    let id = "";
    const { org: fixture } = orgFixture(make);
    console.error = (text: unknown) => told.push(text);
    try {
      await fixture({ onTestFailed: (tell) => (failed = tell) }, async (org) => {
        id = await refuse(org);
      });
      expect(told).toEqual([]);
      failed();
    } finally {
      console.error = spoken;
    }
    expect(told).toEqual([["Calls that arrived:", ...refusal(id)].join("\n")]);
  });
});
