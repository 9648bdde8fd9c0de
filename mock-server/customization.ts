/**
 * A team's own Salesforce metadata applied to the standard objects: what `--source-dir` and `sourceDirs` do.
 *
 * Loaded only when somebody names a folder: the XML reader takes longer to start than the rest of the org.
 */
import { formulaRules } from "./dml/formula.ts";
import type { ValidationRule } from "./dml/options.ts";
import type { OrgSettings } from "./org/contract.ts";
import {
  type FieldAccess,
  type Grant,
  NO_ACCESS,
  type PermissionDefinition,
  STANDARD_USER,
  SYSTEM_ADMINISTRATOR,
} from "./org/permissions.ts";
import { createCatalog } from "./schema/catalog.ts";
import { applyCustomization } from "./schema/customize.ts";
import type { ObjectDefinition } from "./schema/definition.ts";
import { readCustomization } from "./schema/metadata/customization.ts";
import type { PermissionGrant } from "./schema/metadata/permissions.ts";
import type { MetadataProblem } from "./schema/metadata/problem.ts";
import { readSourceDirs } from "./source-dir.ts";

/** What a team's metadata makes of an org. */
export interface CustomizedOrg {
  readonly definitions: readonly ObjectDefinition[];
  readonly settings: Partial<OrgSettings>;
  readonly permissions: readonly PermissionDefinition[];
  readonly validationRules: readonly ValidationRule[];
  /** What a real org would do with these files and this one does not. */
  readonly remarks: readonly MetadataProblem[];
}

/**
 * Reads the folders and applies them. Throws a `MetadataError` that names every problem with file, element and reason,
 * or an `Error` where a folder does not exist.
 */
export function customizeOrg(definitions: readonly ObjectDefinition[], folders: readonly string[]): CustomizedOrg {
  const customization = readCustomization(readSourceDirs(folders));
  const schema = applyCustomization(definitions, customization);
  return {
    definitions: schema.definitions,
    settings: customization.settings,
    permissions: customization.permissions.flatMap(permissionDefinition),
    validationRules: formulaRules(customization.validationRules, createCatalog(schema.definitions)),
    remarks: schema.remarks,
  };
}

/**
 * A profile file of the source format tells only what differs from the profile, so it is laid over the one that the org
 * has. The administrator's profile holds everything already.
 */
function permissionDefinition(source: PermissionGrant): readonly PermissionDefinition[] {
  const name = source.kind === "profile" ? source.label : source.name;
  if (source.kind === "profile" && name === SYSTEM_ADMINISTRATOR.name) return [];
  const base = source.kind === "profile" && name === STANDARD_USER.name ? STANDARD_USER : undefined;
  const inherited = base?.userPermissions === "all" || base === undefined ? [] : base.userPermissions;
  const permissions = [...new Set([...inherited, ...source.userPermissions])];
  const kind = source.kind;
  return [{ kind, name, label: source.label, userPermissions: permissions, grant: grantOf(source, base?.grant) }];
}

function grantOf(source: PermissionGrant, base: Grant | undefined): Grant {
  const objects = source.objects.map(({ object, ...rights }) => [object, { ...NO_ACCESS, ...rights }] as const);
  const fields = source.fields.map(({ object, field, readable, editable }): readonly [string, FieldAccess] => [
    `${object}.${field}`,
    { read: readable, edit: editable },
  ]);
  return {
    ...base,
    objects: { ...base?.objects, ...Object.fromEntries(objects) },
    fields: { ...base?.fields, ...Object.fromEntries(fields) },
  };
}
