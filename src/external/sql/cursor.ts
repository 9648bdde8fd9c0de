/** The positions that the SQL feeds hand out, as text that only this adapter reads. */
import { z } from "zod";
import type { SourceFingerprint } from "./source.ts";

/** A place in the change log. */
export interface LogPosition {
  /** PostgreSQL's transaction id as text; empty on SQLite, where sequence numbers are in the order of commits. */
  readonly xid: string;
  readonly seq: string;
  /** When the row at this place was written; null where the place is no row. Tells a restored log from the old one. */
  readonly mark: string | null;
}

const logPositionSchema = z.object({ xid: z.string(), seq: z.string(), mark: z.string().nullable() });

const orderedSchema = z.object({
  /** The order that the place belongs to: a key of another type or collation is sorted in another way. */
  order: z.string(),
  place: z.array(z.string()),
  /** Rows up to here; absent in positions of earlier versions. */
  seen: z.number().optional(),
});

const cursorSchema = z.discriminatedUnion("feed", [
  /** Reads all records that exist, by key; then goes on in the log from where it stood at the start. */
  z.object({ feed: z.literal("scan"), behind: orderedSchema.nullable(), log: logPositionSchema }),
  z.object({ feed: z.literal("log"), log: logPositionSchema }),
  z.object({
    feed: z.literal("column"),
    /** The order of the column and the key, which all places here belong to. */
    order: z.string(),
    /** Whether the rows whose column is empty were read, which happens once; `page` is among them until then. */
    emptyRead: z.boolean(),
    /** Everything up to this value is settled: no transaction that can still write below it is open. */
    low: z.string().nullable(),
    /** The highest value seen at a time; becomes `low` when the overlap has passed. */
    settling: z.object({ value: z.string(), seenAtMs: z.number() }).nullable(),
    /** The last row of the page before, while a round is under way. */
    page: z.object({ place: z.array(z.string()), startedAtMs: z.number(), seen: z.number().optional() }).nullable(),
  }),
]);

/** A decoded position. */
export type SqlCursor = z.infer<typeof cursorSchema>;

const issuerSchema = z.object({
  /** The signs of the source that the position was read from; absent in positions of earlier versions. */
  source: z.record(z.string(), z.string()).optional(),
  /** The name by which the log knows who holds the position; absent in positions of earlier versions. */
  reader: z.string().optional(),
});

/** Who holds a position, and of which source it is. */
export interface Issuer {
  readonly source?: SourceFingerprint | undefined;
  readonly reader?: string | undefined;
}

/** A stored position. `cursor` is undefined in what another adapter, another feed or an earlier version has written. */
export interface StoredPosition extends Issuer {
  readonly cursor: SqlCursor | undefined;
}

/** The position in a text; undefined for null, which asks for everything. */
export function decodePosition(text: string | null): StoredPosition | undefined {
  if (text === null) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    const cursor = cursorSchema.safeParse(json);
    const issuer = issuerSchema.safeParse(json);
    return { cursor: cursor.data, ...issuer.data };
  } catch (error) {
    if (error instanceof SyntaxError) return { cursor: undefined };
    throw error;
  }
}

/** The text of a position. */
export function encodePosition(cursor: SqlCursor, { source, reader }: Issuer): string {
  return JSON.stringify({ ...cursor, source, reader });
}
