/** `@{reference.path}` in composite subrequests: replaced by values of earlier answers. Source: rest-api §9.1. */
import { OrgError } from "../../errors.ts";
import { isObject } from "../../http/json-object.ts";

/** Bodies of the subrequests that were executed so far, by reference id. */
export type Answers = ReadonlyMap<string, unknown>;

const REFERENCE = /@\{([^{}]*)\}/g;
const WHOLE_REFERENCE = /^@\{([^{}]*)\}$/;

/** The same value with all references replaced. Throws `OrgError` (`PROCESSING_HALTED`) where one has no value. */
export function substitute(value: unknown, answers: Answers): unknown {
  if (typeof value === "string") return substituteText(value, answers);
  if (Array.isArray(value)) return value.map((item: unknown) => substitute(item, answers));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, substitute(member, answers)]));
}

/** The address with all references replaced; inserted values are percent-encoded. */
export function substituteUrl(url: string, answers: Answers): string {
  if (!url.includes("@{")) return url;
  return url.replace(REFERENCE, (_, path: string) => encodeURIComponent(asText(lookUp(path, answers))));
}

/** Reference ids that a value mentions. */
export function mentionedReferences(value: unknown): readonly string[] {
  if (typeof value === "string") {
    return [...value.matchAll(REFERENCE)].map((match) => /^\w*/.exec(match[1] ?? "")?.[0] ?? "");
  }
  if (Array.isArray(value)) return value.flatMap((item: unknown) => mentionedReferences(item));
  return isObject(value) ? Object.values(value).flatMap((member) => mentionedReferences(member)) : [];
}

function substituteText(text: string, answers: Answers): unknown {
  if (!text.includes("@{")) return text;
  const whole = WHOLE_REFERENCE.exec(text)?.[1];
  // A reference that is the whole text keeps its type: a number stays a number, null stays null.
  if (whole !== undefined) return lookUp(whole, answers);
  return text.replace(REFERENCE, (_, path: string) => asText(lookUp(path, answers)));
}

function lookUp(path: string, answers: Answers): unknown {
  const reference = /^[^.[]*/.exec(path)?.[0] ?? "";
  let value: unknown = answers.get(reference);
  const steps = [...path.slice(reference.length).matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)];
  if (!answers.has(reference) || steps.map((step) => step[0]).join("") !== path.slice(reference.length)) {
    throw noValue(path, reference);
  }
  for (const [, name, index] of steps) {
    if (name !== undefined) value = isObject(value) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  if (value === undefined) throw noValue(path, reference);
  return value;
}

function asText(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function noValue(path: string, reference: string): OrgError {
  const message = `Invalid reference specified. No value for ${path} found in ${reference}.`;
  return new OrgError(400, { code: "PROCESSING_HALTED", message });
}
