/** Which fields of an object are in a table: those that tell its records apart, by their definition. */
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, Row } from "../schema/definition.ts";

/** Columns of a table beside the last change. */
const COLUMNS_MAX = 6;

/** The fields of a table of this object, the name first; of those that matter, the ones that `rows` fill. */
export function columnsOf(type: SObjectType, rows: readonly Row[] = []): readonly FieldDefinition[] {
  const isFilled = (field: FieldDefinition): boolean =>
    rows.length === 0 || rows.some((row) => row[field.name] !== null && row[field.name] !== undefined);
  const chosen = type.fields
    .map((field, at) => ({ field, at, weight: weightOf(field) }))
    .filter(({ field, weight }) => weight > 0 && (field.nameField === true || isFilled(field)))
    .sort((a, b) => b.weight - a.weight || a.at - b.at)
    .slice(0, COLUMNS_MAX)
    .sort((a, b) => Number(b.field.nameField === true) - Number(a.field.nameField === true) || a.at - b.at)
    .map(({ field }) => field);
  const changed = type.field("LastModifiedDate") ?? type.field("CreatedDate");
  return changed === undefined || chosen.includes(changed) ? chosen : [...chosen, changed];
}

/** Fields that say the same about most records. */
const DULL =
  /^(?:Id|OwnerId|CreatedById|LastModifiedById|RecordTypeId|IsDeleted|MasterRecordId|CurrencyIsoCode|ActivatedById|StatusCode)$/;

function weightOf(field: FieldDefinition): number {
  if (field.nameField === true) return 100;
  if (DULL.test(field.name)) return 0;
  if (field.compoundFieldName !== undefined) return /City$|Country$/.test(field.name) ? 15 : 0;
  if (field.externalId === true) return 90;
  if (field.name === "Status") return 80;
  if (field.name === "Name") return 78;
  switch (field.type) {
    case "reference":
      return field.nillable === true && field.custom !== true && field.childRelationshipName === undefined ? 20 : 60;
    case "currency":
      return 65;
    case "double":
    case "int":
    case "percent":
      return 55;
    case "picklist":
      return 50;
    case "boolean":
      return field.name === "IsActive" || field.name === "IsStandard" ? 58 : 10;
    case "date":
      return 45;
    case "string":
    case "email":
    case "phone":
      return 30;
    case "datetime":
      return 5;
    default:
      return 0;
  }
}
