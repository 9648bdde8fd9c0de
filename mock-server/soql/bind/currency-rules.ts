/**
 * What a query may not ask of amounts in an org with several currencies: a real org would convert them, this one does not,
 * so it refuses rather than add euros to yen.
 *
 * A condition without a currency compares the numbers as they are in the records, in an org and here: with
 * `Amount > 5000` both JPY 5001 and EUR 5001 are found (SOQL and SOSL Reference, convertCurrency() [doc]).
 */

import { bindError } from "../base/query-error.ts";
import type { BoundField } from "./bound.ts";
import type { Scope } from "./scope.ts";

/** Throws where the field holds amounts in the currency of each record. `what` begins the sentence of the refusal. */
export function refuseConversion(scope: Scope, { field, owner }: BoundField, what: string, at: number): void {
  if (field.type !== "currency" || owner.field("CurrencyIsoCode") === undefined) return;
  const message = `${what} amounts of several currencies is not supported by the mock org: ${field.name}`;
  throw bindError("MALFORMED_QUERY", message, scope.source, at);
}
