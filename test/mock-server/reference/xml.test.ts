/** REST in XML (reference: rest-api §2.2, §5.3). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, openShop, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await openShop();
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

const XML = { accept: "application/xml" };

describe("REST in XML", () => {
  it("reads a record: nil elements, datetimes with Z", async () => {
    const answer = await admin.get(`/sobjects/Account/${shop.account}?fields=Name,Site,CreatedDate,IsDeleted`, XML);
    expect(answer.headers.get("content-type")).toBe("application/xml;charset=UTF-8");
    expect(answer.text).toContain("<Account ");
    expect(answer.text).toContain(
      '<Name>Acme</Name><Site xsi:nil="true"/><CreatedDate>2026-03-01T08:00:00.000Z</CreatedDate><IsDeleted>false</IsDeleted>',
    );
  });

  it("takes a record", async () => {
    const answer = await admin.call(
      "POST",
      "/sobjects/Account",
      "<Account><Name>A &amp; B &lt;C&gt;</Name><NumberOfEmployees>5</NumberOfEmployees></Account>",
      { ...XML, "content-type": "application/xml" },
    );
    expect(answer.status).toBe(201);
    const id = /<id>(\w{18})<\/id>/.exec(answer.text)?.[1] ?? "";
    expect(answer.text).toContain("<success>true</success>");
    expect(await admin.read("Account", id, "Name, NumberOfEmployees")).toEqual({
      Name: "A & B <C>",
      NumberOfEmployees: 5,
    });
  });

  it("answers a query", async () => {
    const answer = await admin.get(
      "/query?q=SELECT+Name,(SELECT+Id+FROM+Contacts),Owner.Name+FROM+Account+LIMIT+1",
      XML,
    );
    expect(answer.text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><QueryResult /);
    expect(answer.text).toContain("<done>true</done>");
  });

  it("refuses what is no XML", async () => {
    const answer = await admin.call("POST", "/sobjects/Account", "<Account><Name>A</Account>", {
      "content-type": "application/xml",
    });
    expect(answer.status).toBe(400);
  });

  it("a text in a number field is refused", async () => {
    const answer = await admin.call(
      "POST",
      "/sobjects/Account",
      "<Account><Name>A</Name><NumberOfEmployees>many</NumberOfEmployees></Account>",
      { "content-type": "application/xml" },
    );
    expect(answer.status).toBe(400);
  });
});
