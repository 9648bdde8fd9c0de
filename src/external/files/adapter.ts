/**
 * The external system behind a folder: it drops files into `in` and takes ours from `out`.
 *
 * Files hold whole records or some of their columns. What they have said last is in an index, which also shows what
 * we have written. A system that sends an old record after we have written, because it has not read our file yet, moves
 * the record back: let it read `out` before it writes `in`.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { sqliteCode } from "../../database/sqlite-driver.ts";
import { SyncError } from "../../errors.ts";
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type {
  ExternalChangePage,
  ExternalNotice,
  ExternalProblem,
  ExternalRestart,
  ExternalSystem,
  RejectedInput,
  RejectedInputs,
} from "../port.ts";
import type { FilesCollectionConfig, FilesConfig } from "./config.ts";
import { type FilesTarget, FOLDERS, folderOf } from "./folders.ts";
import { isTemporary, takeFiles } from "./inbox.ts";
import { type FilesIndex, openFilesIndex } from "./index-store.ts";
import { applyOperations } from "./outbox.ts";
import { overlookedFiles } from "./overlooked.ts";
import { problemText, readmitFile, rejectedFiles } from "./rejected.ts";

/** What tests replace. */
export interface FilesSurroundings {
  readonly sleep: (ms: number) => Promise<void>;
  /** The clock in milliseconds. */
  readonly now: () => number;
}

const INDEX_NAME = ".order-sync-index.db";

const cursorSchema = z.object({ feed: z.literal("files"), index: z.string(), seq: z.number() });

/**
 * Opens an exchange folder. Makes the collections' folders and the index where they are missing; the folder itself must
 * exist. Throws `EXTERNAL_UNREACHABLE` when it does not, and `EXTERNAL_REFUSED` when the index is gone while there are
 * files that were taken with it.
 */
export async function openFilesExternal(
  config: FilesConfig,
  { sleep = (ms) => delay(ms), now = Date.now }: Partial<FilesSurroundings> = {},
): Promise<ExternalSystem> {
  if (!existsSync(config.path)) {
    throw new SyncError(
      "EXTERNAL_UNREACHABLE",
      `Exchange folder ${config.path} does not exist; correct external.path.`,
      {
        context: { place: config.path },
      },
    );
  }
  const indexPath = config.index ?? join(config.path, INDEX_NAME);
  if (!existsSync(indexPath)) requireNoHistory(config, indexPath);
  try {
    for (const name of Object.keys(config.collections)) {
      for (const folder of FOLDERS) mkdirSync(folderOf({ config, name }, folder), { recursive: true });
    }
    return new FilesExternalSystem(config, await openFilesIndex(indexPath), { sleep, now });
  } catch (error) {
    throw filesError(error, config.path);
  }
}

class FilesExternalSystem implements ExternalSystem {
  readonly name: string;
  readonly #config: FilesConfig;
  readonly #index: FilesIndex;
  readonly #sleep: (ms: number) => Promise<void>;
  readonly #now: () => number;
  #taking: Promise<void> = Promise.resolve();

  constructor(config: FilesConfig, index: FilesIndex, { sleep, now }: FilesSurroundings) {
    this.name = config.name;
    this.#config = config;
    this.#index = index;
    this.#sleep = sleep;
    this.#now = now;
  }

  async check(): Promise<readonly ExternalProblem[]> {
    const problems: ExternalProblem[] = [];
    for (const name of Object.keys(this.#config.collections)) {
      for (const folder of FOLDERS) {
        const path = folderOf({ config: this.#config, name }, folder);
        try {
          accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          problems.push({ place: `external.collections.${name}`, message: `folder ${path} cannot be used: ${why}` });
        }
      }
    }
    return problems;
  }

  async info(collection: string): Promise<ExternalCollectionInfo> {
    const { collection: config } = this.#target(collection);
    const type = config.format === "csv" ? "text" : "json";
    const named = (columns: readonly string[]): Readonly<Record<string, ExternalFieldFacts>> =>
      Object.fromEntries(columns.map((column) => [column, { type }]));
    return {
      collection,
      fields: named([...config.key, ...config.columns]),
      ...(config.lines && { lineFields: named([...config.lines.key, ...config.lines.columns]) }),
    };
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    return this.#guard(async () => {
      const target = this.#target(collection);
      await this.#take(target);
      const { seq, restart } = await this.#position(cursor);
      const found = await this.#index.changesAfter(collection, seq, limit);
      return {
        changes: found.map(({ naturalKey, deleted }) => ({ naturalKey, deleted })),
        cursor: JSON.stringify({ feed: "files", index: this.#index.id, seq: found.at(-1)?.seq ?? seq }),
        more: found.length === limit,
        ...(restart && { restart }),
      };
    });
  }

  async read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    return this.#guard(async () => {
      const target = this.#target(collection);
      await this.#take(target);
      const found = await this.#index.records(collection, keys);
      return [...found.values()]
        .filter((record) => !record.deleted)
        .map((record) => ({
          naturalKey: record.naturalKey,
          fields: wholeFields(target.collection, record),
          ...(target.collection.lines && {
            lines: record.lines.map((line) => ({
              naturalKey: line.naturalKey,
              fields: { ...keyFields(target.collection.lines?.key ?? [], line.naturalKey), ...line.fields },
            })),
          }),
          version: record.hash,
          changedBy: null,
          changedAt: null,
        }));
    });
  }

