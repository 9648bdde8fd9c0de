/**
 * The Salesforce metadata that a mapping needs, in SFDX source format: the unique external-Id fields that hold the
 * business keys, and a permission set with the least rights for the integration user. A team deploys these files to its
 * org; the mock org loads the same files with `--source-dir`.
 */
import type { FieldMapping, Mapping, ObjectMapping } from "../mapping/mapping.ts";

/** One file of an SFDX project, by its path below the package folder. */
export interface MetadataFile {
  readonly path: string;
  readonly text: string;
}

const NAMESPACE = "http://soap.sforce.com/2006/04/metadata";
/** Long enough for every key that the mapping makes, and the most that a unique text field may have. */
const KEY_LENGTH = 255;

/** One file for each custom key field of the mapping; standard key fields need none. */
export function keyFieldMetadata(mapping: Mapping): readonly MetadataFile[] {
  const keyFields = mapping.objects.flatMap((object) => [
    { object: object.object, field: object.keyField },
    ...(object.lines === null ? [] : [{ object: object.lines.object, field: object.lines.keyField }]),
  ]);
  return keyFields
    .filter(({ field }) => field.endsWith("__c"))
    .map(({ object, field }) => ({
      path: `objects/${object}/fields/${field}.field-meta.xml`,
      text: customField(field),
    }));
}

function customField(field: string): string {
  const label = field.replace(/__c$/, "").replaceAll("_", " ");
  return `<?xml version="1.0" encoding="UTF-8"?>
<CustomField xmlns="${NAMESPACE}">
    <fullName>${field}</fullName>
    <caseSensitive>true</caseSensitive>
    <description>Business key of the order sync: source, object and natural key. Set by the integration only.</description>
    <externalId>true</externalId>
    <label>${label}</label>
    <length>${KEY_LENGTH}</length>
    <required>false</required>
    <trackTrending>false</trackTrending>
    <type>Text</type>
    <unique>true</unique>
</CustomField>
`;
}

/** The name of the permission set. */
export const PERMISSION_SET = "Order_Sync";

/**
 * Standard fields that take no field-level security, because a record cannot do without them: naming them in a
 * permission set fails the deployment. [memory: platform §12] Deployments tell; this is the one place to correct.
 */
const ALWAYS_VISIBLE: Readonly<Record<string, readonly string[]>> = {
  Account: ["Name", "Id"],
  Contract: ["AccountId", "Status", "ContractNumber", "Id"],
  Product2: ["Name", "Id"],
  Pricebook2: ["Name", "Id"],
  PricebookEntry: ["Product2Id", "Pricebook2Id", "UnitPrice", "IsActive", "Id"],
  Order: ["EffectiveDate", "Status", "OrderNumber", "Id"],
  OrderItem: ["OrderId", "PricebookEntryId", "Product2Id", "Quantity", "Id"],
};

/**
 * Objects without permissions of their own: an order's lines follow the order, prices their price book (reference:
 * order-domain §7.2 [doc] for lines; [memory] for prices). Whatever is done to them is an edit of the one they follow.
 */
const FOLLOWS: Readonly<Record<string, string>> = { OrderItem: "Order", PricebookEntry: "Pricebook2" };

interface ObjectRights {
  readonly create: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
}

/**
 * The permission set file: read on everything that is mapped or referred to, create, edit and delete only where the
 * mapping does so, and of the user permissions only those that activation and reopening need (reference: order-domain
 * §7.1).
 */
