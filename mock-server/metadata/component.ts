/** What a metadata component is, which types there are, and how its content becomes a file that the readers know. */
import type { OrgFault } from "../errors.ts";
import type { SourceFile } from "../schema/metadata/component.ts";
import type { XmlElement } from "../schema/metadata/xml.ts";

/** The types that can be read and changed. */
export const COMPONENT_TYPES = ["CustomField", "CustomObject", "PermissionSet", "Profile"] as const;
export type ComponentType = (typeof COMPONENT_TYPES)[number];

/** One component: its type, its full name (`Account.ERP_Key__c`), and its content as an element. */
export interface Component {
  readonly type: ComponentType;
  readonly fullName: string;
  readonly element: XmlElement;
}

/** The outcome of one component's change. */
export type ComponentResult =
  | { readonly success: true; readonly fullName: string; readonly created: boolean }
  | { readonly success: false; readonly fullName: string; readonly fault: OrgFault };

/** A type by its name; undefined where it is none of those above. */
export function componentType(name: string): ComponentType | undefined {
  return COMPONENT_TYPES.find((type) => type === name);
}

/** The object and the field that a full name of a custom field means; undefined where it is none. */
export function fieldPath(fullName: string): { readonly object: string; readonly field: string } | undefined {
  const [, object, field] = /^(\w+)\.(\w+)$/.exec(fullName) ?? [];
  return object === undefined || field === undefined ? undefined : { object, field };
}

/** The component as a file of the source format. */
export function sourceFile({ type, fullName, element }: Component): SourceFile {
  return {
    path: pathOf(type, fullName),
    text: `<?xml version="1.0" encoding="UTF-8"?>${xmlOf({ ...element, name: type })}`,
  };
}

function pathOf(type: ComponentType, fullName: string): string {
  const escaped = encodeURIComponent(fullName);
  switch (type) {
    case "CustomField": {
      const { object, field } = fieldPath(fullName) ?? { object: "", field: "" };
      return `objects/${object}/fields/${field}.field-meta.xml`;
    }
    case "CustomObject":
      return `objects/${escaped}/${escaped}.object-meta.xml`;
    case "PermissionSet":
      return `permissionsets/${escaped}.permissionset-meta.xml`;
    case "Profile":
      return `profiles/${escaped}.profile-meta.xml`;
  }
}

/** An element as XML text. */
export function xmlOf({ name, text, children }: XmlElement): string {
  const content = children.length > 0 ? children.map(xmlOf).join("") : escaped(text);
  return `<${name}>${content}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
