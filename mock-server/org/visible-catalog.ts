/** What the settings of an org make of its schema. */
import { type Catalog, createCatalog } from "../schema/catalog.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import type { OrgSettings } from "./port.ts";

/** The objects and fields of an org with these settings (reference: order-domain §1.15 [live; doc]). */
export function catalogUnder({ enableOrders, autoCalculateEndDate }: OrgSettings, whole: Catalog): Catalog {
  if (enableOrders && autoCalculateEndDate) return whole;
  const ofOrders = /^Order(Item)?(Status|History|Share|Feed)?$/;
  const definitions = whole.objects.map((type) => type.definition);
  return createCatalog(
    definitions
      .filter(({ name }) => enableOrders || !ofOrders.test(name))
      .map((definition) => (autoCalculateEndDate ? definition : withOwnEndDate(definition))),
    whole.labels,
  );
}

/** Without auto-calculation a contract's end date is the client's. */
function withOwnEndDate(definition: ObjectDefinition): ObjectDefinition {
  if (definition.name !== "Contract") return definition;
  const fields = definition.fields.map((field) =>
    field.name === "EndDate" ? { ...field, createable: true, updateable: true } : field,
  );
  return { ...definition, fields };
}
