/** The external system behind a JSON REST API that the configuration describes. */
import { SyncError } from "../../errors.ts";
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { atPointer, type Json } from "../json.ts";
import type { ExternalChangePage, ExternalProblem, ExternalSystem } from "../port.ts";
import { HttpClient, type HttpSurroundings } from "./client.ts";
import type { HttpCollectionConfig, HttpConfig } from "./config.ts";
import { fetchPage, readList } from "./feed.ts";
import { decodeKey, isDeleted } from "./record.ts";
import { applyOperation, fetchRecord, type HttpTarget } from "./write.ts";

/** Opens the API. Nothing is sent before the first call. `surroundings` are replaced in tests. */
export function openHttpExternal(config: HttpConfig, surroundings: HttpSurroundings = {}): ExternalSystem {
  return new HttpExternalSystem(config, new HttpClient(config, surroundings));
}

class HttpExternalSystem implements ExternalSystem {
  readonly name: string;
  readonly #config: HttpConfig;
  readonly #client: HttpClient;

  constructor(config: HttpConfig, client: HttpClient) {
    this.name = config.name;
    this.#config = config;
    this.#client = client;
  }

  /** Lists one page of each collection and looks whether everything that the configuration points to is there. */
  async check(): Promise<readonly ExternalProblem[]> {
    const problems: ExternalProblem[] = [];
    for (const [name, collection] of Object.entries(this.#config.collections)) {
      const place = `external.collections.${name}`;
      try {
        const page = await fetchPage(this.#client, collection, { since: null, page: null, size: 1 });
        const first = page?.items[0];
        if (first !== undefined) problems.push(...(await this.#recordProblems(name, first)));
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== "EXTERNAL_REFUSED") throw error;
        problems.push({ place, message: error.message });
      }
    }
    return problems;
  }

  async info(collection: string): Promise<ExternalCollectionInfo> {
    const { fields, lines } = this.#target(collection).collection;
    // JSON has no declared types; the configuration knows the names at most.
    const named = (places: HttpCollectionConfig["fields"]): Readonly<Record<string, ExternalFieldFacts>> | undefined =>
      places && Object.fromEntries(Object.keys(places).map((field) => [field, { type: "json" }]));
    const known = named(fields);
    const knownLines = named(lines?.fields);
    return { collection, ...(known && { fields: known }), ...(knownLines && { lineFields: knownLines }) };
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    return readList(this.#client, this.#target(collection).collection, { cursor, limit });
  }

  async read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    const target = this.#target(collection);
    const waiting = keys.values();
    const records: ExternalRecord[] = [];
    const worker = async (): Promise<void> => {
      for (const key of waiting) {
        const found = await fetchRecord(target, key);
        if (found !== undefined) records.push(found.record);
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#config.concurrency, keys.length) }, worker));
    return records;
  }

  async apply(operations: readonly ExternalOperation[]): Promise<readonly ExternalOutcome[]> {
    const outcomes: ExternalOutcome[] = [];
    for (const operation of operations) {
      try {
        outcomes.push(await applyOperation(this.#target(operation.collection), operation));
      } catch (error) {
        // What was done before must be told; the rest was not sent.
        if (outcomes.length === 0 || !(error instanceof SyncError)) throw error;
        const rest = operations.slice(outcomes.length);
        return [...outcomes, ...rest.map(({ opId }) => ({ kind: "unknown" as const, opId, reason: error.message }))];
      }
    }
    return outcomes;
  }

  async close(): Promise<void> {
    // fetch keeps its own connections and lets the process end.
  }

  /** What one listed record and its single reading lack of what the configuration points to. */
  async #recordProblems(name: string, listed: Json): Promise<readonly ExternalProblem[]> {
    const target = this.#target(name);
    const { collection } = target;
    const place = `external.collections.${name}`;
    const missing = (document: Json, pointer: string | undefined, path: string): readonly ExternalProblem[] =>
      pointer === undefined || atPointer(document, pointer) !== undefined
        ? []
        : [{ place: `${place}.${path}`, message: `the first record of the list has nothing at ${pointer}` }];
    const inList = [
      ...collection.key.flatMap((part) => missing(listed, part.pointer, "key")),
      ...missing(listed, collection.list.changedSince?.pointer, "list.changedSince.pointer"),
    ];
    const key = decodeKey(collection.key, listed);
    if (key === undefined || isDeleted(collection, listed)) return inList;
    const found = await fetchRecord(target, key);
    if (found === undefined) {
      const message = `finds no record ${key.join("/")}, which the list holds`;
      return [...inList, { place: `${place}.item.path`, message }];
    }
    const { document, record } = found;
    const version = collection.version.kind === "field" ? collection.version.pointer : undefined;
    return [
      ...inList,
      ...Object.entries(collection.fields ?? {}).flatMap(([field, one]) =>
        missing(document, one.pointer, `fields.${field}`),
      ),
      ...missing(document, collection.lines?.pointer, "lines.pointer"),
      ...missing(document, version, "version.pointer"),
      ...missing(document, collection.changedAt, "changedAt"),
      ...missing(document, collection.changedBy, "changedBy"),
      ...(record.version === null
        ? [{ place: `${place}.version`, message: "the API sends no version; use version: { kind: content }" }]
        : []),
    ];
  }

  #target(name: string): HttpTarget {
    const collection = this.#config.collections[name];
    if (collection === undefined) {
      throw new SyncError("EXTERNAL_REFUSED", `external.collections has no "${name}"; add it or correct the mapping.`);
    }
    return { client: this.#client, config: this.#config, name, collection };
  }
}
