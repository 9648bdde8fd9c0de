/** The external system behind a JSON REST API that the configuration describes. */
import { SyncError } from "../../errors.ts";
import type { ExternalCollectionInfo, ExternalFieldFacts } from "../../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { atPointer, type Json } from "../json.ts";
import type { ExternalChangePage, ExternalProblem, ExternalSystem } from "../port.ts";
import { HttpClient, type HttpSurroundings } from "./client.ts";
import { type HttpCollectionConfig, type HttpConfig, keyName } from "./config.ts";
import { fetchPage, readList } from "./feed.ts";
import { decodeKey, isDeleted } from "./record.ts";
import { applyOperation, fetchRecord, type HttpTarget } from "./write.ts";

/** Records of a list that a check looks at: one alone may lack what is optional. */
const SAMPLE = 20;
/** Of these this many are read by themselves, one call each. */
const SAMPLE_READ = 5;

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
        const page = await fetchPage(this.#client, collection, { since: null, page: null, size: SAMPLE, width: null });
        const sample = page?.items.slice(0, SAMPLE) ?? [];
        if (sample.length > 0) problems.push(...(await this.#recordProblems(name, sample)));
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== "EXTERNAL_REFUSED") throw error;
        problems.push({ place, message: error.message });
      }
    }
    return problems;
  }

  async info(collection: string): Promise<ExternalCollectionInfo> {
    const { key, fields, lines } = this.#target(collection).collection;
    // JSON has no declared types; the configuration knows the names at most.
    const named = (
      keys: HttpCollectionConfig["key"],
      places: HttpCollectionConfig["fields"],
    ): Readonly<Record<string, ExternalFieldFacts>> | undefined =>
      places &&
      Object.fromEntries(
        [...keys.map((part) => keyName(part.pointer)), ...Object.keys(places)].map((field) => [
          field,
          { type: "json" },
        ]),
      );
    const known = named(key, fields);
    const knownLines = named(lines?.key ?? [], lines?.fields);
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
        // What was done before must be reported; the rest was not sent.
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

  /**
   * What the first records of a list lack of what the configuration points to. A key and a time of change must be in each
   * of them; anything else may be optional, so that only what none of them has is worth a warning.
   */
  async #recordProblems(name: string, listed: readonly Json[]): Promise<readonly ExternalProblem[]> {
    const target = this.#target(name);
    const { collection } = target;
    const place = `external.collections.${name}`;
    const inList = [
      ...collection.key.map((part) => ({ pointer: part.pointer, path: "key" })),
      ...(collection.list.changedSince === undefined
        ? []
        : [{ pointer: collection.list.changedSince.pointer, path: "list.changedSince.pointer" }]),
    ].flatMap(({ pointer, path }) => {
      const lacking = listed.findIndex((document) => atPointer(document, pointer) === undefined);
      const message = `record ${lacking + 1} of the list has nothing at ${pointer}`;
      return lacking < 0 ? [] : [{ place: `${place}.${path}`, message }];
    });
    const living = listed.filter((document) => !isDeleted(collection, document));
    const keys = living.flatMap((document) => {
      const key = decodeKey(collection.key, document);
      return key === undefined ? [] : [key];
    });
    const documents: Json[] = [];
    let hasVersion = true;
    for (const key of keys.slice(0, SAMPLE_READ)) {
      const found = await fetchRecord(target, key);
      if (found === undefined) {
        const message = `finds no record ${key.join("/")}, which the list holds`;
        return [...inList, { place: `${place}.item.path`, message }];
      }
      documents.push(found.document);
      hasVersion &&= found.record.version !== null;
    }
    if (documents.length === 0) return inList;
    const nowhere = (pointer: string | undefined, path: string): readonly ExternalProblem[] => {
      if (pointer === undefined || documents.some((one) => atPointer(one, pointer) !== undefined)) return [];
      const message = `none of the first ${documents.length} records has anything at ${pointer}; correct it, unless it is optional`;
      return [{ place: `${place}.${path}`, message, warning: true }];
    };
    return [
      ...inList,
      ...Object.entries(collection.fields ?? {}).flatMap(([field, one]) => nowhere(one.pointer, `fields.${field}`)),
      ...nowhere(collection.lines?.pointer, "lines.pointer"),
      ...nowhere(collection.changedAt, "changedAt"),
      ...nowhere(collection.changedBy, "changedBy"),
      ...(hasVersion
        ? []
        : [{ place: `${place}.version`, message: "the API sends no version; use version: { kind: content }" }]),
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
