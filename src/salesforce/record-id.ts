/** The one place of this room that makes a `RecordId`. */
import { SyncError } from "../errors.ts";
import type { RecordId } from "../model/key.ts";

/** A record Id as Salesforce returned it. Throws `SALESFORCE_REFUSED` when it cannot be one. */
export function parseRecordId(id: string): RecordId {
  if (!/^[A-Za-z0-9]{18}$/.test(id)) {
    throw new SyncError("SALESFORCE_REFUSED", `Salesforce returned ${JSON.stringify(id.slice(0, 40))} as a record Id`);
  }
  return id as RecordId;
}

/** An Id as people copy it, 15 or 18 characters long; undefined when it cannot be one. */
export function readRecordId(text: string): RecordId | undefined {
  const id = text.trim();
  if (!/^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/.test(id)) return undefined;
  const whole = id.slice(0, CASE_SENSITIVE) + checkCharacters(id);
  return id.length === CASE_SENSITIVE || id === whole ? (whole as RecordId) : undefined;
}

/** Characters of an Id that tell records apart; three more say which of them are capitals (reference: rest-api, Ids). */
const CASE_SENSITIVE = 15;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

function checkCharacters(id: string): string {
  const chunks = [id.slice(0, 5), id.slice(5, 10), id.slice(10, CASE_SENSITIVE)];
  return chunks
    .map((chunk) => {
      const bits = Array.from(chunk).reduce((sum, letter, index) => sum + (/[A-Z]/.test(letter) ? 2 ** index : 0), 0);
      return ALPHABET.charAt(bits);
    })
    .join("");
}
