/** Faults of rows, as a client meets them. */
import { describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { clientOf, type MockClient } from "../../support/mock-client.ts";

async function make(): Promise<{ org: MockOrg; client: MockClient }> {
  const org = await createMockOrg({ now: "2026-03-01T08:00:00Z", idSeed: 1 });
  return { org, client: clientOf(org) };
}

const accounts = (...names: readonly string[]) => ({
  allOrNone: false,
  records: names.map((Name) => ({ attributes: { type: "Account" }, Name })),
});

describe("a fault of rows", () => {
  it("locks an account at the nth write to it or to what belongs to it", async () => {
    const { org, client } = await make();
    const account = org.given.account();
    const other = org.given.account();
    org.faults.add({ act: "row-lock", account: account.Id, nth: 2 });
    const write = (AccountId: string) =>
      client.send("POST", "/sobjects/Order", { AccountId, EffectiveDate: "2026-03-01", Status: "Draft" });
    const first = await write(account.Id);
    const beside = await write(other.Id);
    const locked = await client.send("PATCH", `/sobjects/Account/${account.Id}`, { Phone: "1" });
    const again = await client.send("PATCH", `/sobjects/Account/${account.Id}`, { Phone: "1" });
    expect([first.status, beside.status, locked.status, again.status]).toEqual([201, 201, 400, 204]);
    expect(locked.body).toEqual([
      {
        message: `unable to obtain exclusive access to this record or 1 records: ${account.Id.slice(0, 15)}`,
        errorCode: "UNABLE_TO_LOCK_ROW",
        fields: [],
      },
    ]);
  });

  it("locks the account of an order product's order", async () => {
    const { org, client } = await make();
    const order = org.given.order({ lines: 1 });
    org.faults.add({ act: "row-lock", account: String(order.record["AccountId"]) });
    const answer = await client.send("PATCH", `/sobjects/OrderItem/${order.lines[0]?.Id}`, { Quantity: 2 });
    expect(answer.body).toMatchObject([{ errorCode: "UNABLE_TO_LOCK_ROW" }]);
  });

  it("fails one row of a collection and lets its neighbors pass", async () => {
    const { org, client } = await make();
    org.faults.add({ act: "partial-failure", object: "Account", nth: 2, code: "TOO_MANY", message: "Enough." });
    const answer = await client.send("POST", "/composite/sobjects", accounts("A", "B", "C"));
    expect(answer.body).toMatchObject([
      { success: true },
      { success: false, errors: [{ statusCode: "TOO_MANY", message: "Enough.", fields: [] }] },
      { success: true },
    ]);
    expect(
      org
        .records("Account")
        .all()
        .map((row) => row["Name"]),
    ).toEqual(["A", "C"]);
    expect(org.requests.at(-1)).toMatchObject({ faults: ["partial-failure #1"] });
  });

  it("rewrites a field after the client's write", async () => {
    const { org, client } = await make();
    org.faults.add({ act: "rewrite-field", object: "Account", operation: "create", field: "Site", value: "HQ" });
    await client.send("POST", "/sobjects/Account", { Name: "A", Site: "Annex" });
    expect(org.records("Account").all()).toMatchObject([{ Site: "HQ" }]);
  });

  it("rejects with a validation rule's text where the record has the values", async () => {
    const { org, client } = await make();
    org.faults.add({
      act: "validation-rule",
      object: "Account",
      record: { Name: "B" },
      message: "Not B.",
      field: "Name",
    });
    const answer = await client.send("POST", "/composite/sobjects", accounts("A", "B"));
    expect(answer.body).toMatchObject([
      { success: true },
      { errors: [{ statusCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION", message: "Not B.", fields: ["Name"] }] },
    ]);
    expect(org.records("Account").count()).toBe(1);
  });

  it.each([
    ["create", [400, 204, 204]],
    ["update", [201, 400, 204]],
    ["delete", [201, 204, 400]],
  ] as const)("for %s applies to nothing else", async (operation, expected) => {
    const { org, client } = await make();
    const account = org.given.account();
    org.faults.add({ act: "row-lock", operation });
    const statuses = [
      (await client.send("POST", "/sobjects/Account", { Name: "A" })).status,
      (await client.send("PATCH", `/sobjects/Account/${account.Id}`, { Phone: "1" })).status,
      (await client.send("DELETE", `/sobjects/Account/${account.Id}`, undefined)).status,
    ];
    expect(statuses).toEqual(expected);
  });

  it("for one user leaves the others alone", async () => {
    const { org, client } = await make();
    org.faults.add({ act: "row-lock", user: "robot@mock.org" });
    expect((await client.send("POST", "/sobjects/Account", { Name: "A" })).status).toBe(201);
  });

  it("does not reach what a test prepares", async () => {
    const { org } = await make();
    org.faults.add({ act: "row-lock" });
    expect(org.given.account().Id).toMatch(/^001/);
  });
});
