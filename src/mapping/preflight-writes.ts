/** Whether the external system will take what the mapping writes to it: rights, required fields, sizes. */
import type { ExternalCollectionInfo, ExternalFieldFacts, WriteRefusals } from "../model/external-facts.ts";
import type { FieldMapping, ObjectMapping } from "./mapping.ts";
import { at, type PreflightProblem, when } from "./problem.ts";

/** Compares what the mapping writes with what the collection takes; nothing where nothing flows there. */
export function checkExternalWrites(
  object: ObjectMapping,
  place: string,
  info: ExternalCollectionInfo,
): readonly PreflightProblem[] {
  const { lines } = object;
  const writesLines = lines !== null && lines.direction !== "toSalesforce";
  return [
    ...checkRecords(
      {
        place,
        fields: object.fields,
        keyFields: object.naturalKey,
        creates: object.create.external,
        deletes: object.delete.external,
        createSetting: "set create.external to false",
        deleteSetting: "set delete.external to false",
      },
      info.fields,
      info.refuses,
    ),
    ...(writesLines
      ? checkRecords(
          {
            place: `${place}.lines`,
            fields: lines.fields,
            keyFields: lines.naturalKey,
            creates: true,
            deletes: true,
            createSetting: "make the lines toSalesforce",
            deleteSetting: "make the lines toSalesforce",
          },
          info.lineFields,
          info.lineRefuses,
        )
      : []),
  ];
}

interface Records {
  readonly place: string;
  readonly fields: readonly FieldMapping[];
  /** External fields that hold the key: the adapter fills them. */
  readonly keyFields: readonly string[];
  readonly creates: boolean;
  readonly deletes: boolean;
  /** The ways out, as main clauses. */
  readonly createSetting: string;
  readonly deleteSetting: string;
}

function checkRecords(
  records: Records,
  known: Readonly<Record<string, ExternalFieldFacts>> | undefined,
  refuses: WriteRefusals = {},
): readonly PreflightProblem[] {
  const { place, creates, deletes } = records;
  const written = records.fields.filter(isWritten);
  const updates = written.some(({ write }) => write !== "once");
  return [
    ...refusals(place, [
      { wanted: creates, reason: refuses.create, setting: records.createSetting },
      { wanted: updates, reason: refuses.update, setting: "make every field toSalesforce" },
      { wanted: deletes, reason: refuses.delete, setting: records.deleteSetting },
    ]),
    ...written.flatMap((field) => checkField(`${place}.fields.${field.field}`, field, records, known ?? {})),
    ...(creates ? checkRequired(records, written, known ?? {}) : []),
  ];
}

/** One problem per reason, with every setting that is a way out of it. */
function refusals(
  place: string,
  writes: readonly { readonly wanted: boolean; readonly reason: string | undefined; readonly setting: string }[],
): readonly PreflightProblem[] {
  const settings = new Map<string, Set<string>>();
  for (const { wanted, reason, setting } of writes) {
    if (wanted && reason !== undefined) settings.set(reason, (settings.get(reason) ?? new Set()).add(setting));
  }
  return [...settings].map(([reason, ways]) => at(place, `${reason}; or ${[...ways].join(" and ")}`));
}

function isWritten(field: FieldMapping): boolean {
  return field.direction !== "toSalesforce" && field.convert.write !== null;
}

function checkField(
  place: string,
  field: FieldMapping,
  { keyFields, creates }: Records,
  known: Readonly<Record<string, ExternalFieldFacts>>,
): readonly PreflightProblem[] {
  const names = field.externalFields.filter((name) => !keyFields.includes(name));
  return names.flatMap((name) => {
    const { generated, creatable, updatable } = known[name] ?? {};
    if (generated === true) {
      return [
        at(place, `"${name}" is computed by the external system and cannot be written; make the field toSalesforce`),
      ];
    }
    const missing = [
      ...(creates && creatable === false ? ["insert"] : []),
      ...(field.write !== "once" && updatable === false ? ["update"] : []),
    ];
    return when(
      missing.length > 0,
      place,
      `the user of the external system may not ${missing.join(" or ")} "${name}"; grant it, or make the field toSalesforce`,
    );
  });
}

/** Fields of a new record that must have a value and get none. */
function checkRequired(
  { place, keyFields, createSetting }: Records,
  written: readonly FieldMapping[],
  known: Readonly<Record<string, ExternalFieldFacts>>,
): readonly PreflightProblem[] {
  const filled = new Set([...keyFields, ...written.flatMap(({ externalFields }) => externalFields)]);
  return Object.entries(known)
    .filter(([name, facts]) => mustBeSent(facts) && !filled.has(name))
    .map(([name]) =>
      at(
        place,
        `a new record needs a value in "${name}", which has no default and is not written by the mapping; map it, give it a default, or ${createSetting}`,
      ),
    );
}

function mustBeSent({ nullable, hasDefault, generated }: ExternalFieldFacts): boolean {
  return nullable === false && hasDefault !== true && generated !== true;
}
