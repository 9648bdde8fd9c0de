/** Writes records to the `out` folder, one file per call, each record whole. */
import { createHash } from "node:crypto";
import type {
  ExternalFields,
  ExternalLineChange,
  ExternalOperation,
  ExternalOutcome,
} from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { FilesCollectionConfig } from "./config.ts";
import { encodeFile, unencodable } from "./encoding.ts";
import type { FileLine } from "./file-record.ts";
import { type FilesTarget, folderOf, writeWhole } from "./folders.ts";
import { writeFileText } from "./format.ts";
import { type IndexedRecord, recordHash } from "./index-store.ts";

type Next = Omit<IndexedRecord, "hash">;

/** A record that is refused as it is; never leaves this file. */
class Refusal extends Error {}

/**
 * Applies operations of one collection. One file holds all of them: it appears whole or not at all, and the index moves
 * with it. Names count up, so that their order is the order of the writes.
 *
 * A crash between the file and the index leaves the file there; the same write is then sent once more, which does no
 * harm as each entry is a whole record.
 */
export async function applyOperations(
  target: FilesTarget,
  operations: readonly ExternalOperation[],
): Promise<readonly ExternalOutcome[]> {
  const { index, name, collection } = target;
  return index.write(async (tx) => {
    const known = new Map<string, Next | IndexedRecord>(
      await index.records(
        name,
        operations.map((operation) => operation.naturalKey),
        tx,
      ),
    );
    const outcomes: ExternalOutcome[] = [];
    const written: Next[] = [];
    for (const operation of operations) {
      const key = JSON.stringify(operation.naturalKey);
      const result = decide(collection, operation, known.get(key));
      if ("kind" in result) {
        outcomes.push(result);
        continue;
      }
      known.set(key, result);
      written.push(result);
      outcomes.push({ kind: "done", opId: operation.opId, version: result.deleted ? null : recordHash(result) });
    }
    if (written.length === 0) return outcomes;
    const seq = await index.put(tx, name, written);
    const text = writeFileText(collection, written);
    const mark = createHash("sha256").update(text).digest("hex").slice(0, 8);
    await writeWhole(
      folderOf(target, "out"),
      `${name}-${String(seq).padStart(12, "0")}-${mark}.${collection.format}`,
      encodeFile(text, collection.encoding),
    );
    return outcomes;
  });
}

/** The record as it will be, or the outcome when nothing is to be written. */
function decide(
  config: FilesCollectionConfig,
  operation: ExternalOperation,
  known: Next | IndexedRecord | undefined,
): Next | ExternalOutcome {
  const { opId, naturalKey, change, expectedVersion } = operation;
  const before = known?.deleted === false ? known : undefined;
  try {
    if (naturalKey.length !== config.key.length || naturalKey.includes("")) {
      throw new Refusal(`key [${naturalKey.join(", ")}] must have ${config.key.length} parts that are not empty`);
    }
    const moved = expectedVersion !== null && (before === undefined || recordHash(before) !== expectedVersion);
    if (change.kind === "delete") {
      if (before === undefined) return { kind: "done", opId, version: null };
      if (moved) return { kind: "stale", opId };
      if (config.operation === undefined)
        throw new Refusal("deletes need `operation` in the collection's configuration");
      return { ...before, deleted: true };
    }
    if (moved || (change.kind === "create") !== (before === undefined)) return { kind: "stale", opId };
    const next = {
      naturalKey,
      deleted: false,
      fields: {
        ...before?.fields,
        ...checked(change.fields, config.columns, { names: config.key, naturalKey, isNew: before === undefined }),
      },
      lines: nextLines(config, before?.lines ?? [], change.lines ?? []),
    };
    const character = unencodable(writeFileText(config, [next]), config.encoding);
    if (character !== undefined) {
      throw new Refusal(
        `"${character}" has no place in ${config.encoding}; correct the value, or set \`encoding\` to one that holds it`,
      );
    }
    return next;
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", opId, reason: error.message };
    throw error;
  }
}

function nextLines(
  config: FilesCollectionConfig,
  before: readonly FileLine[],
  changes: readonly ExternalLineChange[],
): readonly FileLine[] {
  const { lines } = config;
  if (changes.length > 0 && lines === undefined) throw new Refusal("the collection has no lines in the configuration");
  const next = new Map(before.map((line) => [JSON.stringify(line.naturalKey), line]));
  for (const change of changes) {
    const key = JSON.stringify(change.naturalKey);
    if (change.kind === "remove") next.delete(key);
    else {
      const { naturalKey } = change;
      const fields = checked(change.fields, lines?.columns ?? [], {
        names: lines?.key ?? [],
        naturalKey,
        isNew: !next.has(key),
      });
      next.set(key, { naturalKey, fields: { ...next.get(key)?.fields, ...fields } });
    }
  }
  return [...next.values()];
}

/** The fields, all of which must be columns; those of the key are in the natural key and cannot say anything else. */
function checked(
  fields: ExternalFields,
  columns: readonly string[],
  key: { readonly names: readonly string[]; readonly naturalKey: NaturalKey; readonly isNew: boolean },
): ExternalFields {
  for (const [name, value] of Object.entries(fields)) {
    const part = key.names.indexOf(name);
    if (part < 0 && !columns.includes(name)) throw new Refusal(`the configuration has no column "${name}"`);
    // A new record may not know its own key yet.
    if (key.isNew && value === null) continue;
    if (part >= 0 && String(value ?? "") !== key.naturalKey[part]) {
      throw new Refusal(
        `"${name}" names the record [${key.naturalKey.join(", ")}] and cannot become "${String(value ?? "")}"; map it toSalesforce`,
      );
    }
  }
  return Object.fromEntries(Object.entries(fields).filter(([name]) => columns.includes(name)));
}
