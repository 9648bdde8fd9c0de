/**
 * Record Ids: 15 case-sensitive characters, or 18 with a checksum that makes them safe against case folding.
 *
 * The platform always answers 18 and accepts both. Reference: rest-api §4 [doc, fixture].
 */

/** The digits of an Id's counter in ASCII order, so that Ids of one object sort in order of their creation. */
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The 32 values of one checksum character; each stands for the upper-case letters among five characters. */
const CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** What stands between key prefix and counter: the instance that made the record. Reference: rest-api §4 [memory]. */
const INSTANCE = "5e00000";

const COUNTER_DIGITS = 5;
const ID15_CHARS = 15;

/** Where an Id is put together: a text that is joined from parts keeps the parts, which for an Id doubles its memory. */
const ID_BYTES = Buffer.from(`000${INSTANCE}`.padEnd(ID15_CHARS + 3, "0"), "latin1");

/** The greatest counter that `recordIdOf` takes: 62⁵ − 1. */
export const RECORD_COUNTER_MAX = BASE62.length ** COUNTER_DIGITS - 1;

/** The Id of the master record type, which every object has (reference: rest-api §6.3 [fixture]). */
export const MASTER_RECORD_TYPE_ID = "012000000000000AAA";

/**
 * The 18-character Id of the record with this number, for example `recordIdOf("801", 1)` = `8015e0000000001AAA`.
 *
 * Throws a `RangeError` where the prefix has not three characters or the counter is not a whole number from 0 to
 * `RECORD_COUNTER_MAX`.
 */
export function recordIdOf(keyPrefix: string, counter: number): string {
  if (!/^[0-9A-Za-z]{3}$/.test(keyPrefix)) throw new RangeError(`A key prefix has three characters: "${keyPrefix}"`);
  if (!Number.isInteger(counter) || counter < 0 || counter > RECORD_COUNTER_MAX)
    throw new RangeError(`A record counter lies between 0 and ${RECORD_COUNTER_MAX}: ${counter}`);
  for (let at = 0; at < 3; at++) ID_BYTES[at] = keyPrefix.charCodeAt(at);
  let rest = counter;
  for (let at = ID15_CHARS - 1; at >= ID15_CHARS - COUNTER_DIGITS; at--) {
    ID_BYTES[at] = BASE62.charCodeAt(rest % BASE62.length);
    rest = Math.floor(rest / BASE62.length);
  }
  for (let chunk = 0; chunk < 3; chunk++) {
    let bits = 0;
    for (let at = 0; at < 5; at++) if (isUpperCase(ID_BYTES[chunk * 5 + at])) bits |= 1 << at;
    ID_BYTES[ID15_CHARS + chunk] = CHECKSUM.charCodeAt(bits);
  }
  return ID_BYTES.toString("latin1");
}

/**
 * The 18-character form of an Id of 15 or 18 characters; undefined where the text is no Id: another length, another
 * character, or a checksum that does not fit.
 */
export function to18(id: string): string | undefined {
  if (!/^[0-9A-Za-z]+$/.test(id)) return undefined;
  if (id.length === 15) return id + checksumOf(id);
  return id.length === 18 && id.slice(15) === checksumOf(id.slice(0, 15)) ? id : undefined;
}

/** The 15-character form that some error messages carry (reference: rest-api §14.3). */
export function to15(id: string): string {
  return id.slice(0, 15);
}

/** The first three characters: which object the record belongs to. */
export function keyPrefixOf(id: string): string {
  return id.slice(0, 3);
}

/** The three checksum characters of a 15-character Id. */
export function checksumOf(id15: string): string {
  let suffix = "";
  for (let chunk = 0; chunk < 15; chunk += 5) {
    let bits = 0;
    for (let at = 0; at < 5; at++) {
      if (isUpperCase(id15.charCodeAt(chunk + at))) bits |= 1 << at;
    }
    suffix += CHECKSUM.charAt(bits);
  }
  return suffix;
}

function isUpperCase(code: number | undefined): boolean {
  return code !== undefined && code >= 65 && code <= 90;
}
