import { describe, expect, it } from "vitest";
import type { SaveOptions, Trigger, Verdict } from "../../../mock-server/dml/options.ts";
import type { ObjectDefinition } from "../../../mock-server/schema/definition.ts";
import { refusal, Shop } from "./shop.ts";

function shopWith(options: SaveOptions): Shop {
  const shop = new Shop();
  shop.options = options;
  return shop;
}

describe("a validation rule", () => {
  const rules = [
    {
      name: "PoRequired",
      object: "Order",
      message: "Give a PO number",
      field: "PoNumber",
      isBroken: (row: Readonly<Record<string, unknown>>) => row["PoNumber"] === null,
    },
    {
      name: "NameRequired",
      object: "Order",
      message: "Give a name",
      isBroken: (row: Readonly<Record<string, unknown>>) => row["Name"] === null,
    },
  ];

  it("GEN-3: refuses with its own text; several answer together", () => {
    const shop = shopWith({ validationRules: rules });

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toBe(
      "FIELD_CUSTOM_VALIDATION_EXCEPTION: Give a PO number [PoNumber] | FIELD_CUSTOM_VALIDATION_EXCEPTION: Give a name []",
    );
    expect(refusal(shop.tryInsert("Order", shop.orderValues({ PoNumber: "1", Name: "n" })))).toBe("saved");
  });

  it("comes after the platform's own rules", () => {
    const shop = shopWith({ validationRules: rules });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Status: "Activated" })))).toMatch(/^FAILED_ACTIVATION/);
  });
});

describe("a trigger", () => {
  it("before the save sets fields, fills required ones, and cannot break the platform's rules", () => {
    const fill: Trigger = {
      name: "Fill",
      object: "Order",
      on: ["before insert"],
      run: ({ record, set }) => {
        if (record["EffectiveDate"] === null) set("EffectiveDate", "2026-08-02");
        if (record["Name"] === "cheat") set("Status", "Activated");
      },
    };
    const shop = shopWith({ triggers: [fill] });

    const id = shop.insert("Order", shop.orderValues({ EffectiveDate: undefined }));

    expect(shop.row("Order", id)["EffectiveDate"]).toBe("2026-08-02");
    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Name: "cheat" })))).toMatch(/^FAILED_ACTIVATION/);
    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Status: undefined })))).toContain("[Status]");
  });

  it("cannot store what a client could not", () => {
    const shop = shopWith({
      triggers: [
        { name: "Long", object: "Order", on: ["before insert"], run: ({ set }) => set("PoNumber", "x".repeat(81)) },
      ],
    });

    expect(refusal(shop.tryInsert("Order", shop.orderValues()))).toMatch(/^STRING_TOO_LONG: .*\[PoNumber\]$/);
  });

  it("refuses with addError, and with the platform's words when it throws", () => {
    const shop = shopWith({
      triggers: [
        { name: "No", object: "Order", on: ["before update"], run: ({ addError }) => addError("Not today", "Name") },
        {
          name: "Boom",
          object: "Order",
          on: ["before delete"],
          run: () => {
            throw new Error("System.NullPointerException: boom");
          },
        },
      ],
    });
    const id = shop.order();

    expect(refusal(shop.tryUpdate("Order", id, {}))).toBe("FIELD_CUSTOM_VALIDATION_EXCEPTION: Not today [Name]");
    expect(refusal(shop.tryDelete("Order", id))).toBe(
      "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: Boom: execution of BeforeDelete\n\ncaused by: System.NullPointerException: boom []",
    );
  });

  it("after the save writes other records, and a refusal undoes both", () => {
    const copy: Trigger = {
      name: "Copy",
      object: "Account",
      on: ["after insert"],
      run: ({ record, save, addError }) => {
        if (String(record["Name"]).startsWith("Copy")) return;
        const [result] = save({
          operation: "insert",
          allOrNone: true,
          records: [{ object: "Account", values: { Name: `Copy of ${record["Name"]}`, ParentId: record["Id"] } }],
        });
        if (result?.success !== true || record["Name"] === "bad") addError("undone");
      },
    };
    const shop = shopWith({ triggers: [copy] });
    const before = shop.rows("Account").length;

    shop.insert("Account", { Name: "good" });
    const bad = shop.tryInsert("Account", { Name: "bad" });

    expect(refusal(bad)).toContain("undone");
    expect(
      shop
        .rows("Account")
        .slice(before)
        .map((row) => row["Name"]),
    ).toEqual(["good", "Copy of good"]);
  });

  it("that calls itself without end is stopped", () => {
    const loop: Trigger = {
      name: "Loop",
      object: "Account",
      on: ["after update"],
      run: ({ record, save, addError }) => {
        const request = {
          operation: "update",
          allOrNone: true,
          records: [{ object: "Account", id: String(record["Id"]), values: {} }],
        } as const;
        const [result] = save(request);
        if (result?.success === false) addError(result.faults[0]?.message ?? "");
      },
    };
    const shop = shopWith({ triggers: [loop] });

    expect(refusal(shop.tryUpdate("Account", shop.account, { Name: "x" }))).toContain("maximum trigger depth exceeded");
  });
});

