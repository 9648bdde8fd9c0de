/** What the table of metadata types says is what happens to their files. */
import { expect, it } from "vitest";
import { componentOf, leftAside } from "../../../mock-server/schema/metadata/component.ts";
import { METADATA_TYPES } from "../../../mock-server/schema/metadata/support.ts";

/** Files of objects and of permission sets are in folders of their own. */
const FOLDERS: Readonly<Record<string, string>> = {
  field: "objects/Order/fields/X__c",
  recordType: "objects/Order/recordTypes/X",
  validationRule: "objects/Order/validationRules/X",
  object: "objects/Order/Order",
  md: "customMetadata/Rate.X",
  objectSettings: "permissionsets/P/objectSettings/Order",
  objectPermission: "permissionsets/P/objectPermissions/Order",
  fieldPermission: "permissionsets/P/fieldPermissions/Order.PoNumber",
  recordTypeVisibility: "permissionsets/P/recordTypeVisibilities/Order.X",
  userPermission: "permissionsets/P/userPermissions/ApiEnabled",
};

it.each(
  METADATA_TYPES.flatMap(({ type, endings, support, note }) =>
    endings.map((ending) => ({ type, ending, support, note })),
  ),
)("$type in .$ending files: $support", ({ type, ending, support, note }) => {
  const inSet = type === "PermissionSet" && ending === "customPermission";
  const path = `main/default/${FOLDERS[ending] ?? (inSet ? "permissionsets/P/P" : "others/X")}.${ending}-meta.xml`;
  expect(componentOf(path) !== undefined).toBe(support === "acts" || support === "loaded");
  expect(leftAside(path)).toBe(support === "named" ? note : undefined);
});
