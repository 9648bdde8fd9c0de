import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { describeObject } from "../../../mock-server/schema/describe.ts";

const catalog = createCatalog(STANDARD_OBJECTS);
const text = readFileSync(new URL("field-tables.txt", import.meta.url), "utf8");
const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

type DescribedField = ReturnType<typeof describeObject>["fields"][number];

function tableOf(object: string): readonly string[] {
  return lines.filter((line) => line.startsWith(`${object}.`));
}

function lineOf(object: string, field: DescribedField): string {
  const marks = (...flags: readonly (readonly [boolean, string])[]): string =>
    flags.map(([on, letter]) => (on ? letter : "-")).join("");
  const { createable, updateable, nillable, defaultedOnCreate } = field;
  const { filterable, sortable, groupable, aggregatable } = field;
  const targets = field.referenceTo.join("/");
  return [
    `${object}.${field.name}`,
    field.label,
    field.type,
    sizeOf(field),
    marks([createable, "C"], [updateable, "U"], [nillable, "N"], [defaultedOnCreate, "D"]),
    marks([filterable, "F"], [sortable, "S"], [groupable, "G"], [aggregatable, "A"]),
    field.relationshipName === null ? targets : `${targets} (${field.relationshipName})`,
  ]
    .join(" | ")
    .replace(/ \| $/, "");
}

function sizeOf(field: DescribedField): string {
  if (field.digits > 0) return `int ${field.digits}`;
  if (field.precision > 0) return `${field.precision},${field.scale}`;
  return field.length > 0 ? `${field.length}` : "";
}

describe("the described fields", () => {
  it.each(["Order", "OrderItem", "Account", "Contract", "Product2", "Pricebook2", "PricebookEntry", "Contact", "User"])(
    "of %s are those of the table, in its order",
    (object) => {
      const type = catalog.object(object);
      if (type === undefined) throw new Error(`No object ${object}`);
      const { fields } = describeObject(type, { catalog, apiVersion: 62, host: "https://a" });
      expect(fields.map((field) => lineOf(object, field))).toEqual(tableOf(object));
    },
  );
});
