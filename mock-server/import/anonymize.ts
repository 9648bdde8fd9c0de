/**
 * Replaces personal data in records: the same value by the same substitute, so that what was equal stays equal.
 *
 * By type and by name of the field: mail addresses, phones, web addresses, names of people and companies, streets, free
 * texts, birthdays. Numbers, amounts, picklists, dates of business and keys stay.
 */
import type { DescribedField, SourceRecord } from "./source-org.ts";

const NAMES = /^(?:FirstName|LastName|MiddleName|Suffix|Title|AssistantName|Alias)$/;
const STREETS = /(?:Street|PostalCode|City|Latitude|Longitude)$/;
const COMPANY = /^(?:Name|Site|TickerSymbol|Tradestyle|AccountNumber|DunsNumber|Jigsaw)$/;
/** Objects whose Name is a person or a company, and not a product. */
const NAMED_AFTER_PEOPLE: ReadonlySet<string> = new Set(["Account", "Contact", "Lead", "User"]);

/** Replaces values, one table of substitutes for a whole import. */
export class Anonymizer {
  readonly #substitutes = new Map<string, number>();

  /** The record with personal data replaced. Fields without a description stay out. */
  record(object: string, fields: readonly DescribedField[], record: SourceRecord): SourceRecord {
    const byName = new Map(fields.map((field) => [field.name, field]));
    return Object.fromEntries(
      Object.entries(record).map(([name, value]) => {
        const field = byName.get(name);
        return [name, field === undefined || value === null ? value : this.#value(object, field, value)];
      }),
    );
  }

  #value(object: string, field: DescribedField, value: unknown): unknown {
    const fitted = (text: string): string => (field.length > 0 ? text.slice(0, field.length) : text);
    if (field.type === "email") return `person${this.#number(value)}@example.com`;
    if (field.type === "phone") return `+1 555 01${String(this.#number(value)).padStart(4, "0")}`;
    if (field.type === "url") return `https://www.example.com/${this.#number(value)}`;
    if (/birth/i.test(field.name)) return "1970-01-01";
    if (/(?:Latitude|Longitude)$/.test(field.name)) return 0;
    if (NAMES.test(field.name)) return fitted(`Person ${this.#number(value)}`);
    if (STREETS.test(field.name)) return fitted(`Place ${this.#number(value)}`);
    if (NAMED_AFTER_PEOPLE.has(object) && COMPANY.test(field.name)) return fitted(`${object} ${this.#number(value)}`);
    if (field.type === "textarea" || field.type === "encryptedstring") return fitted(`Text ${this.#number(value)}`);
    return value;
  }

  #number(value: unknown): number {
    const key = String(value);
    const known = this.#substitutes.get(key);
    if (known !== undefined) return known;
    const next = this.#substitutes.size + 1;
    this.#substitutes.set(key, next);
    return next;
  }
}