describe("a row lock", () => {
  it("refuses the locked record, and the products of a locked order, and nothing else", () => {
    const shop = new Shop();
    const [locked, free] = [shop.order(), shop.order()];
    shop.options = { lockCheck: (_tx, object, row) => object === "Order" && row["Id"] === locked };
    const answer = `UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record or 1 records: ${locked.slice(0, 15)} []`;

    expect(refusal(shop.tryUpdate("Order", locked, { Name: "x" }))).toBe(answer);
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(locked)))).toBe(answer);
    expect(refusal(shop.tryInsert("OrderItem", shop.itemValues(free)))).toBe("saved");
  });

  it("that the org itself holds fails the row, not the request", () => {
    const shop = new Shop();
    const [locked, free] = [shop.order(), shop.order()];
    const release = shop.org.lockRow(locked);
    const records = [locked, free].map((id) => ({ object: "OrderItem", values: shop.itemValues(id) }));

    const during = shop.save({ operation: "insert", allOrNone: false, records }).map(refusal);
    release();

    expect(during[0]).toMatch(/^UNABLE_TO_LOCK_ROW/);
    expect(during[1]).toBe("saved");
    expect(shop.rows("OrderItem")).toHaveLength(1);
  });
});

describe("the recorder of verdicts", () => {
  it("hears which rules were asked and which one refused", () => {
    const verdicts: Verdict[] = [];
    const shop = new Shop();
    const id = shop.order();
    shop.options = { onVerdict: (verdict) => verdicts.push(verdict) };

    shop.tryUpdate("Order", id, { Status: "Activated" });

    expect(verdicts.filter((verdict) => verdict.kept).length).toBeGreaterThan(5);
    expect(verdicts.filter((verdict) => !verdict.kept).map(({ row, rule, id: about }) => [row, rule, about])).toEqual([
      [0, "ORD-4", id],
    ]);
  });
});

describe("field history", () => {
  const tracked = (definition: ObjectDefinition): ObjectDefinition =>
    definition.name === "Order"
      ? { ...definition, historyTracked: ["Status", "AccountId", "TotalAmount", "Description"] }
      : definition;

  const history = (shop: Shop) =>
    shop.rows("OrderHistory").map((row) => [row["Field"], row["OldValue"], row["NewValue"]]);

  it("notes creation, activation, totals, and a lookup twice", () => {
    const shop = new Shop({ replace: tracked });
    const id = shop.order();
    shop.update("Order", id, { AccountId: shop.otherAccount, Description: "long" });
    shop.item(id);
    shop.update("Order", id, { Status: "Activated" });

    expect(history(shop)).toEqual([
      ["created", null, null],
      ["Account", shop.account, shop.otherAccount],
      ["Account", "Acme", "Globex"],
      ["Description", null, null],
      ["TotalAmount", 0, 998],
      ["Status", "Draft", "Activated"],
      ["orderActivated", null, null],
    ]);
  });

  it("stays empty where nothing is tracked", () => {
    const shop = new Shop();
    shop.activatedOrder();

    expect(shop.rows("OrderHistory")).toEqual([]);
  });
});

describe("statuses of the org's own", () => {
  const custom = (definition: ObjectDefinition): ObjectDefinition => ({
    ...definition,
    fields: definition.fields.map((field) =>
      definition.name === "Order" && field.name === "Status"
        ? {
            ...field,
            picklistValues: [
              { value: "New", label: "New", group: "Draft", defaultValue: true },
              { value: "Cancelled", label: "Cancelled", group: "Draft" },
              { value: "Paid", label: "Paid", group: "Activated" },
              { value: "Shipped", label: "Shipped", group: "Activated" },
              { value: "Expired", label: "Expired", group: "Expired" },
              { value: "Old", label: "Old", group: "Draft", active: false },
            ],
          }
        : field,
    ),
  });

  it("follow their category: default, activation, lock, and the way back", () => {
    const shop = new Shop({ replace: custom });
    const id = shop.order({ Status: undefined });
    shop.item(id);
    const stored = shop.row("Order", id)["Status"];
    shop.update("Order", id, { Status: "Paid" });
    const stamp = shop.row("Order", id)["ActivatedDate"];
    shop.org.clock.advance({ hours: 1 });
    shop.update("Order", id, { Status: "Shipped" });

    expect(stored).toBe("New");
    expect(shop.row("Order", id)).toMatchObject({ StatusCode: "Activated", ActivatedDate: stamp });
    expect(refusal(shop.tryDelete("Order", id))).toMatch(/^DELETE_FAILED/);
    shop.update("Order", id, { Status: "Cancelled" });
    expect(refusal(shop.tryDelete("Order", id))).toBe("saved");
  });

  it.each([
    ["an activated one on create", "Paid", /^FAILED_ACTIVATION/],
    ["a category of Salesforce's own processes", "Expired", /^INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: .*: Expired/],
    ["an inactive value", "Old", /^INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST/],
    ["a value of another org", "Draft", /^INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST/],
  ])("refuse %s", (_case, Status, answer) => {
    const shop = new Shop({ replace: custom });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ Status })))).toMatch(answer);
  });
});
