/** The demo org comes ready-made; whoever looks at it must not be able to tell it from the one that the save pipeline makes. */
import { describe, expect, it } from "vitest";
import { createMockOrg, MockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { stateOf } from "../../../mock-server/org/content.ts";
import type { MockOrgCore } from "../../../mock-server/org/org.ts";
import { seedCalled } from "../../../mock-server/seeds/named-seeds.ts";
import { seededByPipeline } from "../../../tools/prebuild.ts";

describe("the prebuilt demo org", () => {
  it.each([
    ["on an ordinary morning", { now: "2026-03-01T08:00:00Z" }],
    ["on the last day of a long month", { now: "2026-01-31T12:00:00Z", idSeed: 3 }],
    ["on the last day of a short month", { now: "2027-02-28T23:59:59Z", idSeed: "february" }],
    ["in the first second of a leap day", { now: "2028-02-29T00:00:00Z" }],
    ["in the last millisecond of a leap day", { now: "2028-02-29T23:59:59.999Z", idSeed: 0 }],
    ["on the thirtieth of a month whose neighbors have 31 days", { now: "2025-11-30T16:45:10.500Z", idSeed: 12345 }],
    ["in the last second of a year", { now: "2026-12-31T23:59:59.001Z", idSeed: "sylvester" }],
    ["in a year that is no leap year although four divides it", { now: "2100-02-28T03:00:00Z", idSeed: 42 }],
    ["where its two years lie on both sides of 1970", { now: "1970-12-31T00:00:00.001Z", idSeed: -1 }],
  ])("is what the pipeline makes, %s", async (_when, beginning) => {
    const { seeded } = await seededByPipeline(await seedCalled("demo"), beginning);
    const prebuilt = await createMockOrg({ seed: "demo", ...beginning });

    expect(lookAt(prebuilt.org)).toEqual(lookAt(seeded));
  });

  it("goes on alike: the next Ids and numbers are the same, and so is what a reset leads back to", async () => {
    const beginning = { now: "2026-08-31T08:00:00Z", idSeed: 9 };
    const { seeded } = await seededByPipeline(await seedCalled("demo"), beginning);
    const prebuilt = await createMockOrg({ seed: "demo", ...beginning });

    expect(goOn(prebuilt)).toEqual(goOn(new MockOrg(seeded, {})));
  });

  it("is not taken where the org is told something that decides about records", async () => {
    const org = await createMockOrg({ seed: "demo", settings: { enableReductionOrders: false } });

    expect(
      org
        .records("Order")
        .all()
        .some((order) => order["IsReductionOrder"] === true),
    ).toBe(false);
  });
});

/** What an org does next, and where it comes to lie after that. */
function goOn(org: MockOrg) {
  const order = org.given.order({ lines: 2, activated: true });
  const saved = { order, lines: org.records("OrderItem").where({ OrderId: order.Id }), after: lookAt(org.org) };
  org.reset();
  return { ...saved, reset: lookAt(org.org) };
}

/** Everything that an org tells about its records, with every index of them, and the state beside them. */
function lookAt(org: MockOrgCore) {
  const objects = org.transaction(org.systemActor, (tx) =>
    org.catalog.objects.map(({ name, fields }) => {
      const rows = [...tx.rows(name)];
      const entries = fields
        .filter((field) => tx.hasIndex(name, field.name))
        .flatMap((field) =>
          [...new Set(rows.map((row) => row[field.name]))].map((key) => ({ field: field.name, key })),
        );
      const found = entries.flatMap(({ field, key }) => {
        if (typeof key !== "string" && typeof key !== "number") return [];
        const ids = tx.find(name, field, key).map((row) => row["Id"]);
        return [`${field} ${key}: ${ids.join(" ")}`];
      });
      const stamped = fields.some((field) => field.name === "SystemModstamp");
      return {
        name,
        count: tx.count(name),
        records: rows.map((row) => JSON.stringify(row)),
        frozen: rows.every((row) => Object.isFrozen(row)),
        found,
        byStamp: stamped ? [...tx.byStamp(name)].map((row) => `${row["SystemModstamp"]} ${row["Id"]}`) : [],
      };
    }),
  );
  return {
    objects,
    state: stateOf(org.snapshot()),
    schemaChangedMs: org.schemaChangedMs,
    latestDateCovered: org.latestDateCovered(),
  };
}
