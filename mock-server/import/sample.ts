/**
 * Takes a sample of records that belong together: accounts, and what hangs on them down to order products and prices.
 *
 * A reference that leads out of the sample is left out; a record that cannot be without it is left out too, with a remark.
 */
import type { Anonymizer } from "./anonymize.ts";
import {
  type DescribedField,
  type DescribedObject,
  queryAll,
  type SourceOrg,
  type SourceRecord,
} from "./source-org.ts";

/** The objects of an import in the order in which their records can be loaded: parents before children. */
export const LOADING_ORDER = [
  "Account",
  "Contact",
  "Product2",
  "Pricebook2",
  "PricebookEntry",
  "Contract",
  "Order",
  "OrderItem",
] as const;

/** Ids in one condition: keeps statements well below the bound on addresses. */
const IDS_A_QUERY = 100;
const STANDARD_PRICEBOOK = "@StandardPricebook";

/** Objects of a sample in the order in which they can be loaded, with the field that ties them to what was taken before. */
const TIES: readonly { readonly object: string; readonly tie?: string; readonly to?: string }[] = [
  { object: "Account" },
  { object: "Contact", tie: "AccountId", to: "Account" },
  { object: "Contract", tie: "AccountId", to: "Account" },
  { object: "Order", tie: "AccountId", to: "Account" },
  { object: "OrderItem", tie: "OrderId", to: "Order" },
];

/** A tree file. */
export interface TreeFile {
  readonly object: string;
  readonly records: readonly SourceRecord[];
}

/** The sample as tree files in loading order. */
export interface Sample {
  readonly files: readonly TreeFile[];
  readonly remarks: readonly string[];
}

/** Takes at most `records` accounts and what belongs to them. */
export async function takeSample(
  org: SourceOrg,
  objects: ReadonlyMap<string, DescribedObject>,
  options: { readonly records: number; readonly anonymizer: Anonymizer | undefined },
): Promise<Sample> {
  const taken = new Map<string, readonly SourceRecord[]>();
  for (const { object, tie, to } of TIES) {
    const described = objects.get(object);
    if (described === undefined) continue;
    const select = `SELECT ${selectable(described).join(", ")} FROM ${object}`;
    taken.set(
      object,
      tie === undefined || to === undefined
        ? await queryAll(org, `${select} ORDER BY Id LIMIT ${options.records}`)
        : await inChunks(idsOf(taken.get(to)), (ids) =>
            queryAll(org, `${select} WHERE ${tie} IN (${ids}) ORDER BY Id`),
          ),
    );
  }
  await takePrices(org, objects, taken);
  return asTree(objects, taken, options.anonymizer);
}

/** The price book entries of the order products, the standard price of each product, and what they refer to. */
async function takePrices(
  org: SourceOrg,
  objects: ReadonlyMap<string, DescribedObject>,
  taken: Map<string, readonly SourceRecord[]>,
): Promise<void> {
  const entry = objects.get("PricebookEntry");
  if (entry === undefined) return;
  const select = `SELECT ${selectable(entry).join(", ")}, Pricebook2.IsStandard FROM PricebookEntry`;
  const used = await inChunks(valuesOf(taken.get("OrderItem"), "PricebookEntryId"), (ids) =>
    queryAll(org, `${select} WHERE Id IN (${ids}) ORDER BY Id`),
  );
  const products = valuesOf(used, "Product2Id");
  const standard = await inChunks(products, (ids) =>
    queryAll(org, `${select} WHERE Pricebook2.IsStandard = true AND Product2Id IN (${ids}) ORDER BY Id`),
  );
  const entries = new Map([...standard, ...used].map((record) => [String(record["Id"]), record]));
  taken.set("PricebookEntry", [...entries.values()]);
  for (const [object, ids] of [
    ["Product2", products],
    [
      "Pricebook2",
      [...valuesOf([...entries.values()], "Pricebook2Id"), ...valuesOf(taken.get("Order"), "Pricebook2Id")],
    ],
  ] as const) {
    const described = objects.get(object);
    if (described === undefined) continue;
    const extra = object === "Pricebook2" ? ", IsStandard" : "";
    const fields = `${selectable(described).join(", ")}${extra}`;
    taken.set(
      object,
      await inChunks([...new Set(ids)], (list) =>
        queryAll(org, `SELECT ${fields} FROM ${object} WHERE Id IN (${list}) ORDER BY Id`),
      ),
    );
  }
}