export function permissionSetMetadata(mapping: Mapping): MetadataFile {
  const fields = mapping.objects.flatMap((object) => [
    ...fieldRights(object.object, object.keyField, object.fields),
    ...(object.lines === null ? [] : fieldRights(object.lines.object, object.lines.keyField, object.lines.fields)),
  ]);
  const sections = [
    "    <description>What order-sync needs for its mapping, and nothing else. Made by order-sync init.</description>",
    ...fields
      .sort(byName)
      .map(({ name, edit }) => section("fieldPermissions", { editable: String(edit), field: name, readable: "true" })),
    "    <hasActivationRequired>false</hasActivationRequired>",
    "    <label>Order Sync</label>",
    ...[...objectRights(mapping)]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([object, rights]) =>
        section("objectPermissions", {
          allowCreate: String(rights.create),
          allowDelete: String(rights.delete),
          allowEdit: String(rights.edit),
          allowRead: "true",
          modifyAllRecords: "false",
          object,
          // The connector must see every record of its objects, whoever owns it.
          viewAllRecords: String(object !== "Pricebook2"),
        }),
      ),
    ...userPermissions(mapping).map((name) => section("userPermissions", { enabled: "true", name })),
  ];
  return {
    path: `permissionsets/${PERMISSION_SET}.permissionset-meta.xml`,
    text: `<?xml version="1.0" encoding="UTF-8"?>\n<PermissionSet xmlns="${NAMESPACE}">\n${sections.join("\n")}\n</PermissionSet>\n`,
  };
}

function fieldRights(
  object: string,
  keyField: string,
  fields: readonly FieldMapping[],
): { readonly name: string; readonly edit: boolean }[] {
  const fixed = ALWAYS_VISIBLE[object] ?? [];
  const rights = new Map<string, boolean>([[keyField, true]]);
  for (const field of fields) {
    rights.set(field.field, (rights.get(field.field) ?? false) || field.direction !== "toExternal");
  }
  const named = new Map<string, boolean>();
  for (const [field, edit] of rights) {
    if (fixed.includes(field)) continue;
    const name = `${object}.${permissionField(object, field)}`;
    named.set(name, (named.get(name) ?? false) || edit);
  }
  return [...named].map(([name, edit]) => ({ name, edit }));
}

/** The parts of an address share the permission of the whole address. [memory: platform §12] */
function permissionField(object: string, field: string): string {
  const kind =
    /^(Billing|Shipping)(Street|City|State|StateCode|PostalCode|Country|CountryCode|Latitude|Longitude)$/.exec(
      field,
    )?.[1];
  return kind !== undefined && ["Account", "Contract", "Order"].includes(object) ? `${kind}Address` : field;
}

function objectRights(mapping: Mapping): ReadonlyMap<string, ObjectRights> {
  const rights = new Map<string, ObjectRights>();
  const add = (object: string, more: ObjectRights): void => {
    const of = FOLLOWS[object];
    const known = rights.get(of ?? object) ?? { create: false, edit: false, delete: false };
    rights.set(of ?? object, {
      create: known.create || (of === undefined && more.create),
      edit: known.edit || more.edit || (of !== undefined && (more.create || more.delete)),
      delete: known.delete || (of === undefined && more.delete),
    });
  };
  for (const object of mapping.objects) {
    add(object.object, {
      create: object.create.salesforce,
      edit: writes(object),
      delete: object.delete.salesforce,
    });
    for (const field of [...object.fields, ...(object.lines?.fields ?? [])]) {
      if (field.reference !== null) add(field.reference.object, { create: false, edit: false, delete: false });
    }
  }
  return rights;
}

function writes(object: ObjectMapping): boolean {
  return [...object.fields, ...(object.lines?.fields ?? [])].some((field) => field.direction !== "toExternal");
}

function userPermissions(mapping: Mapping): readonly string[] {
  const order = mapping.byObject.get("Order");
  const contract = mapping.byObject.get("Contract");
  const setsStatus = (object: ObjectMapping | undefined): boolean =>
    object?.fields.some((field) => field.field === "Status" && field.direction !== "toExternal") === true;
  return [
    ...(setsStatus(contract) ? ["ActivateContract"] : []),
    ...(setsStatus(order) ? ["ActivateOrder"] : []),
    "ApiEnabled",
    ...(setsStatus(order) && order?.onActivated === "reduce" ? ["CreateReductionOrder"] : []),
    ...(setsStatus(order) && order?.onActivated === "reopen" ? ["EditActivatedOrders"] : []),
  ];
}

function section(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `        <${key}>${value}</${key}>`);
  return `    <${name}>\n${lines.join("\n")}\n    </${name}>`;
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1;
}
