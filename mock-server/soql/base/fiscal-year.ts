/**
 * The org's fiscal year, as its Organization record sets it. Without a setting it is the calendar year.
 *
 * Custom fiscal years (4-4-5 and the like) do not exist here; Salesforce refuses the fiscal functions with them.
 */
import type { QueryContext } from "./port.ts";

/** When fiscal years begin and how they are named. */
export interface FiscalYear {
  /** 1 = January. */
  readonly startMonth: number;
  /** True where a year is named after the calendar year in which it begins; else after the one in which it ends. */
  readonly namedByStart: boolean;
}

/** A fiscal year that is the calendar year. */
export const CALENDAR_FISCAL_YEAR: FiscalYear = { startMonth: 1, namedByStart: false };

/**
 * The fiscal year that a function or date literal of this name needs, read from the org that the query asks. The
 * calendar year for names that are not fiscal, and where the Organization record is not to be seen.
 */
export function fiscalYearFor(name: string, { catalog, data }: Pick<QueryContext, "catalog" | "data">): FiscalYear {
  if (!name.includes("FISCAL") || catalog.object("Organization") === undefined) return CALENDAR_FISCAL_YEAR;
  for (const organization of data.rows("Organization")) {
    const startMonth = organization["FiscalYearStartMonth"];
    if (typeof startMonth !== "number") break;
    return { startMonth, namedByStart: organization["UsesStartDateAsFiscalYearName"] === true };
  }
  return CALENDAR_FISCAL_YEAR;
}
