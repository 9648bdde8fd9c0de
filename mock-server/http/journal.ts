/**
 * What the org was asked, what it answered and why: a bounded list for tests and for the console.
 *
 * Entries are made of values that the pipeline holds anyway; no body is read a second time. Secrets never enter. What
 * a call did inside the org is kept as references and becomes readable when somebody reads it.
 */
import type { Verdict } from "../dml/options.ts";
import type { OrgError } from "../errors.ts";
import type { Actor, RecordChange } from "../org/port.ts";
import type { Catalog } from "../schema/catalog.ts";
import type { FieldValue } from "../schema/definition.ts";
import type { QueryPlanReport } from "../soql/query.ts";
import { CallTrace, type JournalQuery } from "./call-trace.ts";
import { LeftOutParts } from "./left-out.ts";
import { redactBody, redactPath } from "./redaction.ts";

/** One call. */
export interface JournalEntry {
  /** Counts from 1 for the life of the org. */
  readonly number: number;
  /** The org's time as an ISO instant. */
  readonly at: string;
  readonly method: string;
  /** Path and query string, tokens replaced by `***`. */
  readonly path: string;
  /** 0 where the connection was cut before the answer. */
  readonly status: number;
  /** The user, where a session was found. */
  readonly username: string | null;
  /** First error code of a refused call. */
  readonly errorCode: string | null;
  /** Time that the org took, in milliseconds of the machine's clock. */
  readonly durationMs: number;
  /** The decoded request body of REST calls, secrets replaced; null for logins and where it was larger than 64 KB. */
  readonly requestBody: unknown;
  /** The answer of a refused call before it was serialized; null as above. */
  readonly responseBody: unknown;
  /** API calls that it cost. */
  readonly apiCalls: number;
  /** Queries with their access path and the rows that they read and returned. */
  readonly queries: readonly JournalQuery[];
  /** Rules that were asked, with their verdict; broken ones carry the fault. */
  readonly rules: readonly Verdict[];
  /** Fields of the objects concerned that the user may not see, as `Object.Field`. */
  readonly hiddenFields: readonly string[];
  /** Parts of the team's metadata that the call met and that this org leaves out, a sentence each. */
  readonly leftOut: readonly string[];
  /** Records that it changed: the fields that differ, before and after. */
  readonly changes: readonly JournalChange[];
  /** Faults that were applied to it, by name. */
  readonly faults: readonly string[];
  /** How many verdicts and changes are not listed because there were too many. */
  readonly omitted: {
    /** Verdicts of rules. */
    readonly rules: number;
    /** Changes of records. */
    readonly changes: number;
  };
}

/** One record that a call changed. */
export interface JournalChange {
  readonly object: string;
  readonly id: string;
  readonly kind: "insert" | "update" | "delete" | "undelete" | "purge";
  /** The fields that differ; every field that has a value for an insert or a purge. */
  readonly fields: Readonly<Record<string, { readonly before: FieldValue; readonly after: FieldValue }>>;
}

/** A call as the pipeline reports it; most entries are never read, so nothing is formatted yet. */
export interface JournalRecord {
  readonly atMs: number;
  readonly method: string;
  /** As it came; the journal redacts it. */
  readonly path: string;
  readonly status: number;
  readonly errorCode: string | null;
  readonly durationMs: number;
  readonly requestBody: unknown;
  readonly responseBody: unknown;
  /** Bytes of the request body, for the bound on memory. */
  readonly requestBytes?: number;
  readonly actor?: Actor | undefined;
  readonly apiCalls?: number;
  readonly trace?: CallTrace | undefined;
  /** Faults that were applied outside the transaction. */
  readonly faults?: readonly string[];
}

/** Something that a client wanted and this org does not have. */
export interface UnsupportedRequest {
  /** What was refused, in the words of the refusal. */
  readonly what: string;
  readonly count: number;
  /** The first call, as `METHOD path`, and its number in the journal. */
  readonly example: string;
  readonly firstNumber: number;
  readonly lastNumber: number;
}

/** Calls kept by default. */
export const JOURNAL_ENTRIES = 1_000;
/** Rough bound on what all entries together keep alive, in bytes; the oldest go first. */
const JOURNAL_BYTES_MAX = 32 * 1024 * 1024;
/** Rough weights of what an entry refers to. */
const ENTRY_BYTES = 600;
const CHANGE_BYTES = 1_200;
const VERDICT_BYTES = 120;
/** Different unsupported things that are counted. */
const UNSUPPORTED_MAX = 500;

interface Kept {
  readonly number: number;
  readonly bytes: number;
  readonly record: JournalRecord;
}

