import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import type { FieldDefinition } from "../../../mock-server/schema/definition.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import { parseValue, type Wire } from "../../../mock-server/schema/values.ts";

const catalog = createCatalog(STANDARD_OBJECTS);

function standard(path: string): FieldDefinition {
  const [object = "", name = ""] = path.split(".");
  const field = catalog.object(object)?.field(name);
  if (field === undefined) throw new Error(`No field ${path}`);
  return field;
}

function parse(field: FieldDefinition | string, input: unknown, wire: Wire = "json") {
  return parseValue(typeof field === "string" ? standard(field) : field, input, wire, {
    catalog,
    settings: { roundStoredNumbers: false },
  });
}

const time: FieldDefinition = { name: "At__c", label: "At", type: "time" };
const multi: FieldDefinition = {
  name: "Tags__c",
  label: "Tags",
  type: "multipicklist",
  restrictedPicklist: true,
  picklistValues: ["red", "green", "blue"].map((value) => ({ value, label: value })),
};

describe("a JSON value", () => {
  it.each<[string, unknown, unknown]>([
    ["Account.Name", "  Acme  ", "Acme"],
    ["Account.Name", "   ", null],
    ["Account.Name", "", null],
    ["Account.Name", null, null],
    ["Order.Description", "a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd"],
    ["Order.BillingStreet", "1 Main St\nHouse 2", "1 Main St\nHouse 2"],
    ["Order.EffectiveDate", "2026-02-28", "2026-02-28"],
    ["Order.EffectiveDate", "", null],
    ["Order.EffectiveDate", "2026-02-28Z", "2026-02-28"],
    ["Order.EffectiveDate", "2026-02-28T00:00:00Z", "2026-02-28"],
    ["Order.EffectiveDate", "2026-02-28T23:30:00.000Z", "2026-02-28"],
    ["Order.EffectiveDate", "2026-02-28T23:30:00-05:00", "2026-03-01"],
    ["Order.EffectiveDate", "2026-02-28T00:30:00.000+0200", "2026-02-27"],
    ["Order.EffectiveDate", "2026-02-28T23:30:00", "2026-02-28"],
    ["OrderItem.Quantity", 0.33333333, 0.33333333],
    ["OrderItem.Quantity", -0, 0],
    ["OrderItem.Quantity", "12.5", 12.5],
    ["OrderItem.Quantity", 9007199254740991, 9007199254740991],
    ["Account.NumberOfEmployees", 99_999_999, 99_999_999],
    ["Account.NumberOfEmployees", "42", 42],
    ["Account.AnnualRevenue", 10.5, 10.5],
    ["Product2.IsActive", true, true],
    ["Product2.IsActive", "false", false],
    ["Contact.Email", "ann@example.com", "ann@example.com"],
    ["Account.Type", "anything goes in an open picklist", "anything goes in an open picklist"],
    ["Order.Status", "Draft", "Draft"],
    ["Contact.EmailBouncedDate", "2026-08-01T09:30:00Z", "2026-08-01T09:30:00.000+0000"],
    ["Contact.EmailBouncedDate", "2026-08-01T09:30:00.987+02:00", "2026-08-01T07:30:00.000+0000"],
    ["Contact.EmailBouncedDate", "2026-01-01T00:30:00+0200", "2025-12-31T22:30:00.000+0000"],
    ["Contact.EmailBouncedDate", "2026-01-01T00:30:00", "2026-01-01T00:30:00.000+0000"],
  ])("for %s, %j is stored as %j", (field, input, value) => {
    expect(parse(field, input)).toEqual({ ok: true, value });
  });

  it.each<[string, unknown, string]>([
    ["Order.EffectiveDate", "2026-02-28 00:00:00", "date from VALUE_STRING value 2026-02-28 00:00:00"],
    ["Order.EffectiveDate", "2026-02-28T25:00:00Z", "date from VALUE_STRING value 2026-02-28T25:00:00Z"],
    ["Order.EffectiveDate", "2026-02-28T00:00:00.123456Z", "date from VALUE_STRING value 2026-02-28T00:00:00.123456Z"],
    ["Order.EffectiveDate", "2026-02-29", "date from VALUE_STRING value 2026-02-29"],
    ["Order.EffectiveDate", 5, "date from VALUE_NUMBER_INT value 5"],
    [
      "Contact.EmailBouncedDate",
      "2017-10-17T00:00:00.1234567Z",
      "datetime from VALUE_STRING value 2017-10-17T00:00:00.1234567Z",
    ],
    ["Contact.EmailBouncedDate", "2017-10-17 00:00:00", "datetime from VALUE_STRING value 2017-10-17 00:00:00"],
    ["OrderItem.Quantity", "many", "double from VALUE_STRING value many"],
    ["OrderItem.Quantity", true, "double from VALUE_TRUE value true"],
    ["OrderItem.UnitPrice", "1,000", "currency from VALUE_STRING value 1,000"],
    ["Account.NumberOfEmployees", 1.5, "int from VALUE_NUMBER_FLOAT value 1.5"],
    ["Product2.IsActive", 1, "boolean from VALUE_NUMBER_INT value 1"],
    ["Product2.IsActive", null, "boolean from VALUE_NULL value null"],
    ["Account.Phone", 123, "string from VALUE_NUMBER_INT value 123"],
    ["Order.AccountId", 1, "reference from VALUE_NUMBER_INT value 1"],
  ])("of the wrong type refuses the whole request: %s %j", (field, input, text) => {
    const message = `Cannot deserialize instance of ${text} or request may be missing a required field at [line:1, column:1]`;
    expect(parse(field, input)).toEqual({ ok: false, scope: "request", fault: { code: "JSON_PARSER_ERROR", message } });
  });

  it("may be neither a list nor an object", () => {
    const message = "Cannot deserialize instance of multipicklist from START_ARRAY value [line:1, column:1]";
    expect(parse(multi, ["red"])).toEqual({
      ok: false,
      scope: "request",
      fault: { code: "JSON_PARSER_ERROR", message },
    });
    expect(parse("Account.Name", {})).toMatchObject({ ok: false, scope: "request" });
  });

  it.each<[string, unknown, string, string]>([
    [
      "Account.NumberOfEmployees",
      100_000_000,
      "NUMBER_OUTSIDE_VALID_RANGE",
      "Employees: value outside of valid range on numeric field: 1.0E8",
    ],
    [
      "OrderItem.Quantity",
      1e16,
      "NUMBER_OUTSIDE_VALID_RANGE",
      "Quantity: value outside of valid range on numeric field: 1.0E16",
    ],
    [
      "Order.Status",
      "Foo",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "Status: bad value for restricted picklist field: Foo",
    ],
    ["Contact.Email", "123", "INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123"],
    ["Order.AccountId", "hello", "MALFORMED_ID", "Account ID: id value of incorrect type: hello"],
    [
      "Order.AccountId",
      "001900K0001pPuOAAU",
      "MALFORMED_ID",
      "Account ID: id value of incorrect type: 001900K0001pPuOAAU",
    ],
    ["Order.AccountId", "zzz00000000000A", "MALFORMED_ID", "Account ID: id value of incorrect type: zzz00000000000A"],
  ])("out of bounds refuses the row: %s %j", (field, input, code, message) => {
    expect(parse(field, input)).toEqual({
      ok: false,
      scope: "row",
      fault: { code, message, fields: [field.split(".")[1]] },
    });
  });

  it("may be as long as its field, and no longer", () => {
    expect(parse("Order.PoNumber", "x".repeat(80))).toMatchObject({ ok: true });
    const long = "x".repeat(81);
    expect(parse("Order.PoNumber", long)).toEqual({
      ok: false,
      scope: "row",
      fault: {
        code: "STRING_TOO_LONG",
        message: `PO Number: data value too large: ${long} (max length=80)`,
        fields: ["PoNumber"],
      },
    });
  });
});

