import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog, restrictCatalog, type SObjectType } from "../../../mock-server/schema/catalog.ts";
import type { FieldDefinition } from "../../../mock-server/schema/definition.ts";
import { compoundOf, csvText, xmlText } from "../../../mock-server/schema/serialize.ts";

const catalog = createCatalog(STANDARD_OBJECTS);

function fieldOf(type: SObjectType | undefined, name: string): FieldDefinition {
  const field = type?.field(name);
  if (field === undefined) throw new Error(`No field ${name}`);
  return field;
}

function address(row: Record<string, string | number | null>, source = catalog) {
  const order = source.object("Order");
  if (order === undefined) throw new Error("No Order");
  return compoundOf(order, fieldOf(order, "BillingAddress"), row);
}

describe("a compound address", () => {
  it("holds its parts under short names in alphabetical order", () => {
    const value = address({
      BillingCity: "Graz",
      BillingPostalCode: "8010",
      BillingLatitude: 47.07,
      ShippingCity: "Wien",
    });
    expect(JSON.stringify(value)).toBe(
      '{"city":"Graz","country":null,"geocodeAccuracy":null,"latitude":47.07,"longitude":null,"postalCode":"8010","state":null,"street":null}',
    );
  });

  it("is null when every part is empty", () => {
    expect(address({ BillingCity: null, ShippingCity: "Wien" })).toBeNull();
  });

  it("leaves out parts that the user may not see", () => {
    const seen = restrictCatalog(catalog, { object: () => true, field: (_, field) => field.name !== "BillingCity" });
    expect(address({ BillingCity: "Graz" }, seen)).toBeNull();
  });
});

describe("a single value", () => {
  const item = catalog.object("OrderItem");

  it("keeps the decimals of its scale in CSV", () => {
    expect(csvText(fieldOf(item, "UnitPrice"), 450)).toBe("450.0");
    expect(csvText(fieldOf(catalog.object("Account"), "NumberOfEmployees"), 7)).toBe("7");
    expect(csvText(fieldOf(item, "UnitPrice"), null)).toBe("");
    expect(csvText(fieldOf(item, "IsDeleted"), false)).toBe("false");
  });

  it("shows instants with Z in CSV and XML", () => {
    const stamp = fieldOf(item, "SystemModstamp");
    expect(csvText(stamp, "2026-08-01T09:30:00.000+0000")).toBe("2026-08-01T09:30:00.000Z");
    expect(xmlText(stamp, "2026-08-01T09:30:00.000+0000")).toBe("2026-08-01T09:30:00.000Z");
  });

  it("is nil in XML when null, and a double has its point", () => {
    expect(xmlText(fieldOf(item, "UnitPrice"), null)).toBeNull();
    expect(xmlText(fieldOf(item, "UnitPrice"), 450)).toBe("450.0");
  });
});
