import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { frozenClock } from "../../../mock-server/org/clock.ts";
import { createOrg, type MockOrgCore } from "../../../mock-server/org/org.ts";

function newOrg(): MockOrgCore {
  return createOrg({ definitions: STANDARD_OBJECTS, clock: frozenClock(Date.UTC(2026, 0, 5, 12)) });
}

describe("an org from the standard schema", () => {
  it("has its administrator, profiles, inactive standard price book and status values from the start", () => {
    const org = newOrg();

    const admin = org.actor("ADMIN@mock.org");
    const seen = org.transaction(org.systemActor, (tx) => ({
      books: [...tx.rows("Pricebook2")].map((row) => [row["IsStandard"], row["IsActive"]]),
      statuses: [...tx.rows("OrderStatus")].map((row) => [row["ApiName"], row["StatusCode"]]),
      profiles: [...tx.rows("Profile")].map((row) => row["Name"]),
      organization: [...tx.rows("Organization")].map((row) => row["Id"]),
    }));

    expect(admin?.access.has("EditActivatedOrders")).toBe(true);
    expect(admin?.access.catalog).toBe(org.catalog);
    expect(seen).toEqual({
      books: [[true, false]],
      statuses: [
        ["Draft", "Draft"],
        ["Activated", "Activated"],
      ],
      profiles: ["System Administrator", "Standard User"],
      organization: [org.id],
    });
  });
});
