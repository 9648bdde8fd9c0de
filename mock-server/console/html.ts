/**
 * Markup with escaping built in: whatever is put into a template is text, unless it is markup already.
 *
 * ```ts
 * html`<a href="${url}">${name}</a>`
 * ```
 * Attributes are in double quotes in every template; both contexts need the same five characters escaped.
 */

/** A piece of HTML that may be sent as it is: what `html` makes, or a constant of our own. Never made of a value. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: lists are joined, `null`, `undefined` and `false` leave nothing. */
export type Part = Markup | string | number | boolean | null | undefined | readonly Part[];

/** Makes markup of a template; every value that is no markup is escaped. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let text = strings[0] ?? "";
  for (let at = 0; at < values.length; at += 1) text += textOf(values[at]) + (strings[at + 1] ?? "");
  return new Markup(text);
}

/** Nothing. */
export const NOTHING = new Markup("");

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false || part === true) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "string") return escapeText(part);
  if (typeof part === "number") return String(part);
  let text = "";
  for (const each of part) text += textOf(each);
  return text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with the characters escaped that mean something in HTML, in content and in quoted attributes. */
export function escapeText(text: string): string {
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character) : text;
}
