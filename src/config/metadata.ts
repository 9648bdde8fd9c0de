/**
 * The Salesforce metadata that a mapping needs, in SFDX source format: the unique external-Id fields that hold the
 * business keys. A team deploys these files to its org; the mock org loads the same files with `--source-dir`.
 */
import type { Mapping } from "../mapping/mapping.ts";

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
