import { expect, it } from "vitest";
import type { RecordId } from "../../../src/model/key.ts";
import type { RowOperation } from "../../../src/model/salesforce-record.ts";
import { failed } from "../../../src/salesforce/row-outcome.ts";

const recordId = "8015e000000001GAAQ" as RecordId;
const deletion: RowOperation = { kind: "delete", opId: "d", object: "Order", recordId };
const apiError = (code: string) => [{ code, message: "said Salesforce", fields: [] }];

it("a deletion of what is deleted already has landed, whoever did it", () => {
  expect(failed(deletion, "replan", apiError("ENTITY_IS_DELETED"))).toEqual({
    kind: "done",
    opId: "d",
    recordId,
    created: false,
  });
});

it("a deletion of what is not found has not: it may only be hidden", () => {
  expect(failed(deletion, "replan", apiError("NOT_FOUND"))).toMatchObject({ kind: "failed" });
});

it("an update of what is deleted has not landed", () => {
  const update: RowOperation = { ...deletion, kind: "update", fields: { Description: "x" } };
  expect(failed(update, "replan", apiError("ENTITY_IS_DELETED"))).toMatchObject({ kind: "failed" });
});
