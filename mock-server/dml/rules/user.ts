/** Users (reference: order-domain §1.9). */
import { isTimeZone } from "../../schema/temporal.ts";
import { changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";

export const USER_RULES: readonly Rule[] = [
  {
    id: "USR-1",
    code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    object: "User",
    on: ["insert", "update"],
    when: "a user gets a time zone that does not exist",
    message: "Time Zone: bad value for restricted picklist field: {value}",
    fields: ["TimeZoneSidKey"],
    source: "order-domain §1.9 [fixture: restricted], rest-api §14.3 [fixture: the shape]",
    certainty: "B",
    check: (change) => !changes(change, "TimeZoneSidKey") || isTimeZone(textOf(change.after, "TimeZoneSidKey") ?? ""),
    explain: ({ after }) => ({
      message: `Time Zone: bad value for restricted picklist field: ${after["TimeZoneSidKey"]}`,
    }),
  },
];
