/** Record Ids: 15 characters, case-sensitive, or 18 with a checksum. Source: rest-api §4. */

const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** True for text that has the form of a record Id, whatever its checksum. */
export function looksLikeId(text: string): boolean {
  return /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/.test(text);
}

/** The 18-character form; undefined where the text is no Id or its checksum does not fit. */
export function toId18(text: string): string | undefined {
  if (!looksLikeId(text)) return undefined;
  const id15 = text.slice(0, 15);
  const id18 = id15 + checksum(id15);
  return text.length === 15 || text === id18 ? id18 : undefined;
}

function checksum(id15: string): string {
  let suffix = "";
  for (let chunk = 0; chunk < 3; chunk += 1) {
    let bits = 0;
    for (let index = 0; index < 5; index += 1) {
      const char = id15[chunk * 5 + index] ?? "";
      if (char >= "A" && char <= "Z") bits |= 1 << index;
    }
    suffix += SUFFIX[bits] ?? "";
  }
  return suffix;
}