describe("a reference", () => {
  const account = recordIdOf("001", 1);

  it("is stored with 18 characters", () => {
    expect(parse("Order.AccountId", account.slice(0, 15))).toEqual({ ok: true, value: account });
  });

  it("to a record of another object is a field integrity fault", () => {
    const contact = recordIdOf("003", 1);
    expect(parse("Order.AccountId", contact)).toMatchObject({
      scope: "row",
      fault: { code: "FIELD_INTEGRITY_EXCEPTION", message: `Account ID: id value of incorrect type: ${contact}` },
    });
  });

  it("may point to any of its objects", () => {
    expect(parse("Order.OwnerId", recordIdOf("005", 1))).toMatchObject({ ok: true });
    expect(parse("Order.OwnerId", recordIdOf("00G", 1))).toMatchObject({ ok: true });
    expect(parse("Order.OwnerId", account)).toMatchObject({ ok: false });
  });
});

describe("a multi-select picklist", () => {
  it("is stored without doubles in the order of its values", () => {
    expect(parse(multi, "blue; red;blue")).toEqual({ ok: true, value: "red;blue" });
    expect(parse(multi, ";")).toEqual({ ok: true, value: null });
  });

  it("refuses the value that is not in a restricted list", () => {
    expect(parse(multi, "red;pink")).toMatchObject({
      fault: {
        code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        message: "Tags: bad value for restricted picklist field: pink",
      },
    });
  });
});

describe("a time of day", () => {
  it.each([
    ["13:45:00", "13:45:00.000Z"],
    ["13:45:00.5Z", "13:45:00.500Z"],
  ])("%s is stored as %s", (input, value) => {
    expect(parse(time, input)).toEqual({ ok: true, value });
  });

  it("ends before 24:00", () => {
    expect(parse(time, "24:00:00")).toMatchObject({ ok: false });
  });
});

describe("a value of a Bulk CSV", () => {
  it.each<[string, string, unknown]>([
    ["Product2.IsActive", "TRUE", true],
    ["Product2.IsActive", "0", false],
    ["Account.Name", "#N/A", null],
    ["OrderItem.Quantity", "3", 3],
    ["Order.EffectiveDate", "2026-02-28", "2026-02-28"],
  ])("for %s, %j is stored as %j", (field, input, value) => {
    expect(parse(field, input, "csv")).toEqual({ ok: true, value });
  });

  it.each([
    ["Order.EffectiveDate", "28.02.2026", "Order Start Date: value not of required type: 28.02.2026"],
    ["OrderItem.Quantity", "many", "Quantity: value not of required type: many"],
    ["Product2.IsActive", "#N/A", "Active: value not of required type: #N/A"],
  ])("of the wrong type refuses the row: %s %s", (field, input, message) => {
    expect(parse(field, input, "csv")).toMatchObject({
      scope: "row",
      fault: { code: "INVALID_TYPE_ON_FIELD_IN_RECORD", message, fields: [field.split(".")[1]] },
    });
  });
});

describe("a value of an XML body", () => {
  it("is converted like CSV, but #N/A is a text", () => {
    expect(parse("Product2.IsActive", "1", "xml")).toEqual({ ok: true, value: true });
    expect(parse("Account.Name", "#N/A", "xml")).toEqual({ ok: true, value: "#N/A" });
  });
});
