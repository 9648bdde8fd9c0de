/** Links in the form in which every version stores them. */
import { expect, it } from "vitest";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import { fromBody, type LinkBody, toBody } from "../../../src/state/link-body.ts";

const PLAIN = {
  object: "Account",
  key: "erp:Account:1" as BusinessKey,
  recordId: "001000000000001AAA" as RecordId,
  naturalKey: ["1"],
  lineIds: {},
};
const INTO = "erp:Account:2" as BusinessKey;

it.each<readonly [string, Omit<LinkBody, keyof typeof PLAIN>, object]>([
  ["a live record", { tombstone: false }, { kind: "live" }],
  [
    "one that a side has deleted",
    { tombstone: false, deletedOn: "external" },
    { kind: "deletedOnOneSide", side: "external" },
  ],
  [
    "one that went along with another",
    { tombstone: false, deletedOn: "salesforce", cascadeDeleted: "Account erp:Account:3" },
    { kind: "deletedOnOneSide", side: "salesforce", along: "Account erp:Account:3" },
  ],
  ["one that is gone", { tombstone: true }, { kind: "tombstone", byUs: false }],
  ["one that we deleted", { tombstone: true, removed: true }, { kind: "tombstone", byUs: true }],
  ["one that was merged", { tombstone: false, mergedInto: INTO }, { kind: "mergedAway", into: INTO, isGone: false }],
  [
    "one that was merged and is gone",
    { tombstone: true, mergedInto: INTO },
    { kind: "mergedAway", into: INTO, isGone: true },
  ],
])("%s is read and stored as before", (_what, flags, presence) => {
  const body = { ...PLAIN, ...flags };

  expect(fromBody(body)).toEqual({ ...PLAIN, presence });
  expect(toBody(fromBody(body))).toEqual(body);
});

it.each(["adopted", "unmatched"] as const)(
  "an instruction of a person (%s) is read and stored as before",
  (instruction) => {
    const body: LinkBody = { ...PLAIN, tombstone: false, [instruction]: true };

    expect(fromBody(body)).toEqual({ ...PLAIN, presence: { kind: "live" }, instruction });
    expect(toBody(fromBody(body))).toEqual(body);
  },
);

it("an old deletion along with another record ends where the record is gone, as nothing hangs on it any more", () => {
  const body: LinkBody = { ...PLAIN, tombstone: true, cascadeDeleted: "Account erp:Account:3" };

  expect(fromBody(body).presence).toEqual({ kind: "tombstone", byUs: false });
});
