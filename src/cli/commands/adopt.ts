/** `order-sync adopt`: a person says which Salesforce record a key stands for. */
import { type Adoption, adoptRecord, createRegardless } from "../../engine/resolve/adopt.ts";
import { SyncError } from "../../errors.ts";
import type { RecordId } from "../../model/key.ts";
import { readRecordId } from "../../salesforce/record-id.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import type { ConfigOptions } from "../with-config.ts";
import { withState } from "./resolve.ts";

/** Ties the key to the record, or with `create` has a new one made; the next run carries it out. */
export async function adoptCommand(
  { key, record }: { readonly key: string; readonly record: string | undefined },
  options: ConfigOptions & { readonly create?: true },
  outer: Surroundings,
): Promise<ExitCode> {
  if ((record === undefined) === (options.create === undefined)) {
    throw new SyncError("USAGE", "Name the Id of the Salesforce record, or say --create for a new one");
  }
  const recordId = record === undefined ? null : idOf(record);
  return await withState(options, outer, async (ports, { stdout }, mapping) => {
    const said =
      recordId === null
        ? await createRegardless(ports, mapping, key)
        : await adoptRecord(ports, mapping, { key, recordId });
    stdout.write(options.json === true ? `${JSON.stringify(said)}\n` : textOf(said));
    return EXIT.done;
  });
}

function idOf(record: string): RecordId {
  const parsed = readRecordId(record);
  if (parsed === undefined) {
    throw new SyncError(
      "USAGE",
      `"${record}" is no record Id; copy the 15 or 18 letters and digits from the address of the record's page`,
    );
  }
  return parsed;
}

function textOf({ key, recordId, formerRecord, formerKey }: Adoption): string {
  if (recordId === null) return `${key}: the next run makes a new record, whatever matches.\n`;
  const before = [
    ...(formerRecord === null ? [] : [`until now it stood for ${formerRecord}`]),
    ...(formerKey === null ? [] : [`until now that one stood for ${formerKey}`]),
  ];
  return `${key} stands for ${recordId}${before.length === 0 ? "" : ` (${before.join("; ")})`}; the next run ties them, and settles what differs by owner and policy.\n`;
}
