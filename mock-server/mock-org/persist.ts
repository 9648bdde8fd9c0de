/**
 * Keeps an org in a snapshot file: loaded at the start, saved a moment after changes and at the end.
 *
 * Up to 10,000 records the file is one readable JSON document; above, the first line holds the org's state and every
 * further line one record, written and read as a stream, because a single JSON text of a million records fails. Either
 * way the file is replaced as a whole, so a crash leaves the old one or the new one. The file is never on the path of
 * a request: what is written is a snapshot, which the org does not wait for.
 */
import { createReadStream } from "node:fs";
import { access, open, readFile, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type Adapter, Low } from "lowdb";
import { TextFile } from "lowdb/node";
import { z } from "zod";
import {
  type OrgState,
  recordCount,
  recordsOf,
  type SchemaChanges,
  SnapshotBuilder,
  schemaChanges,
  stateOf,
  withSchemaChanges,
} from "../org/content.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { OrgSnapshot } from "../org/org-snapshot.ts";
import { DEFAULT_SETTINGS } from "../org/settings.ts";
import type { Catalog } from "../schema/catalog.ts";

/** A file of more records is written one record a line (60 ms to rewrite as one document at this size). */
const DOCUMENT_RECORDS_MAX = 10_000;
/** How long after a change the file is written, unless told otherwise: a burst of changes is written once. */
const SAVE_DELAY_MS = 250;
/** Characters that are gathered before they go to the file. */
const WRITE_CHUNK_CHARS = 1 << 20;
/** How much of a broken line an error shows. */
const LINE_EXCERPT_CHARS = 60;
const FORMAT = "mock-org-snapshot";
const VERSION = 1;

/** How an org is kept in a file. */
export interface PersistOptions {
  readonly path: string;
  /** Milliseconds from a change to its save. Default 250. */
  readonly saveDelayMs?: number;
  /** A file with more records is written one record a line. Default 10,000. */
  readonly documentRecordsMax?: number;
  /** Hears of a save that failed in the background; without it the next `save` or `close` throws the error. */
  readonly onError?: (error: Error) => void;
}

/** An org that is kept in a file. */
export interface PersistedOrg extends AsyncDisposable {
  /** True where the file existed and the org was brought to its state. */
  readonly loaded: boolean;
  /** Writes the file now and waits until it stands. */
  save(): Promise<void>;
  /** Saves for the last time and stops watching the org. */
  close(): Promise<void>;
}

/**
 * Brings the org to the state of the file, if there is one, and writes the file after each change from then on.
 *
 * Throws an `Error` with path, reason and remedy where the file is not a snapshot of this version, or holds objects or
 * fields that the org's schema lacks; the org is unchanged then.
 */
export async function persistOrg(org: MockOrgCore, options: PersistOptions): Promise<PersistedOrg> {
  const file = new SnapshotFile(org.wholeCatalog, options);
  const store = new Low<OrgSnapshot | null>(file, null);
  await store.read();
  const loaded = store.data !== null;
  if (store.data !== null) org.restore(store.data);
  // The parsed snapshot would keep the records of the start alive.
  store.data = null;

  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failure: Error | undefined;
  const write = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    // One write at a time, each with the state of its own beginning.
    writing = writing.then(async () => {
      store.data = org.snapshot();
      try {
        await store.write();
      } finally {
        store.data = null;
      }
    });
    return writing;
  };
  const writeInBackground = (): void => {
    write().catch((error: unknown) => {
      writing = Promise.resolve();
      const reason = error instanceof Error ? error : new Error(String(error));
      if (options.onError === undefined) failure = reason;
      else options.onError(reason);
    });
  };
  const changed = (): void => {
    timer ??= setTimeout(writeInBackground, options.saveDelayMs ?? SAVE_DELAY_MS);
  };
  const stops = [org.onCommit(changed), org.onReplaced(changed)];
  const save = async (): Promise<void> => {
    const earlier = failure;
    failure = undefined;
    try {
      await write();
    } catch (error) {
      writing = Promise.resolve();
      throw error;
    }
    // The state is written now, so an earlier failure is over; the caller still learns of it.
    if (earlier !== undefined) throw new Error(`${options.path}: an earlier save failed`, { cause: earlier });
  };
  const close = async (): Promise<void> => {
    for (const stop of stops) stop();
    await save();
  };
  return { loaded, save, close, [Symbol.asyncDispose]: close };
}

