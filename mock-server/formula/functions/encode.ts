/** Texts made safe for HTML, scripts and addresses. */

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const SCRIPT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "<": "\\u003C",
  ">": "\\u003E",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** `<` as `&lt;` and so on, as HTMLENCODE writes it. */
export function htmlEncoded(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML[character] ?? character);
}

/** Quotes, backslashes and line breaks with a backslash, as JSENCODE writes them. */
export function scriptEncoded(text: string): string {
  return text.replace(/[\\'"\n\r\t<>\u2028\u2029]/g, (character) => SCRIPT[character] ?? character);
}

/** As in a form of a web page: a blank is `+`, what is not a letter or a digit is percent-encoded. */
export function urlEncoded(text: string): string {
  const safe = text.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, "?");
  return encodeURIComponent(safe)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}
