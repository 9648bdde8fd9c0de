/**
 * A second connector on the same ERP, for a sandbox say, as far as the ERP's feeds see it: it reads with positions of its
 * own, forgets what it has read, and keeps a copy. When it has read to the end, its copy is what the ERP shows (I14).
 */
import type { ExternalSystem } from "../../src/external/port.ts";
import type { ExternalRecord } from "../../src/model/external-record.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import { type Erp, nameOf } from "./erp.ts";
import type { FeedJudge } from "./feed-judge.ts";
import type { Fail } from "./traffic-judge.ts";

const COLLECTIONS = ["customers", "orders"] as const;
/** More pages than any history has rows. */
const PAGES_MAX = 500;

/** What it needs. */
interface Needs {
  readonly erp: Erp;
  /** The feeds as this connector is given them. */
  readonly external: ExternalSystem;
  readonly feeds: FeedJudge;
  readonly fail: Fail;
  /** False where a feed tells no deletions. */
  readonly seesDeletions: boolean;
}

/** The other connector; lives as long as the history. */
export class SecondReader {
  readonly #needs: Needs;
  readonly #cursors = new Map<string, string>();
  readonly #copies = new Map<string, Map<string, string>>();

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Reads everything that is new, so many records at a time. */
  async read(limit: number): Promise<void> {
    for (const collection of COLLECTIONS) {
      await this.#readCollection(collection, limit);
      await this.#compare(collection);
    }
  }

  async #readCollection(collection: string, limit: number): Promise<void> {
    const { external, feeds } = this.#needs;
    for (let page = 0, more = true; more; page += 1) {
      if (page > PAGES_MAX) return this.#needs.fail("I14", `${collection}: a second connector never reads to the end`);
      const cursor = this.#cursors.get(collection) ?? null;
      const told = await external.changes(collection, cursor, limit);
      feeds.told(collection, cursor, told);
      if (told.restart !== undefined) this.#copies.delete(collection);
      await this.#take(
        collection,
        told.changes.map(({ naturalKey }) => naturalKey),
      );
      this.#cursors.set(collection, told.cursor);
      await external.acknowledge?.(collection, told.cursor);
      more = told.more;
    }
  }

  async #take(collection: string, keys: readonly NaturalKey[]): Promise<void> {
    if (keys.length === 0) return;
    const copy = this.#copies.get(collection) ?? new Map<string, string>();
    this.#copies.set(collection, copy);
    for (const key of keys) copy.delete(key.join("|"));
    for (const record of await this.#needs.external.read(collection, keys))
      copy.set(record.naturalKey.join("|"), contentOf(record));
  }

  async #compare(collection: string): Promise<void> {
    const { erp, external, fail, seesDeletions } = this.#needs;
    const copy = this.#copies.get(collection) ?? new Map<string, string>();
    const keys = erp.rows(collection).map(({ key }) => key);
    const shown = keys.length === 0 ? [] : await external.read(collection, keys);
    for (const record of shown) {
      const name = record.naturalKey.join("|");
      if (copy.get(name) !== contentOf(record))
        fail("I14", `${collection} ${name}: a second connector was not told of it`);
    }
    const names = new Set(erp.rows(collection).map(nameOf));
    for (const name of copy.keys())
      if (seesDeletions && !names.has(name))
        fail("I14", `${collection} ${name}: a second connector was not told that it is gone`);
  }
}

/** What the record says; who changed it last, and when, moves without it. */
function contentOf({ fields, lines }: ExternalRecord): string {
  return JSON.stringify([fields, lines]);
}