/** Reads and writes snapshots for lowdb. */
class SnapshotFile implements Adapter<OrgSnapshot | null> {
  readonly #catalog: Catalog;
  readonly #path: string;
  readonly #documentRecordsMax: number;

  constructor(catalog: Catalog, options: PersistOptions) {
    this.#catalog = catalog;
    this.#path = options.path;
    this.#documentRecordsMax = options.documentRecordsMax ?? DOCUMENT_RECORDS_MAX;
  }

  async read(): Promise<OrgSnapshot | null> {
    if (!(await exists(this.#path))) return null;
    try {
      return await this.#parse();
    } catch (error) {
      const reason =
        error instanceof z.ZodError ? z.prettifyError(error) : String(error instanceof Error ? error.message : error);
      throw new Error(
        `${this.#path}: cannot be loaded as a mock org: ${reason}. ` +
          "Move the file away, or start with the options (--source-dir, version) that it was written with",
        { cause: error },
      );
    }
  }

  async write(snapshot: OrgSnapshot | null): Promise<void> {
    if (snapshot === null) return;
    if (recordCount(snapshot) > this.#documentRecordsMax) return this.#writeLines(snapshot);
    const records = Object.fromEntries([...recordsOf(snapshot)].map(({ object, rows }) => [object, [...rows]]));
    const schema = schemaChanges(this.#catalog, snapshot.catalog);
    const document = { format: FORMAT, version: VERSION, schema, state: stateOf(snapshot), records };
    await new TextFile(this.#path).write(`${JSON.stringify(document, null, 2)}\n`);
  }

  async #writeLines(snapshot: OrgSnapshot): Promise<void> {
    const temporary = join(dirname(this.#path), `.${basename(this.#path)}.tmp`);
    const handle = await open(temporary, "w");
    try {
      const schema = schemaChanges(this.#catalog, snapshot.catalog);
      const lines = recordCount(snapshot);
      const head = { format: FORMAT, version: VERSION, lines, schema, state: stateOf(snapshot) };
      let chunk = `${JSON.stringify(head)}\n`;
      for (const { object, rows } of recordsOf(snapshot))
        for (const row of rows) {
          chunk += `${JSON.stringify([object, row])}\n`;
          if (chunk.length < WRITE_CHUNK_CHARS) continue;
          await handle.write(chunk);
          chunk = "";
        }
      await handle.write(chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#path);
  }

  async #parse(): Promise<OrgSnapshot> {
    const lines = createInterface({ input: createReadStream(this.#path, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
    let builder: SnapshotBuilder | undefined;
    let missing = 0;
    try {
      for await (const line of lines) {
        if (builder === undefined) {
          const head = headOf(line);
          if (head === undefined) break;
          builder = new SnapshotBuilder(this.#catalogWith(head.schema), head.state);
          missing = head.lines;
        } else if (line !== "") {
          const record: unknown = JSON.parse(line);
          if (!isRecordLine(record)) throw new Error(`a line is no record: ${line.slice(0, LINE_EXCERPT_CHARS)}`);
          builder.add(...record);
          missing -= 1;
        }
      }
    } finally {
      lines.close();
    }
    if (missing !== 0) throw new Error(`its first line promises ${missing} records more than it holds`);
    return (builder ?? this.#fromDocument(JSON.parse(await readFile(this.#path, "utf8")))).finish();
  }

  #fromDocument(value: unknown): SnapshotBuilder {
    ENVELOPE.parse(value);
    const { schema, state, records } = DOCUMENT.parse(value);
    const builder = new SnapshotBuilder(this.#catalogWith(schema), state);
    for (const [object, rows] of Object.entries(records)) for (const row of rows) builder.add(object, row);
    return builder;
  }

  /** The schema that the org starts with, and what clients changed of it. */
  #catalogWith(changes: z.infer<typeof SCHEMA> | undefined): Catalog {
    if (changes === undefined) return this.#catalog;
    // The members that are not checked here were written by this program from definitions.
    return withSchemaChanges(this.#catalog, changes as SchemaChanges);
  }
}

/** The first line of a file of lines; undefined where the file is one document. */
function headOf(line: string): z.infer<typeof HEAD> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The first line of a document is no JSON by itself.
    return undefined;
  }
  if (!LINES.safeParse(value).success) return undefined;
  ENVELOPE.parse(value);
  return HEAD.parse(value);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

const RIGHTS = z.strictObject({
  create: z.boolean(),
  read: z.boolean(),
  edit: z.boolean(),
  delete: z.boolean(),
  viewAll: z.boolean(),
  modifyAll: z.boolean(),
});
const FIELD_RIGHTS = z.strictObject({ read: z.boolean(), edit: z.boolean() });
const COUNTS = z.record(z.string(), z.int().nonnegative());

const STATE = z.strictObject({
  id: z.string().length(18),
  settings: z.strictObject({
    enableOrders: z.boolean(),
    enableReductionOrders: z.boolean(),
    enableNegativeQuantity: z.boolean(),
    enableZeroQuantity: z.boolean(),
    enableOptionalPricebook: z.boolean(),
    enableEnhancedCommerceOrders: z.boolean(),
    autoCalculateEndDate: z.boolean(),
    activationStatusOnly: z.boolean(),
    lockStartDateOnActivate: z.boolean(),
    pricebookChangeWithoutItems: z.boolean(),
    clearActivationStamp: z.boolean(),
    touchParentOnItemDml: z.boolean(),
    requireActiveProduct: z.boolean(),
    requireActivePricebook: z.boolean(),
    // Files of earlier versions do not have these.
    roundStoredNumbers: z.boolean().default(DEFAULT_SETTINGS.roundStoredNumbers),
    changeDataCapture: z.array(z.string()).default([...DEFAULT_SETTINGS.changeDataCapture]),
  }),
  sharing: z.record(z.string(), z.enum(["Private", "Read", "ReadWrite", "ControlledByParent"])),
  clock: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("frozen"), atMs: z.number() }),
    z.strictObject({ kind: z.literal("running"), offsetMs: z.number() }),
  ]),
  counters: z.strictObject({ firstId: z.int().positive(), ids: COUNTS, numbers: COUNTS }),
  grants: z.record(
    z.string(),
    z.strictObject({
      objects: z.record(z.string(), RIGHTS),
      fields: z.record(z.string(), FIELD_RIGHTS),
      otherObjects: RIGHTS.exactOptional(),
      otherFields: FIELD_RIGHTS.exactOptional(),
      othersAreStandard: z.boolean().exactOptional(),
      otherUserPermissions: z.array(z.string()).exactOptional(),
    }),
  ),
  deletions: z.array(
    z.strictObject({
      object: z.string(),
      id: z.string(),
      deletedDate: z.string(),
      purged: z.boolean(),
      listed: z.boolean(),
    }),
  ),
  earliestDeletion: z.string().nullable(),
}) satisfies z.ZodType<OrgState>;

/** What every version has: it is looked at first, so that another format or version is named as such. */
const ENVELOPE = z.looseObject({
  format: z.literal(FORMAT, { error: () => `it is no file of format ${FORMAT}` }),
  version: z.literal(VERSION, {
    error: (issue) => `it has version ${String(issue.input)}, this program reads ${VERSION}`,
  }),
});
/** Names and types are checked; everything else of a definition is as it was written. */
const SCHEMA = z.strictObject({
  changed: z.array(
    z.looseObject({
      name: z.string(),
      label: z.string(),
      labelPlural: z.string(),
      fields: z.array(z.looseObject({ name: z.string(), label: z.string(), type: z.string() })),
    }),
  ),
  removed: z.array(z.string()),
});
const LINES = z.looseObject({ lines: z.number() });
const HEAD = z.looseObject({ lines: z.int().nonnegative(), schema: SCHEMA.optional(), state: STATE });
const VALUES = z.record(z.string(), z.unknown());
const DOCUMENT = z.looseObject({
  schema: SCHEMA.optional(),
  state: STATE,
  records: z.record(z.string(), z.array(VALUES)),
});

/** Checked by hand, because there may be a million of them; the builder checks what is in it. */
function isRecordLine(value: unknown): value is [object: string, values: Record<string, unknown>] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [object, values] = value as readonly unknown[];
  return typeof object === "string" && typeof values === "object" && values !== null;
}
