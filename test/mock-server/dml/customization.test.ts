import { describe, expect, it } from "vitest";
import { formulaRules } from "../../../mock-server/dml/formula.ts";
import type { FieldDefinition, ObjectDefinition } from "../../../mock-server/schema/definition.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import { refusal, Shop } from "./shop.ts";

const custom = { custom: true, nillable: true, createable: true, updateable: true } as const;
const rollUpField = { custom: true, calculated: true, nillable: true } as const;

const quantity: FieldDefinition = {
  ...rollUpField,
  name: "Pieces__c",
  label: "Pieces",
  type: "double",
  precision: 18,
  scale: 2,
  summary: { operation: "sum", childObject: "OrderItem", foreignKey: "OrderId", field: "Quantity", filters: [] },
};
const earliest: FieldDefinition = {
  ...rollUpField,
  name: "First__c",
  label: "First",
  type: "date",
  summary: { operation: "min", childObject: "OrderItem", foreignKey: "OrderId", field: "ServiceDate", filters: [] },
};

describe("a roll-up summary field", () => {
  it("follows its children through create, edit, delete and restore, and is not written", () => {
    const shop = new Shop({ fields: { Order: [quantity, earliest] } });
    const order = shop.order();
    const pieces = () => [shop.row("Order", order)["Pieces__c"], shop.row("Order", order)["First__c"]];
    const seen = [pieces()];

    const item = shop.item(order, { Quantity: 2, ServiceDate: "2026-08-05" });
    shop.item(order, { Quantity: 0.1, ServiceDate: "2026-08-03" });
    seen.push(pieces());
    shop.update("OrderItem", item, { Quantity: 0.2 });
    seen.push(pieces());
    shop.delete("Order", order);
    shop.undelete("Order", order);
    seen.push(pieces());

    expect(seen).toEqual([
      [0, null],
      [2.1, "2026-08-03"],
      [0.3, "2026-08-03"],
      [0.3, "2026-08-03"],
    ]);
    expect(refusal(shop.tryUpdate("Order", order, { Pieces__c: 1 }))).toMatch(/^INVALID_FIELD_FOR_INSERT_UPDATE/);
  });
});

describe("a default formula", () => {
  const due: FieldDefinition = {
    ...custom,
    name: "Due__c",
    label: "Due",
    type: "date",
    defaultFormula: "TODAY() + 14",
  };

  it("fills what the client leaves out, and not what it clears", () => {
    const shop = new Shop({ fields: { Order: [due] } });

    expect(shop.row("Order", shop.order())["Due__c"]).toBe("2026-08-15");
    expect(shop.row("Order", shop.order({ Due__c: null }))["Due__c"]).toBeNull();
    expect(shop.row("Order", shop.order({ Due__c: "2026-01-01" }))["Due__c"]).toBe("2026-01-01");
  });
});

describe("a validation rule written as a formula", () => {
  it("sees the record, its parents and what it was", () => {
    const shop = new Shop();
    const given = { path: "p", object: "Order", active: true, field: undefined };
    shop.options = {
      validationRules: formulaRules(
        [
          {
            ...given,
            name: "Po",
            formula: 'AND(Account.Name = "Acme", ISBLANK(PoNumber))',
            message: "PO, please",
            field: "PoNumber",
          },
          { ...given, name: "Keep", formula: "AND(NOT(ISNEW()), ISCHANGED(PoNumber))", message: "PO stays" },
          { ...given, name: "Off", formula: "TRUE", message: "never", active: false },
        ],
        shop.org.catalog,
      ),
    };

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toBe(
      "FIELD_CUSTOM_VALIDATION_EXCEPTION: PO, please [PoNumber]",
    );
    expect(refusal(shop.tryInsert("Order", shop.orderValues({ AccountId: shop.otherAccount })))).toBe("saved");
    const id = shop.order({ PoNumber: "1" });
    expect(refusal(shop.tryUpdate("Order", id, { PoNumber: "2" }))).toBe(
      "FIELD_CUSTOM_VALIDATION_EXCEPTION: PO stays []",
    );
    expect(refusal(shop.tryUpdate("Order", id, { Name: "n" }))).toBe("saved");
  });
});

describe("record types", () => {
  const [retail, wholesale, closed] = [1, 2, 3].map((at) => recordIdOf("012", at));
  const withTypes = (definition: ObjectDefinition): ObjectDefinition =>
    definition.name === "Order"
      ? {
          ...definition,
          fields: [
            ...definition.fields,
            {
              ...custom,
              name: "RecordTypeId",
              label: "Record Type ID",
              type: "reference",
              referenceTo: ["RecordType"],
            },
          ],
          recordTypes: [
            { id: String(retail), developerName: "Retail", name: "Retail", active: true, default: true },
            { id: String(wholesale), developerName: "Wholesale", name: "Wholesale", active: true },
            { id: String(closed), developerName: "Closed", name: "Closed", active: false },
          ],
        }
      : definition;

  it("give a default, and refuse one that is inactive", () => {
    const shop = new Shop({ replace: withTypes });

    expect(shop.row("Order", shop.order())["RecordTypeId"]).toBe(retail);
    expect(shop.row("Order", shop.order({ RecordTypeId: wholesale }))["RecordTypeId"]).toBe(wholesale);
    expect(refusal(shop.tryInsert("Order", shop.orderValues({ RecordTypeId: closed })))).toMatch(
      /^INVALID_CROSS_REFERENCE_KEY: .*\[RecordTypeId\]$/,
    );
  });
});

describe("a master-detail child of the org's own", () => {
  const master: FieldDefinition = {
    name: "Order__c",
    label: "Order",
    type: "reference",
    length: 18,
    custom: true,
    createable: true,
    masterDetail: true,
    referenceTo: ["Order"],
    relationshipName: "Order__r",
    childRelationshipName: "Parcels__r",
    onParentDelete: "cascade",
  };

  it("needs its master, follows it to the bin and back, and does not change it", () => {
    const shop = new Shop({ objects: [parcel(master)] });
    const order = shop.order();
    const id = shop.insert("Parcel__c", { Name: "P", Order__c: order });

    expect(refusal(shop.tryInsert("Parcel__c", { Name: "P" }))).toContain("Required fields are missing: [Order__c]");
    expect(refusal(shop.tryUpdate("Parcel__c", id, { Order__c: shop.order() }))).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE/,
    );
    shop.delete("Order", order);
    expect(shop.row("Parcel__c", id)["IsDeleted"]).toBe(true);
    shop.undelete("Order", order);
    expect(shop.row("Parcel__c", id)["IsDeleted"]).toBe(false);
  });
});

function parcel(master: FieldDefinition): ObjectDefinition {
  const system = (name: string, type: FieldDefinition["type"]): FieldDefinition => ({ name, label: name, type });
  return {
    name: "Parcel__c",
    label: "Parcel",
    labelPlural: "Parcels",
    keyPrefix: "a00",
    custom: true,
    createable: true,
    updateable: true,
    deletable: true,
    undeletable: true,
    sharingModel: "ControlledByParent",
    controlledBy: "Order__c",
    fields: [
      system("Id", "id"),
      system("IsDeleted", "boolean"),
      { name: "Name", label: "Name", type: "string", length: 80, createable: true, updateable: true, nameField: true },
      system("CreatedDate", "datetime"),
      system("SystemModstamp", "datetime"),
      master,
    ],
  };
}