function asTree(
  objects: ReadonlyMap<string, DescribedObject>,
  taken: ReadonlyMap<string, readonly SourceRecord[]>,
  anonymizer: Anonymizer | undefined,
): Sample {
  const references = new Map<string, string>();
  const remarks: string[] = [];
  for (const record of taken.get("Pricebook2") ?? [])
    if (record["IsStandard"] === true) references.set(String(record["Id"]), STANDARD_PRICEBOOK);
  const files = LOADING_ORDER.flatMap((object): readonly TreeFile[] => {
    const described = objects.get(object);
    const records = (taken.get(object) ?? []).filter((record) => record["IsStandard"] !== true);
    if (described === undefined || records.length === 0) return [];
    const kept: SourceRecord[] = [];
    // Parents of their own object come first where they are older, which Ids tell.
    for (const [at, record] of records.entries()) {
      const plain = anonymizer?.record(object, described.fields, record) ?? record;
      const values = treeValues(described.fields, plain, references);
      if (typeof values === "string") {
        remarks.push(`${object} ${String(record["Id"])} is left out: ${values} leads out of the sample`);
        continue;
      }
      const referenceId = `${object}Ref${at + 1}`;
      references.set(String(record["Id"]), `@${referenceId}`);
      kept.push({ attributes: { type: object, referenceId }, ...values });
    }
    return [{ object, records: kept }];
  });
  return { files, remarks };
}

/** The values of a record for a tree file, or the name of a required reference that leads out of the sample. */
function treeValues(
  fields: readonly DescribedField[],
  record: SourceRecord,
  references: ReadonlyMap<string, string>,
): SourceRecord | string {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = record[field.name];
    if (!isTaken(field) || value === null || value === undefined) continue;
    if (field.type !== "reference") values[field.name] = value;
    else {
      const reference = typeof value === "string" ? references.get(value) : undefined;
      if (reference !== undefined) values[field.name] = reference;
      else if (!field.nillable && !field.defaultedOnCreate) return field.name;
    }
  }
  return values;
}

/** Fields that a seed can write; owners and record types are the target org's own matter. */
function isTaken(field: DescribedField): boolean {
  return (
    field.createable &&
    !field.calculated &&
    !field.autoNumber &&
    !/^(?:OwnerId|RecordTypeId|CurrencyIsoCode)$/.test(field.name)
  );
}

function selectable(object: DescribedObject): readonly string[] {
  const compound = new Set(["address", "location", "base64"]);
  const fields = object.fields.filter((field) => isTaken(field) && !compound.has(field.type) && field.name !== "Id");
  return ["Id", ...fields.map((field) => field.name)];
}

function idsOf(records: readonly SourceRecord[] | undefined): readonly string[] {
  return valuesOf(records, "Id");
}

function valuesOf(records: readonly SourceRecord[] | undefined, field: string): readonly string[] {
  const values = (records ?? []).map((record) => record[field]).filter((value) => typeof value === "string");
  return [...new Set(values)];
}

async function inChunks(
  ids: readonly string[],
  read: (list: string) => Promise<readonly SourceRecord[]>,
): Promise<readonly SourceRecord[]> {
  const records: SourceRecord[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_QUERY) {
    const list = ids.slice(from, from + IDS_A_QUERY).map((id) => `'${id.replace(/\W/g, "")}'`);
    records.push(...(await read(list.join(","))));
  }
  return records;
}
