/** FORMAT(): numbers, dates and dateTimes as the user's locale writes them; other values stay. Source: reference: soql §5.3. */
import type { FieldDefinition, FieldType } from "../../schema/definition.ts";

/** What FORMAT() depends on besides the value. */
export interface FormatSetting {
  readonly locale: string;
  readonly timeZone: string;
}

const NUMBERS: ReadonlySet<FieldType> = new Set(["int", "double", "currency", "percent"]);

/** The formatter for the values of one field. Currency is in US dollars: the org has one currency. */
export function formatterOf(
  field: Pick<FieldDefinition, "type" | "scale">,
  setting: FormatSetting,
): (value: string | number | boolean | null | undefined) => string | null {
  const locale = setting.locale.replaceAll("_", "-");
  const { type } = field;
  if (NUMBERS.has(type)) {
    const digits = { minimumFractionDigits: field.scale ?? 0, maximumFractionDigits: field.scale ?? 0 };
    const format = numberFormat(
      locale,
      type === "currency" ? { ...digits, style: "currency", currency: "USD" } : digits,
    );
    return (value) => (typeof value === "number" ? format.format(value) + (type === "percent" ? "%" : "") : null);
  }
  if (type === "date" || type === "datetime") {
    const format = dateFormat(locale, type, setting.timeZone);
    return (value) => (typeof value === "string" ? format.format(Date.parse(instantText(value))) : null);
  }
  return (value) => (value === null || value === undefined ? null : String(value));
}

function instantText(value: string): string {
  return value.length === 10 ? `${value}T00:00:00Z` : `${value.slice(0, 23)}Z`;
}

function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return withFallback(locale, (tag) => new Intl.NumberFormat(tag, options));
}

function dateFormat(locale: string, type: "date" | "datetime", timeZone: string): Intl.DateTimeFormat {
  const day: Intl.DateTimeFormatOptions = { year: "numeric", month: "numeric", day: "numeric" };
  const options: Intl.DateTimeFormatOptions =
    type === "date" ? { ...day, timeZone: "UTC" } : { ...day, hour: "numeric", minute: "2-digit", timeZone };
  return withFallback(locale, (tag) => new Intl.DateTimeFormat(tag, options));
}

/** A Salesforce locale may have parts that are no language tag (`de_DE_EURO`): shorten it until it is one. */
function withFallback<T>(locale: string, make: (tag: string) => T): T {
  const parts = locale.split("-");
  for (let length = Math.min(2, parts.length); length > 0; length--) {
    try {
      return make(parts.slice(0, length).join("-"));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return make("en-US");
}
