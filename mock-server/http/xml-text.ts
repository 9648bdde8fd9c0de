/** Writes XML text. Names come from the program or the schema; values are escaped. */
import type { WireDouble } from "../schema/wire-double.ts";

/** Escapes a text for use between tags or in a double-quoted attribute; drops characters that XML cannot hold. */
export function escapeXml(text: string): string {
  return text.replace(FORBIDDEN, "").replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char);
}

// oxlint-disable-next-line no-control-regex -- these are the characters that XML 1.0 forbids
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * One element from a JSON-like value: arrays repeat the element, null is `xsi:nil`, a record's `attributes` become XML
 * attributes `type` and `url`. Datetimes change from `+0000` to `Z`.
 */
export function xmlElement(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item: unknown) => xmlElement(name, item)).join("");
  if (value === null || value === undefined) return `<${name} xsi:nil="true"/>`;
  if (typeof value === "object" && !(value instanceof Number)) {
    const { attributes, ...members } = Object.fromEntries(Object.entries(value)) as Record<string, unknown>;
    const content = Object.entries(members).map(([key, member]) => xmlElement(key, member));
    return `<${name}${xmlAttributes(attributes)}>${content.join("")}</${name}>`;
  }
  const text =
    typeof value === "string" ? value.replace(DATETIME, "$1Z") : String(value as number | boolean | WireDouble);
  return `<${name}>${escapeXml(text)}</${name}>`;
}

const DATETIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\+0000$/;

function xmlAttributes(attributes: unknown): string {
  if (typeof attributes !== "object" || attributes === null) return "";
  return Object.entries(attributes)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string")
    .map(([key, text]) => ` ${key}="${escapeXml(text)}"`)
    .join("");
}
