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
