/** The bytes of exchange files: from and to text in the encoding that the other system uses. Pure. */
import { UnusableFile } from "./unusable-file.ts";

/** Encodings of exchange files, by their names in the WHATWG Encoding Standard. windows-1252 reads Latin-1 as well. */
export const FILE_ENCODINGS = [
  "utf-8",
  "utf-16le",
  "windows-1250",
  "windows-1251",
  "windows-1252",
  "windows-1253",
  "windows-1254",
  "windows-1257",
  "iso-8859-2",
  "iso-8859-15",
] as const;

/** One of `FILE_ENCODINGS`. */
export type FileEncoding = (typeof FILE_ENCODINGS)[number];

const MARKS: readonly { readonly bytes: readonly number[]; readonly encoding: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: "utf-8" },
  { bytes: [0xff, 0xfe], encoding: "utf-16le" },
  { bytes: [0xfe, 0xff], encoding: "utf-16be" },
];

/** The text without a byte order mark. Throws `UnusableFile` where the bytes are of another encoding. */
export function decodeFile(bytes: Uint8Array, encoding: FileEncoding): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, index) => bytes[index] === byte));
  if (mark?.encoding === "utf-16be") {
    throw new UnusableFile("the file is UTF-16 with the high byte first, which is not read; send UTF-8 or utf-16le");
  }
  if (mark !== undefined && mark.encoding !== encoding) {
    throw new UnusableFile(
      `the file begins with the byte order mark of ${mark.encoding}, and \`encoding\` is ${encoding}; set \`encoding: ${mark.encoding}\` or send ${encoding}`,
    );
  }
  if (encoding === "utf-16le" && bytes.length % 2 === 1) {
    throw new UnusableFile("the file has an odd number of bytes and cannot be UTF-16: it is cut off");
  }
  const text = decoded(bytes, encoding);
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    throw new UnusableFile(
      `line ${lineAt(text, nul)} holds a NUL character: the file is damaged, or UTF-16 (then set \`encoding: utf-16le\`)`,
    );
  }
  return text;
}

/** The bytes of a text. Every character must have a place in the encoding: see `unencodable`. */
export function encodeFile(text: string, encoding: FileEncoding): Uint8Array {
  if (encoding === "utf-8") return Buffer.from(text, "utf8");
  // The mark tells a reader which of the two forms of UTF-16 it is.
  if (encoding === "utf-16le") return Buffer.from(`\uFEFF${text}`, "utf16le");
  const table = tableOf(encoding);
  return Uint8Array.from(text, (character) => table.get(character) ?? 0x3f);
}

/** The first character of a text that the encoding has no place for; undefined when it can be written. */
export function unencodable(text: string, encoding: FileEncoding): string | undefined {
  if (encoding === "utf-8" || encoding === "utf-16le") return undefined;
  const table = tableOf(encoding);
  for (const character of text) if (!table.has(character)) return character;
  return undefined;
}

/** What windows-1252 has where Latin-1 has control characters (Encoding Standard, index windows-1252). */
const WINDOWS_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/** The text of bytes. Node 20 decodes windows-1252 as Latin-1, which loses the euro sign. */
function textOf(bytes: Uint8Array, encoding: FileEncoding): string {
  const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  if (encoding !== "windows-1252") return text;
  return text.replace(/[\u0080-\u009f]/g, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80] ?? control);
}

function decoded(bytes: Uint8Array, encoding: FileEncoding): string {
  try {
    return textOf(bytes, encoding);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const where = encoding === "utf-16le" ? "" : ` (line ${firstBadLine(bytes, encoding)})`;
    const way =
      encoding === "utf-8" ? "send UTF-8, or set `encoding` (windows-1252 for Latin-1)" : "send it in that encoding";
    throw new UnusableFile(`the file is not ${encoding.toUpperCase()}${where}; ${way}`);
  }
}

/** The line with the first byte that cannot be read. No byte of a longer UTF-8 character looks like a line break. */
function firstBadLine(bytes: Uint8Array, encoding: FileEncoding): number {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for (let line = 1, start = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch (error) {
      if (error instanceof TypeError) return line;
      throw error;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\n|\r/).length;
}

/** Character → byte of an encoding with one byte per character. */
function tableOf(encoding: FileEncoding): ReadonlyMap<string, number> {
  const known = tables.get(encoding);
  if (known !== undefined) return known;
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) {
    try {
      table.set(textOf(Uint8Array.of(byte), encoding), byte);
    } catch (error) {
      // A byte that means nothing in this encoding is no place for a character.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  tables.set(encoding, table);
  return table;
}

const tables = new Map<FileEncoding, ReadonlyMap<string, number>>();
