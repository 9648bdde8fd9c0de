/**
 * An org with several currencies: `CurrencyIsoCode` on records, CurrencyType with its rates.
 *
 * Nothing is converted here: what would need it (aggregates, sorting, `convertCurrency()`) is refused by name in queries.
 */
import { withMulticurrency } from "../../fixtures/objects/features.ts";
import { save } from "../dml/save.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";

/** ISO codes with their rates: units of the currency for one unit of the corporate currency, which comes first. */
export type Currencies = Readonly<Record<string, number>>;

/** What becomes of an org that has these currencies. */
export interface Multicurrency {
  /** Adds the feature to definitions. */
  definitions(definitions: readonly ObjectDefinition[]): readonly ObjectDefinition[];
  /** Writes the CurrencyType records of an org. */
  insert(org: MockOrgCore): void;
  /** The roll-up summaries that a real org would convert; nothing here can refuse them, so the start says so. */
  remarks(definitions: readonly ObjectDefinition[]): readonly MetadataProblem[];
}

/** An org of these currencies. Throws an `Error` that names a code or rate that is none. */
export function ofCurrencies(currencies: Currencies): Multicurrency {
  const codes = Object.keys(currencies);
  if (codes.length === 0) throw new Error("an org with several currencies needs the first one, for example { EUR: 1 }");
  for (const [code, rate] of Object.entries(currencies)) {
    if (!/^[A-Z]{3}$/.test(code)) throw new Error(`${code} is no ISO code of a currency; write for example EUR`);
    if (!(rate > 0)) throw new Error(`the rate of ${code} is ${rate}; it is a number above 0`);
  }
  return {
    definitions: (definitions) => withMulticurrency(definitions, codes),
    insert: (org) => insertCurrencies(org, currencies),
    remarks: currencyRemarks,
  };
}

function currencyRemarks(definitions: readonly ObjectDefinition[]): readonly MetadataProblem[] {
  return definitions.flatMap((definition) =>
    definition.fields
      .filter(({ type, summary }) => type === "currency" && summary !== undefined)
      .map(({ name }) => ({
        path: `${definition.name}.${name}`,
        element: "summaryOperation",
        reason: "amounts of children in several currencies are summed up as they are, without conversion",
      })),
  );
}

function insertCurrencies(org: MockOrgCore, currencies: Currencies): void {
  const records = Object.entries(currencies).map(([code, rate], at) => ({
    object: "CurrencyType",
    values: {
      IsoCode: code,
      ConversionRate: rate,
      DecimalPlaces: new Intl.NumberFormat("en", { style: "currency", currency: code }).resolvedOptions()
        .maximumFractionDigits,
      IsActive: true,
      IsCorporate: at === 0,
    },
  }));
  org.transaction(org.systemActor, (tx) => save(tx, { operation: "insert", records, allOrNone: true }));
  org.markOrigin();
}

/** Reads `EUR,USD:1.08,JPY:157` of the command line; a currency without a rate has 1. Throws an `Error`. */
export function readCurrencies(text: string): Currencies {
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [code = "", rate = "1"] = part.trim().split(":");
      if (!/^\d+(?:\.\d+)?$/.test(rate)) throw new Error(`${part} is no currency with its rate; write USD:1.08`);
      return [code.toUpperCase(), Number(rate)];
    }),
  );
}