/** The last calls of an org, oldest first. */
export class Journal {
  readonly #capacity: number;
  readonly #catalog: () => Catalog | undefined;
  readonly #leftOut: LeftOutParts;
  /** A ring: the entry with number n stands at (n - 1) mod capacity. */
  #ring: (Kept | undefined)[] = [];
  #count = 0;
  /** Number of the oldest kept entry. */
  #first = 1;
  #bytes = 0;
  #current: CallTrace | undefined;
  #refusals: string[] = [];
  readonly #unsupported = new Map<string, UnsupportedRequest>();
  readonly #listeners = new Set<(number: number) => void>();

  /**
   * `capacity` 0 switches it off. `catalog` is the org's whole schema, against which hidden fields are reported; `leftOut` what
   * the org leaves out of the team's metadata.
   */
  constructor(
    capacity: number = JOURNAL_ENTRIES,
    catalog: () => Catalog | undefined = () => undefined,
    leftOut: LeftOutParts = new LeftOutParts(),
  ) {
    this.#capacity = capacity;
    this.#catalog = catalog;
    this.#leftOut = leftOut;
  }

  /** False where nothing is kept, so that nothing need be noted. */
  get active(): boolean {
    return this.#capacity > 0;
  }

  /** Starts the notes of a call whose transaction begins; undefined where the journal is off. */
  begin(): CallTrace | undefined {
    if (this.#capacity === 0) return undefined;
    this.#current = new CallTrace();
    return this.#current;
  }

  /** Ends the notes: what happens from now on belongs to no call. */
  end(): void {
    this.#current = undefined;
  }

  noteQuery(soql: string, plan: QueryPlanReport): void {
    this.#current?.query(soql, plan);
  }

  /** Takes a rule's verdict; bound, because the save pipeline calls it bare. */
  readonly noteVerdict = (verdict: Verdict): void => {
    this.#current?.verdict(verdict);
  };

  noteChanges(changes: readonly RecordChange[]): void {
    this.#current?.changed(changes);
  }

  /** A fault that applies within the transaction. */
  noteFault(name: string): void {
    this.#current?.faults.push(name);
  }

  /** A refusal, of the call or of a subrequest: kept where it names something that this org does not have. */
  noteRefusal(error: OrgError): void {
    if (this.#capacity === 0) return;
    const [{ message }] = error.faults;
    if (error.statusCode === 501 || message.includes(NOT_SUPPORTED)) this.#refusals.push(message);
  }

  /** An address that no resource answers. */
  noteUnknownAddress(path: string): void {
    if (this.#capacity > 0) this.#refusals.push(`No resource at ${resourceOf(path)}`);
  }

  add(record: JournalRecord): void {
    if (this.#capacity === 0) return;
    this.#count += 1;
    const number = this.#count;
    if (this.#refusals.length > 0) this.#countRefusals(record, number);
    const bytes = bytesOf(record);
    const at = (number - 1) % this.#capacity;
    if (number - this.#first >= this.#capacity) this.#dropOldest();
    this.#ring[at] = { number, bytes, record };
    this.#bytes += bytes;
    while (this.#bytes > JOURNAL_BYTES_MAX && this.#first < number) this.#dropOldest();
    for (const listener of this.#listeners) listener(number);
  }

  /** All kept entries, oldest first. */
  get entries(): readonly JournalEntry[] {
    return this.page();
  }

  /** Kept entries with a number above `after`, oldest first; the last `limit` of them. */
  page(span: { readonly after?: number; readonly limit?: number } = {}): readonly JournalEntry[] {
    const from = Math.max(this.#first, (span.after ?? 0) + 1, this.#count + 1 - (span.limit ?? this.#capacity));
    const entries: JournalEntry[] = [];
    for (let number = from; number <= this.#count; number += 1) {
      const entry = this.entry(number);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** The entry with this number; undefined where it is not kept (any more). */
  entry(number: number): JournalEntry | undefined {
    if (number < this.#first || number > this.#count) return undefined;
    const kept = this.#ring[(number - 1) % this.#capacity];
    return kept?.number === number ? entryOf(kept, this.#catalog(), this.#leftOut) : undefined;
  }

  /**
   * What the pipeline reported of the call with this number, nothing formatted and nothing redacted: for searches over
   * many, not for showing. Undefined where it is not kept (any more).
   */
  peek(number: number): JournalRecord | undefined {
    if (number < this.#first || number > this.#count) return undefined;
    const kept = this.#ring[(number - 1) % this.#capacity];
    return kept?.number === number ? kept.record : undefined;
  }

  /** Calls since the start, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** What was refused as unsupported since the last `clear`, most wanted first. */
  get unsupported(): readonly UnsupportedRequest[] {
    return [...this.#unsupported.values()].sort((a, b) => b.count - a.count || a.firstNumber - b.firstNumber);
  }

  /** Called with the number of each new entry; returns the function that stops it. */
  onEntry(listener: (number: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forgets the entries; numbers go on. */
  clear(): void {
    this.#ring = [];
    this.#first = this.#count + 1;
    this.#bytes = 0;
    this.#refusals = [];
    this.#unsupported.clear();
  }

  #dropOldest(): void {
    const at = (this.#first - 1) % this.#capacity;
    this.#bytes -= this.#ring[at]?.bytes ?? 0;
    this.#ring[at] = undefined;
    this.#first += 1;
  }

  #countRefusals({ method, path }: JournalRecord, number: number): void {
    for (const what of this.#refusals) {
      const known = this.#unsupported.get(what);
      if (known === undefined && this.#unsupported.size >= UNSUPPORTED_MAX) continue;
      this.#unsupported.set(what, {
        what,
        count: (known?.count ?? 0) + 1,
        example: known?.example ?? `${method} ${redactPath(path)}`,
        firstNumber: known?.firstNumber ?? number,
        lastNumber: number,
      });
    }
    this.#refusals = [];
  }
}

/** What every refusal of this org says that a real org would not give. */
const NOT_SUPPORTED = "supported by the mock org";

/** The part of an address that names a resource: no version, no Ids, no query. */
function resourceOf(path: string): string {
  const [plain = ""] = path.split("?");
  return plain
    .replace(/^\/services\/data\/v\d+\.\d+/, "")
    .replace(/\/[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?=\/|$)/g, "/{Id}");
}

function bytesOf({ requestBytes = 0, responseBody, trace }: JournalRecord): number {
  const answer = responseBody === null ? 0 : 1_000;
  if (trace === undefined) return ENTRY_BYTES + requestBytes + answer;
  const inside = trace.changes.length * CHANGE_BYTES + trace.verdicts.length * VERDICT_BYTES;
  return ENTRY_BYTES + requestBytes + answer + inside;
}

function entryOf({ number, record }: Kept, catalog: Catalog | undefined, leftOut: LeftOutParts): JournalEntry {
  const { trace, actor } = record;
  return {
    number,
    at: new Date(record.atMs).toISOString(),
    method: record.method,
    path: redactPath(record.path),
    status: record.status,
    username: actor?.username ?? null,
    errorCode: record.errorCode,
    durationMs: record.durationMs,
    requestBody: redactBody(record.requestBody),
    responseBody: record.responseBody,
    apiCalls: record.apiCalls ?? 0,
    queries: trace?.queries ?? [],
    rules: trace?.verdicts ?? [],
    hiddenFields: actor === undefined || catalog === undefined ? [] : hiddenFields(record, actor, catalog),
    leftOut: leftOut.touchedBy({ ...record, changes: trace?.changes ?? [] }),
    changes: (trace?.changes ?? []).map(changeOf),
    faults: [...(record.faults ?? []), ...(trace?.faults ?? [])],
    omitted: {
      rules: trace === undefined ? 0 : trace.verdictCount - trace.verdicts.length,
      changes: trace === undefined ? 0 : trace.changeCount - trace.changes.length,
    },
  };
}

function changeOf({ object, id, before, after }: RecordChange): JournalChange {
  const fields: Record<string, { before: FieldValue; after: FieldValue }> = {};
  for (const name of Object.keys(after ?? before ?? {})) {
    const values = { before: before?.[name] ?? null, after: after?.[name] ?? null };
    if (values.before !== values.after) fields[name] = values;
  }
  return { object, id, kind: kindOf(before, after), fields };
}

function kindOf(before: RecordChange["before"], after: RecordChange["after"]): JournalChange["kind"] {
  if (before === undefined) return "insert";
  if (after === undefined) return "purge";
  if (before["IsDeleted"] === after["IsDeleted"]) return "update";
  return after["IsDeleted"] === true ? "delete" : "undelete";
}

function hiddenFields(record: JournalRecord, actor: Actor, catalog: Catalog): readonly string[] {
  const named = /\/sobjects\/(\w+)/.exec(record.path)?.[1];
  const objects = new Set([
    ...(named === undefined ? [] : [named]),
    ...(record.trace?.queries ?? []).map((query) => query.object),
    ...(record.trace?.changes ?? []).map((change) => change.object),
  ]);
  return [...objects].flatMap((object) => {
    const whole = catalog.object(object);
    const seen = actor.access.catalog.object(object);
    const hidden = whole?.fields.filter((field) => seen?.field(field.name) === undefined) ?? [];
    return hidden.map((field) => `${whole?.name}.${field.name}`);
  });
}
