/** Compiles the fields by which records are matched, and what stands for them where the mapping names none. */
import type { CompileContext } from "./compile-context.ts";
import type { FieldMapping, MatchMapping } from "./mapping.ts";
import type { MatchSpec } from "./spec.ts";

/** The matched fields of one object or of its lines. */
interface MatchInput {
  readonly place: string;
  readonly object: string;
  readonly written: MatchSpec | undefined;
  readonly fields: readonly FieldMapping[];
}

/**
 * What Salesforce allows only once: a second price of a product in a price book is refused with DUPLICATE_VALUE
 * (reference: order-domain §5.2), so that it never could be made beside the one that stands.
 */
const UNIQUE: Readonly<Record<string, readonly string[]>> = {
  PricebookEntry: ["Product2Id", "Pricebook2Id", "CurrencyIsoCode"],
};
/** Of these the first one that is mapped tells the lines of an adopted document apart. */
const LINE_FIELDS: readonly string[] = ["PricebookEntryId", "Product2Id"];

/** The matched fields of an object. */
export function compileMatch(context: CompileContext, input: MatchInput): readonly MatchMapping[] {
  if (input.written !== undefined) return compileAll(context, input, input.written);
  const unique = mapped(input, UNIQUE[input.object] ?? []);
  return unique.length < 2 ? [] : compileAll(context, input, unique);
}

/** The matched fields of lines. */
export function compileLineMatch(context: CompileContext, input: MatchInput): readonly MatchMapping[] {
  return compileAll(context, input, input.written ?? mapped(input, LINE_FIELDS).slice(0, 1));
}

function mapped({ fields }: MatchInput, names: readonly string[]): readonly string[] {
  return names.filter((name) => fields.some(({ field }) => field === name));
}

function compileAll(
  context: CompileContext,
  input: MatchInput,
  written: readonly MatchSpec[number][],
): readonly MatchMapping[] {
  return written.map((entry, index) => {
    const { field, external = null, ignore } = typeof entry === "string" ? { field: entry, ignore: [] } : entry;
    const mapping = input.fields.find((each) => each.field === field) ?? null;
    const report = (message: string): void => context.report(`${input.place}.${index}`, message);
    if (mapping === null && external === null) {
      report(
        `${input.object}.${field} is not mapped, so external must name the external field that it is compared with`,
      );
    }
    if (mapping?.reference != null && external !== null) {
      report(`${field} is a reference and is compared by the record that it refers to; leave external out`);
    }
    if (external === null && mapping !== null && mapping.externalFields.length === 0 && written.length === 1) {
      report(`${field} is a constant, which all records have; name a field that tells records apart`);
    }
    return { field, external, ignore, mapping };
  });
}