  async apply(operations: readonly ExternalOperation[]): Promise<readonly ExternalOutcome[]> {
    return this.#guard(async () => {
      const outcomes = new Map<string, ExternalOutcome>();
      for (const name of new Set(operations.map((operation) => operation.collection))) {
        const target = this.#target(name);
        await this.#take(target);
        const own = operations.filter((operation) => operation.collection === name);
        for (const outcome of await applyOperations(target, own)) outcomes.set(outcome.opId, outcome);
      }
      return operations.flatMap(({ opId }) => outcomes.get(opId) ?? []);
    });
  }

  notices(): readonly ExternalNotice[] {
    return Object.keys(this.#config.collections).flatMap((name) =>
      overlookedFiles(this.#target(name), isTemporary, this.#now()),
    );
  }

  async rejected(since: string | null): Promise<RejectedInputs> {
    return this.#guard(async () => {
      const position = since === null ? undefined : decodeCursor(since);
      // A position of another index knows none of these.
      const seen = position?.index === this.#index.id ? position.seq : 0;
      let last = seen;
      const inputs: RejectedInput[] = [];
      for (const collection of Object.keys(this.#config.collections)) {
        for (const { seq, file, problems } of await rejectedFiles(this.#target(collection))) {
          last = Math.max(last, seq);
          inputs.push({ collection, name: file, isNew: seq > seen, reasons: problems.map(problemText) });
        }
      }
      return { inputs, position: JSON.stringify({ feed: "files", index: this.#index.id, seq: last }) };
    });
  }

  async readmit(collection: string, name: string): Promise<boolean> {
    return this.#guard(() => readmitFile(this.#target(collection), name));
  }

  async close(): Promise<void> {
    await this.#index.close();
  }

  /** One call at a time looks into the folders: two would move the same file. */
  async #take(target: FilesTarget): Promise<void> {
    const before = this.#taking;
    let leave = (): void => {};
    this.#taking = new Promise((resolve) => {
      leave = resolve;
    });
    await before;
    try {
      await takeFiles(target);
    } finally {
      leave();
    }
  }

  #target(name: string): FilesTarget {
    const collection = this.#config.collections[name];
    if (collection === undefined) {
      throw new SyncError("EXTERNAL_REFUSED", `external.collections has no "${name}"; add it or correct the mapping.`);
    }
    return { config: this.#config, name, collection, index: this.#index, sleep: this.#sleep };
  }

  /** Where to read on: from the start where the position is of another index, or of a newer form of this one. */
  async #position(cursor: string | null): Promise<{ readonly seq: number; readonly restart?: ExternalRestart }> {
    if (cursor === null) return { seq: 0 };
    const position = decodeCursor(cursor);
    const again = (reason: string): { readonly seq: number; readonly restart: ExternalRestart } => ({
      seq: 0,
      restart: { reason, deletesMissed: true },
    });
    if (position === undefined) return again("the stored position is not one of an exchange folder");
    if (position.index !== this.#index.id)
      return again(`the index of the exchange folder ${this.#config.path} is not the one that was read before`);
    if (position.seq > (await this.#index.highest()))
      return again(
        `the index of the exchange folder ${this.#config.path} is older than it was: put the files that were taken since from archive back into in`,
      );
    return { seq: position.seq };
  }

  async #guard<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      throw filesError(error, this.#config.path);
    }
  }
}

function decodeCursor(text: string): z.infer<typeof cursorSchema> | undefined {
  try {
    return cursorSchema.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The key's columns and all others; those that no file has had yet are empty. */
function wholeFields(
  config: FilesCollectionConfig,
  { naturalKey, fields }: Pick<ExternalRecord, "naturalKey" | "fields">,
): ExternalRecord["fields"] {
  const others = config.columns.map((column) => [column, fields[column] ?? null] as const);
  return { ...keyFields(config.key, naturalKey), ...Object.fromEntries(others) };
}

function keyFields(key: readonly string[], naturalKey: NaturalKey): ExternalRecord["fields"] {
  return Object.fromEntries(key.map((column, index) => [column, naturalKey[index] ?? null]));
}

/** An index that is made again forgets what we have written, and old values would look like new ones. */
function requireNoHistory(config: FilesConfig, indexPath: string): void {
  for (const name of Object.keys(config.collections)) {
    for (const folder of ["out", "archive"] as const) {
      const path = folderOf({ config, name }, folder);
      if (!existsSync(path) || readdirSync(path).length === 0) continue;
      throw new SyncError(
        "EXTERNAL_REFUSED",
        `The index ${indexPath} is missing while ${path} holds files; restore it from a backup, or move these files away to start over.`,
        { context: { place: indexPath } },
      );
    }
  }
}

function filesError(error: unknown, place: string): unknown {
  if (error instanceof SyncError || !(error instanceof Error)) return error;
  const code = sqliteCode(error) ?? ("code" in error && typeof error.code === "string" ? error.code : undefined);
  if (code === undefined || code.startsWith("ERR_")) return error;
  const kind = /^(EACCES|EPERM|EROFS|ENOTDIR|SQLITE_(NOTADB|CORRUPT|READONLY|ERROR))/.test(code)
    ? "EXTERNAL_REFUSED"
    : "EXTERNAL_UNREACHABLE";
  const message = `Exchange folder ${place} cannot be used (${error.message}); check the folder, its rights and the disk.`;
  return new SyncError(kind, message, { cause: error, context: { place, code } });
}
