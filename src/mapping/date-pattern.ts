/** Dates and times in the external system's own notation: patterns of `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`. */
import type { CivilTime } from "../model/instant.ts";
import { twoDigits } from "../model/instant.ts";

const TOKENS = /yyyy|MM|dd|HH|mm|ss/g;

/** Reads a text by a pattern into ISO notation (`YYYY-MM-DD` or with `Thh:mm:ss`); undefined when it does not fit. */
export function readPattern(pattern: string, text: string): string | undefined {
  const tokens: string[] = [];
  const expression = pattern
    .split(/(yyyy|MM|dd|HH|mm|ss)/)
    .map((part) => {
      if (!/^(?:yyyy|MM|dd|HH|mm|ss)$/.test(part)) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      tokens.push(part);
      return part === "yyyy" ? "(\\d{4})" : "(\\d{2})";
    })
    .join("");
  const match = new RegExp(`^${expression}$`).exec(text);
  if (match === null) return undefined;
  const found = new Map(tokens.map((token, index) => [token, match[index + 1] ?? ""]));
  const date = `${found.get("yyyy") ?? ""}-${found.get("MM") ?? ""}-${found.get("dd") ?? ""}`;
  if (!found.has("HH")) return date;
  return `${date}T${found.get("HH") ?? "00"}:${found.get("mm") ?? "00"}:${found.get("ss") ?? "00"}`;
}

/** Writes a time by a pattern. */
export function writePattern(pattern: string, time: CivilTime): string {
  const parts: Readonly<Record<string, string>> = {
    yyyy: String(time.year).padStart(4, "0"),
    MM: twoDigits(time.month),
    dd: twoDigits(time.day),
    HH: twoDigits(time.hour),
    mm: twoDigits(time.minute),
    ss: twoDigits(time.second),
  };
  return pattern.replace(TOKENS, (token) => parts[token] ?? token);
}

/** True when the pattern names year, month and day once each. */
export function isDatePattern(pattern: string): boolean {
  const tokens = pattern.match(TOKENS) ?? [];
  return ["yyyy", "MM", "dd"].every((token) => tokens.filter((each) => each === token).length === 1);
}
