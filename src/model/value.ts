/**
 * Canonical values: the one form in which both sides are compared.
 *
 * A value is canonical when two values that mean the same are equal as JavaScript values. Decimals are shortest decimal
 * texts ("1.5", never "1.50" or 1.5), dates are `YYYY-MM-DD`, instants are `YYYY-MM-DDThh:mm:ssZ` with fractions only
 * when they are not zero, references are business keys, texts are trimmed, and the empty text is null.
 */

/** A canonical value. `null` means empty; an absent property means unknown, which is different in a diff. */
export type Value = string | boolean | null;

/** Canonical field values by Salesforce API name. */
export type Fields = Readonly<Record<string, Value>>;

/** How a field's values become canonical. `reference` values are business keys of another document. */
export type ValueKind = "text" | "decimal" | "boolean" | "date" | "instant" | "reference";

/** One of the two systems. */
export type Side = "salesforce" | "external";
