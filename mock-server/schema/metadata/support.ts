/**
 * What this org does with each type of metadata: the one list behind the remarks at the start and the table in
 * `docs/metadata.md`.
 */

/** What becomes of the components of one type. */
export type Support =
  /** Loaded, and it decides what the org answers. */
  | "acts"
  /** Loaded: queries and describes show it, and nothing hangs on it. */
  | "loaded"
  /** Left out, and the start says so: a real org would act on it. */
  | "named"
  /** Left out without a word: it says nothing about records. */
  | "silent";

/** One type of metadata. */
export interface TypeSupport {
  readonly type: string;
  /** The endings of its files, without `-meta.xml`. */
  readonly endings: readonly string[];
  readonly support: Support;
  /** What is done and what is not, in half a sentence; for `named` the remark itself. */
  readonly note: string;
}

/** Types that say something about records. Every other type is passed over. */
export const METADATA_TYPES: readonly TypeSupport[] = [
  type(
    "CustomObject",
    "object",
    "acts",
    "custom objects, sharing models, history, custom settings, custom metadata types; of standard objects what setup may change",
  ),
  type(
    "CustomField",
    "field",
    "acts",
    "all types of fields, formulas, roll-ups, defaults, lookup filters, dependent picklists (which describe tells and the API does not enforce); of standard fields help texts and history",
  ),
  type("ValidationRule", "validationRule", "acts", "checked at every save"),
  type(
    "RecordType",
    "recordType",
    "acts",
    "with the default that a profile names; the picklist values of a record type are not narrowed",
  ),
  type(
    "StandardValueSet",
    "standardValueSet",
    "acts",
    "values of standard picklists, categories of order and contract statuses, closed statuses, stages",
  ),
  type("GlobalValueSet", "globalValueSet", "acts", "the values of the fields that name it"),
  type(
    "OrderSettings, ContractSettings",
    "settings",
    "acts",
    "the switches that change rules; other settings are passed over",
  ),
  type(
    "Profile",
    "profile",
    "acts",
    "object and field permissions, user and custom permissions, default record types; several files add up",
  ),
  {
    type: "PermissionSet",
    endings: [
      "permissionset",
      "objectSettings",
      "objectPermission",
      "fieldPermission",
      "recordTypeVisibility",
      "userPermission",
      "customPermission",
    ],
    support: "acts",
    note: "as a profile; also kept in many files (`decomposePermissionSetBeta`, `…Beta2`)",
  },
  type("CustomLabels", "labels", "acts", "`$Label` in formulas, in the language of the file"),
  type("CustomLabel", "label", "acts", "as above, one label a file"),
  type("CustomMetadata", "md", "acts", "records that queries and `$CustomMetadata` read"),
  type(
    "CustomPermission",
    "customPermission",
    "silent",
    "what profiles and permission sets grant is what `$Permission` asks for",
  ),
  type(
    "PermissionSetGroup",
    "permissionsetgroup",
    "acts",
    "a permission set of the group's name that gives what its sets give, less what is muted",
  ),
  type("MutingPermissionSet", "mutingpermissionset", "acts", "within its group"),
  type("Role", "role", "acts", "`UserRole` records with the role above; members are users of `users` or the API"),
  type("Group", "group", "loaded", "`Group` records; members come by the API"),
  type("Queue", "queue", "loaded", "`Group` records of type Queue, which can own records; members come by the API"),
  type("ApexTrigger", "trigger", "named", "Apex triggers are not executed"),
  type("Flow", "flow", "named", "flows are not executed"),
  type("Workflow", "workflow", "named", "workflow rules are not executed"),
  type("ApprovalProcess", "approvalProcess", "named", "approval processes are not executed"),
  type("AssignmentRules", "assignmentRules", "named", "assignment rules are not executed"),
  type("EscalationRules", "escalationRules", "named", "escalation rules are not executed"),
  type("AutoResponseRules", "autoResponseRules", "named", "auto-response rules are not executed"),
  type("DuplicateRule", "duplicateRule", "named", "duplicate rules are not enforced"),
  type("SharingRules", "sharingRules", "named", "sharing rules are not applied"),
  type("RestrictionRule", "restrictionRule", "named", "restriction rules are not applied"),
];

/** What an org would do with a file of this ending and this one does not; undefined where nothing is to be said. */
export function remarkOnEnding(ending: string): string | undefined {
  return NAMED.get(ending);
}

const NAMED: ReadonlyMap<string, string> = new Map(
  METADATA_TYPES.filter(({ support }) => support === "named").flatMap(({ endings, note }) =>
    endings.map((ending) => [ending, note] as const),
  ),
);

function type(name: string, ending: string, support: Support, note: string): TypeSupport {
  return { type: name, endings: [ending], support, note };
}
