/**
 * A team's own Salesforce metadata applied to the standard objects: what `--source-dir` and `sourceDirs` do.
 *
 * Loaded only when somebody names a folder.
 */
import { formulaRules } from "../dml/formula.ts";
import { lookupRules } from "../dml/lookup-filter.ts";
import type { ValidationRule } from "../dml/options.ts";
import { permissionDefinitions } from "../org/metadata-permissions.ts";
import { groupDefinitions } from "../org/permission-groups.ts";
import type { PermissionDefinition } from "../org/permissions.ts";
import type { OrgSettings } from "../org/port.ts";
import { type CustomLabels, createCatalog } from "../schema/catalog.ts";
import { applyCustomization } from "../schema/customize.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import { readCustomization } from "../schema/metadata/customization.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";
import { readSourceDirs } from "./source-dir.ts";

/** What a team's metadata makes of an org. */
export interface CustomizedOrg {
  readonly definitions: readonly ObjectDefinition[];
  readonly settings: Partial<OrgSettings>;
  readonly labels: CustomLabels;
  readonly permissions: readonly PermissionDefinition[];
  readonly validationRules: readonly ValidationRule[];
  /** What a real org would do with these files and this one does not. */
  readonly remarks: readonly MetadataProblem[];
}

/**
 * Reads the folders and applies them. Throws an `Error` where a folder does not exist. What cannot be used is left out and
 * remarked upon; with `strict` all of it throws together, as a `MetadataError`.
 */
export function customizeOrg(
  definitions: readonly ObjectDefinition[],
  folders: readonly string[],
  strict: boolean,
): CustomizedOrg {
  const customization = readCustomization(readSourceDirs(folders), "leaveOut");
  const schema = applyCustomization(definitions, customization, strict ? "refuse" : "leaveOut");
  const catalog = createCatalog(schema.definitions, customization.labels);
  const sets = permissionDefinitions(customization.permissions);
  const missing: MetadataProblem[] = [];
  const groups = groupDefinitions(customization.permissionGroups, sets, customization.muting, ({ path, name }, set) =>
    missing.push({ path, element: name, reason: `the permission set ${set} is in none of the given files` }),
  );
  const lookups = lookupRules(customization.fields, catalog);
  return {
    definitions: schema.definitions,
    settings: customization.settings,
    labels: customization.labels,
    permissions: [...sets, ...groups],
    validationRules: [...formulaRules(schema.validationRules, catalog), ...lookups.rules],
    remarks: [...schema.remarks, ...lookups.remarks, ...missing],
  };
}
