/**
 * The records of an org in the forms that a seed is read from: the files of `sf data export tree --plan`, and CSV.
 *
 * Written is what a client could have written: fields that the org computes are left out, references to records that are
 * exported too become `@references`, others (owners) are left out.
 */
import type { MockOrgCore } from "../org/org.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";

/** One record of a tree file. */
export interface TreeRecord {
  readonly attributes: { readonly type: string; readonly referenceId: string };
  readonly [field: string]: unknown;
}

/** A plan with its files by name. */
export interface TreeExport {
  readonly plan: readonly {
    readonly sobject: string;
    readonly saveRefs: boolean;
    readonly resolveRefs: boolean;
    readonly files: readonly string[];
  }[];
  readonly files: Readonly<Record<string, { readonly records: readonly TreeRecord[] }>>;
}

/** Objects that every org has filled by itself. */
const SET_UP_BY_THE_ORG =
  /^(?:Organization|User|UserRole|Profile|PermissionSet|PermissionSetAssignment|Group|RecordType|CurrencyType|.*Status|.*Share|.*History|.*Feed)$/;
/** The reference under which a seed knows the standard price book. */
const STANDARD_PRICEBOOK = "@StandardPricebook";

/** Live records of these objects, or of all that a client writes, parents before children. */
export function exportTree(org: MockOrgCore, objects?: readonly string[]): TreeExport {
  return org.transaction(org.systemActor, (tx) => {
    const types = orderedTypes(org, objects);
    const references = new Map<string, string>();
    const live = new Map<string, readonly Row[]>();
    for (const type of types) {
      const rows = [...tx.rows(type.name)].filter((row) => row["IsDeleted"] !== true && !isStandardBook(type, row));
      live.set(type.name, rows);
      for (const [at, row] of rows.entries()) references.set(String(row["Id"]), `@${type.name}Ref${at + 1}`);
    }
    for (const row of tx.rows("Pricebook2"))
      if (row["IsStandard"] === true) references.set(String(row["Id"]), STANDARD_PRICEBOOK);
    const filled = types.filter((type) => (live.get(type.name)?.length ?? 0) > 0);
    return {
      plan: filled.map((type) => ({
        sobject: type.name,
        saveRefs: true,
        resolveRefs: true,
        files: [`${type.name}.json`],
      })),
      files: Object.fromEntries(
        filled.map((type) => {
          const rows = inOrderOfCreation(type, live.get(type.name) ?? []);
          return [`${type.name}.json`, { records: rows.map((row) => treeRecord(type, row, references)) }];
        }),
      ),
    };
  });
}

/**
 * Live records of one object as CSV: the Id, then every field that a client could write. References stay the Ids that they
 * are, but the standard price book, which every org has, is `@StandardPricebook`.
 */
export function exportCsv(org: MockOrgCore, object: string): string {
  return org.transaction(org.systemActor, (tx) => {
    const type = tx.catalog.object(object);
    if (type === undefined) throw new Error(`The org has no object ${object}`);
    const fields = ["Id", ...writableFields(type).map((field) => field.name)];
    const standard = [...tx.rows("Pricebook2")].find((row) => row["IsStandard"] === true)?.["Id"];
    const cell = (value: FieldValue): string =>
      csvCell(value !== null && value === standard ? STANDARD_PRICEBOOK : value);
    const lines = [...tx.rows(type.name)]
      .filter((row) => row["IsDeleted"] !== true && !isStandardBook(type, row))
      .map((row) => fields.map((name) => cell(row[name] ?? null)).join(","));
    return `${[fields.join(","), ...lines].join("\n")}\n`;
  });
}

function orderedTypes(org: MockOrgCore, objects: readonly string[] | undefined): readonly SObjectType[] {
  const wanted =
    objects === undefined
      ? org.catalog.objects.filter((type) => type.definition.createable === true && !SET_UP_BY_THE_ORG.test(type.name))
      : objects.map((name) => {
          const type = org.catalog.object(name);
          if (type === undefined) throw new Error(`The org has no object ${name}`);
          return type;
        });
  const ordered: SObjectType[] = [];
  const visit = (type: SObjectType, above: readonly SObjectType[]): void => {
    if (ordered.includes(type) || above.includes(type)) return;
    for (const field of writableFields(type)) {
      for (const parent of field.referenceTo ?? []) {
        const found = wanted.find((candidate) => candidate.name === parent);
        if (found !== undefined) visit(found, [...above, type]);
      }
    }
    ordered.push(type);
  };
  for (const type of wanted) visit(type, []);
  return ordered;
}

function writableFields(type: SObjectType): readonly FieldDefinition[] {
  return type.fields.filter((field) => field.createable === true && field.type !== "id" && field.name !== "OwnerId");
}

function isStandardBook(type: SObjectType, row: Row): boolean {
  return type.name === "Pricebook2" && row["IsStandard"] === true;
}

/** Records that refer to others of their own object come after them, however deep. */
function inOrderOfCreation(type: SObjectType, rows: readonly Row[]): readonly Row[] {
  const own = writableFields(type).filter((field) => field.referenceTo?.includes(type.name));
  const byId = new Map(rows.map((row) => [String(row["Id"]), row]));
  const done = new Set<Row>();
  const visit = (start: Row): void => {
    // A stack of its own: chains of parents may be longer than the call stack.
    const path = [start];
    for (let row = path.at(-1); row !== undefined; row = path.at(-1)) {
      const parent = own
        .map((field) => byId.get(String(row?.[field.name] ?? "")))
        .find((candidate) => candidate !== undefined && !done.has(candidate) && !path.includes(candidate));
      if (parent !== undefined) path.push(parent);
      else {
        done.add(row);
        path.pop();
      }
    }
  };
  for (const row of rows) if (!done.has(row)) visit(row);
  return [...done];
}

function treeRecord(type: SObjectType, row: Row, references: ReadonlyMap<string, string>): TreeRecord {
  const values: Record<string, unknown> = {};
  for (const field of writableFields(type)) {
    const value = row[field.name] ?? null;
    if (value === null) continue;
    if ((field.referenceTo?.length ?? 0) === 0) values[field.name] = value;
    else {
      const reference = references.get(String(value));
      if (reference !== undefined) values[field.name] = reference;
    }
  }
  const referenceId = references.get(String(row["Id"]))?.slice(1) ?? String(row["Id"]);
  return { attributes: { type: type.name, referenceId }, ...values };
}

function csvCell(value: FieldValue): string {
  const text = value === null ? "" : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
