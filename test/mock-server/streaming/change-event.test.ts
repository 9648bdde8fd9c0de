/** Change events that no ordinary call brings about: gaps and overflows. Reference: change-events §2.5. */
import { expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { changeEvents } from "../../../mock-server/streaming/change-event.ts";
import type { Commit } from "../../../mock-server/streaming/commits.ts";

const CATALOG = createCatalog(STANDARD_OBJECTS);

function commit(changes: Commit["changes"]): Commit {
  return {
    changes,
    userId: "0055e0000000001AAA",
    origin: { api: "soap", version: 60, client: undefined },
    atMs: 0,
    catalog: CATALOG,
    selected: new Set(["Account"]),
  };
}

it("a transaction with more than 100,000 changed fields says only that it was too large", () => {
  const changes = Array.from({ length: 50_001 }, (_, at) => ({
    object: "Account",
    id: `001${at}`,
    before: undefined,
    after: { Name: `${at}`, Phone: "1" },
  }));
  expect(changeEvents(commit(changes))).toMatchObject([
    { entityName: "Account", changeType: "GAP_OVERFLOW", recordIds: ["000000000000000AAA"], fields: [] },
  ]);
});

it("an event above 1 MB is a gap without fields", () => {
  const after = { Name: "a", Description: "x".repeat(1_000_001) };
  expect(changeEvents(commit([{ object: "Account", id: "001", before: undefined, after }]))).toMatchObject([
    { changeType: "GAP_CREATE", recordIds: ["001"], fields: [], changeOrigin: "com/salesforce/api/soap/60.0" },
  ]);
});

it("objects that are not selected leave holes in the numbers", () => {
  const created = (object: string, id: string) => ({ object, id, before: undefined, after: { Name: "a" } });
  const changes = [created("Account", "001a"), created("Contact", "003a"), created("Account", "001b")];
  expect(changeEvents(commit(changes)).map((event) => event.sequenceNumber)).toEqual([1, 3]);
});

it("the end of a record that was deleted before is no event, a hard delete of a live one is", () => {
  const changes = [
    { object: "Account", id: "001a", before: { IsDeleted: true }, after: undefined },
    { object: "Account", id: "001b", before: { IsDeleted: false }, after: undefined },
  ];
  expect(changeEvents(commit(changes))).toMatchObject([{ changeType: "DELETE", recordIds: ["001b"] }]);
});
