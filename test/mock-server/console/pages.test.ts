import { Script } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { client, consoleOrg, first, firstId, HOSTILE, isActivated, isDraft, page } from "./console-org.ts";

const BASE = "/_mock/console";
const CSP = "content-security-policy";

describe("the console", () => {
  let org: MockOrg;
  const ids = { hostile: "", draft: "", activated: "", gone: "" };

  beforeAll(async () => {
    org = await consoleOrg({
      fields: {
        Account: [
          {
            name: "Note__c",
            label: HOSTILE,
            type: "string",
            length: 255,
            custom: true,
            nillable: true,
            createable: true,
            updateable: true,
          },
        ],
      },
      users: [{ username: "clerk@mock.org", firstName: "Cleo", lastName: HOSTILE }],
    });
    const call = client(org);
    const made = await call("POST", "/sobjects/Account", { Name: HOSTILE, Note__c: HOSTILE });
    ids.hostile = (made.body as { id: string }).id;
    ids.draft = firstId(org, "Order", isDraft);
    ids.activated = firstId(org, "Order", isActivated);
    await call("PATCH", `/sobjects/Order/${ids.draft}`, {
      AccountId: ids.hostile,
      Description: HOSTILE,
      PoNumber: HOSTILE,
    });
    await call("GET", `/query?q=${encodeURIComponent(`SELECT Id FROM Account WHERE Name = '${HOSTILE}`)}`);
    await call("GET", `/${encodeURIComponent(HOSTILE)}/x`);
    await call("DELETE", `/sobjects/Order/${ids.activated}`);
    const gone = (await call("POST", "/sobjects/Account", { Name: "Gone" })).body as { id: string };
    ids.gone = gone.id;
    await call("DELETE", `/sobjects/Account/${gone.id}`);
    org.faults.add({ act: "validation-rule", object: "Order", message: HOSTILE, name: HOSTILE });
  });
  afterAll(() => org.close());

  const paths = (): readonly string[] => [
    "/_mock/",
    `/_mock/?find=${encodeURIComponent(HOSTILE)}&user=${encodeURIComponent(HOSTILE)}`,
    ...Array.from({ length: org.requests.length }, (_, at) => `${BASE}/requests/${at + 1}`),
    `${BASE}/orders`,
    `${BASE}/orders?find=${encodeURIComponent(HOSTILE)}`,
    `${BASE}/orders/${ids.draft}`,
    `${BASE}/orders/${ids.activated}`,
    `${BASE}/records`,
    `${BASE}/records/Account`,
    `${BASE}/records/Account?where=${encodeURIComponent(HOSTILE)}&order=${encodeURIComponent(HOSTILE)}`,
    `${BASE}/records/Account?find=${encodeURIComponent(HOSTILE)}`,
    `${BASE}/records/Account/new`,
    `${BASE}/records/Account/${ids.hostile}`,
    `${BASE}/records/Account/${ids.gone}`,
    `${BASE}/records/Order/${ids.draft}`,
    `${BASE}/records/${encodeURIComponent(HOSTILE)}`,
    `${BASE}/soql`,
    `${BASE}/soql?q=${encodeURIComponent("SELECT Name, Note__c FROM Account")}`,
    `${BASE}/soql?q=${encodeURIComponent(HOSTILE)}`,
    `${BASE}/faults`,
    `${BASE}/coverage`,
  ];

  it("shows hostile names as text on every page", async () => {
    for (const path of paths()) {
      const text = await page(org, path);
      expect(text, path).toContain("<main");
      expect(text, path).not.toContain("<img src=x");
      expect(text, path).not.toContain(`"'&<`);
      expect(text.match(/<\/script>/g), path).toHaveLength(1);
    }
  });

  it("shows them within live rows as text", async () => {
    const { rows } = JSON.parse(await page(org, `${BASE}/newer?after=0`)) as { rows: string };
    expect(rows).toContain("&lt;img src=x");
    expect(rows).not.toContain("<img");
  });

  it("has no inline script, no inline style and no other host on any page", async () => {
    for (const path of paths()) {
      const text = await page(org, path);
      expect(text, path).not.toMatch(/<[^>]* (?:style|on\w+)="/);
      expect(text.match(/<script[^>]*>/g), path).toEqual([
        expect.stringMatching(/^<script src="\/_mock\/console\/assets\/console\.\w+\.js" defer>$/),
      ]);
      expect(text, path).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(text, path).not.toContain("<style");
    }
  });

  it("names each element once and labels each input on every page", async () => {
    for (const path of paths()) {
      const text = await page(org, path);
      const names = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] ?? "");
      expect(names.length, path).toBe(new Set(names).size);
      for (const [, name = ""] of text.matchAll(/ for="([^"]+)"/g)) expect(names, path).toContain(name);
    }
  });

  it("sends a policy that allows nothing but its own files", async () => {
    const response = await org.app.request("/_mock/");
    expect(response.headers.get(CSP)).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("serves its files under addresses that change with their content", async () => {
    const text = await page(org, "/_mock/");
    const files = [...text.matchAll(/"(\/_mock\/console\/assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
    expect(new Set(files).size).toBe(3);
    for (const file of files) {
      const response = await org.app.request(file);
      expect(response.status).toBe(200);
      expect(response.headers.get("cache-control")).toContain("immutable");
    }
    expect((await org.app.request(`${BASE}/assets/console.0.js`)).status).toBe(404);
  });

  it("has a script that a browser can parse", async () => {
    const { SCRIPT } = await import("../../../mock-server/console/assets/script.ts");
    expect(() => new Script(SCRIPT)).not.toThrow();
  });

  it("answers no host name that somebody else could own", async () => {
    const response = await org.app.request("http://evil.example/_mock/");
    expect(response.status).toBe(403);
  });

  it("changes nothing by itself: its pages take no POST", async () => {
    for (const path of ["/_mock/", `${BASE}/orders`, `${BASE}/faults`])
      expect(
        (await org.app.request(path, { method: "POST", headers: { "Content-Type": "application/json" } })).status,
        path,
      ).toBe(404);
  });

  it("leaves no entry in the journal and costs no API call", async () => {
    const before = [org.requests.length, org.apiUsage.used];
    for (const path of paths()) await page(org, path);
    expect([org.requests.length, org.apiUsage.used]).toEqual(before);
  });

  it.each([
    `${BASE}/nowhere`,
    `${BASE}/records/Nope`,
    `${BASE}/records/Account/001000000000000AAA`,
    `${BASE}/orders/801000000000000AAA`,
    `${BASE}/requests/999999`,
    `${BASE}/requests/x`,
  ])("has no page at %s", async (path) => {
    expect((await org.app.request(path)).status).toBe(404);
  });

  it("is found without the slash at the end", async () => {
    const response = await org.app.request("/_mock");
    expect([response.status, response.headers.get("location")]).toEqual([302, "/_mock/"]);
  });

  it("tells why a request was refused: code, rule and its source", async () => {
    const refused = org.requests.find((entry) => entry.method === "DELETE" && entry.status === 400);
    const text = await page(org, `${BASE}/requests/${refused?.number}`);
    expect(text).toContain("DELETE_FAILED");
    expect(text).toContain("ORD-7");
    expect(text).toContain("an activated order is deleted");
  });

  it("tells what a request changed, before and after", async () => {
    const changed = org.requests.find((entry) => entry.method === "PATCH");
    const text = await page(org, `${BASE}/requests/${changed?.number}`);
    expect(text).toMatch(/PoNumber<\/th><td class="before">PO-\d+<\/td><td class="after">&lt;img/);
  });

  it.each([
    ["find=DELETE_FAILED", 1],
    ["kind=refused", 3],
    ["kind=changes", 4],
    ["user=clerk%40mock.org", 0],
    ["kind=nonsense", 7],
  ])("narrows the requests by %s", async (query, count) => {
    const text = await page(org, `/_mock/?${query}`);
    expect(text.match(/<li class="call /g) ?? []).toHaveLength(count);
  });

  it("ranks what was refused as unsupported", async () => {
    await client(org)("GET", "/analytics/reports");
    expect(await page(org, `${BASE}/coverage`)).toContain("/analytics is not supported by the mock org");
  });
});

describe("the console as another user", () => {
  it("shows only what the user may see", async () => {
    await using org = await consoleOrg({
      permissions: [
        { kind: "profile", name: "Blind", userPermissions: ["ApiEnabled"], grant: { objects: {}, fields: {} } },
      ],
      users: [{ username: "blind@mock.org", profile: "Blind" }],
    });
    const order = firstId(org, "Order");
    const cookie = "mock-view-as=blind%40mock.org";
    expect(await page(org, `${BASE}/records`, cookie)).not.toContain("/records/Account");
    expect(await page(org, `${BASE}/orders/${order}`, cookie)).toContain("Not here");
    expect(await page(org, `${BASE}/records/Order/${order}`, cookie)).toContain("Not here");
    const soql = encodeURIComponent("SELECT Id FROM Order");
    expect(await page(org, `${BASE}/soql?q=${soql}`, cookie)).toContain("INVALID_TYPE");
  });

  it("tells what is refused to that user and allowed to another", async () => {
    await using org = await consoleOrg();
    const order = firstId(org, "Order", isActivated);
    expect(await page(org, `${BASE}/orders/${order}`, "mock-view-as=clerk%40mock.org")).not.toBe(
      await page(org, `${BASE}/orders/${order}`),
    );
  });

  it("is the administrator where the cookie names nobody", async () => {
    await using org = await consoleOrg();
    expect(await page(org, `${BASE}/soql`, "mock-view-as=nobody")).toContain("Runs as admin@mock.org");
  });
});

describe("the console of an org without a journal", () => {
  it("says that it is off", async () => {
    await using org = await consoleOrg({ seed: "empty", journalEntries: 0 });
    await client(org)("GET", "/limits");
    expect(await page(org, "/_mock/")).toContain("The journal is off.");
  });
});

describe("the console of an org without orders", () => {
  it("still has every page", async () => {
    await using org = await consoleOrg({ seed: "empty", settings: { enableOrders: false } });
    for (const path of ["/_mock/", `${BASE}/orders`, `${BASE}/records`, `${BASE}/records/Account`, `${BASE}/faults`])
      expect((await org.app.request(path)).status, path).toBe(200);
    expect((await org.app.request(`${BASE}/orders/801000000000000AAA`)).status).toBe(404);
  });
});

describe("the console's SOQL page", () => {
  it("shows plan, rows and the raw answer", async () => {
    await using org = await consoleOrg();
    const text = await page(org, `${BASE}/soql?q=${encodeURIComponent("SELECT OrderNumber, Account.Name FROM Order")}`);
    expect(text).toContain("table scan");
    expect(text).toContain("Account.Name</th>");
    expect(text).toMatch(/&quot;totalSize&quot;: \d+/);
  });

  it("marks the place of an error", async () => {
    await using org = await consoleOrg();
    const text = await page(org, `${BASE}/soql?q=${encodeURIComponent("SELECT Id, Nme FROM Order")}`);
    expect(text).toContain("INVALID_FIELD");
    expect(text).toContain('data-row-at="1" data-column-at="11"');
  });
});

describe("the console's records", () => {
  it("are filtered by a condition, sorted and paged", async () => {
    await using org = await consoleOrg();
    const text = await page(
      org,
      `${BASE}/records/Order?where=${encodeURIComponent("TotalAmount > 1000")}&order=TotalAmount&dir=desc`,
    );
    const totals = [...text.matchAll(/class="num">([\d,]+\.\d\d)</g)].map((match) =>
      Number((match[1] ?? "").replaceAll(",", "")),
    );
    expect(totals.length).toBeGreaterThan(1);
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    expect(Math.min(...totals)).toBeGreaterThan(1000);
  });

  it("of the recycle bin are listed apart", async () => {
    await using org = await consoleOrg();
    const id = firstId(org, "Account", (row) => row["Name"] !== null);
    const call = client(org);
    const made = (await call("POST", "/sobjects/Account", { Name: "Thrown away" })).body as { id: string };
    await call("DELETE", `/sobjects/Account/${made.id}`);
    expect(await page(org, `${BASE}/records/Account`)).not.toContain("Thrown away");
    const counted = (text: string) => /<code>Account<\/code><span class="num">(\d+)/.exec(text)?.[1];
    const listed = /<span class="num">(\d+) records/.exec(await page(org, `${BASE}/records/Account`))?.[1];
    expect(counted(await page(org, `${BASE}/records`))).toBe(listed);
    const bin = await page(org, `${BASE}/records/Account?deleted=1`);
    expect(bin).toContain("Thrown away");
    expect(bin).not.toContain(`/${id}"`);
  });

  it("link to their parents and list their children", async () => {
    await using org = await consoleOrg();
    const order = first(org, "Order");
    const text = await page(org, `${BASE}/records/Order/${order["Id"]}`);
    expect(text).toContain(`/records/Account/${order["AccountId"]}`);
    expect(text).toContain("Order Products");
  });
});
