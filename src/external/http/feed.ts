/** Finds changes by listing what the API says has changed since a time. */
import { z } from "zod";
import { SyncError } from "../../errors.ts";
import { atPointer, isArray, type Json } from "../json.ts";
import type { ExternalChange, ExternalChangePage, ExternalRestart } from "../port.ts";
import { type HttpAnswer, type HttpClient, reasonOf } from "./client.ts";
import type { HttpCollectionConfig } from "./config.ts";
import { backInTime, FOREIGN_POSITION, isOlder, listChange, listSource, movedBackwards } from "./list-source.ts";
import { decodeKey, documentHash, instantMs, isDeleted, scalarText } from "./record.ts";

/** Records that are remembered to be silent about them when the overlap lists them again. */
const SEEN_MAX = 2000;

const cursorSchema = z.object({
  feed: z.literal("list"),
  /** Whose list it is; absent in positions of earlier versions. */
  source: z.object({ url: z.string(), query: z.string() }).optional(),
  /** The highest change time of finished rounds, as the API wrote it. */
  high: z.string().nullable(),
  /** Key, hash and time (ms) of records that the next round may list again. */
  seen: z.array(z.tuple([z.string(), z.string(), z.number().nullable()])),
  /** The round under way. */
  round: z
    .object({
      high: z.string().nullable(),
      seen: z.array(z.tuple([z.string(), z.string(), z.number().nullable()])),
      /** The page to fetch next: a cursor's text or a page's number; null is the first one. */
      page: z.string().nullable(),
      /** Records of that page that were reported before. */
      offset: z.number(),
      /** Records per page, the same in all pages of a round. */
      size: z.number(),
      /** Records of the first page: an API may give less than it is asked for. Null until it has been read. */
      width: z.number().nullable().default(null),
      /** Pages that have been read whole. */
      pages: z.number().default(0),
      /** Hash of the page before this one. */
      before: z.string().nullable().default(null),
      /** A page from earlier in the round, against which later ones are compared: it moves on when `pages` doubles. */
      mark: z.string().nullable().default(null),
    })
    .nullable(),
});

type ListCursor = z.infer<typeof cursorSchema>;
type Round = NonNullable<ListCursor["round"]>;
type Seen = ListCursor["seen"];

const START: ListCursor = { feed: "list", high: null, seen: [], round: null };

/** What a page of the list holds. */
export interface ListedPage {
  readonly items: readonly Json[];
  /** The next page, or null on the last one. */
  readonly next: string | null;
}

/**
 * One page of changes.
 *
 * Each round asks for everything since the highest time that was seen, less the overlap, so that changes committed late
 * or in the same second are found; records that were listed before and look the same are left out. Without
 * `changedSince` a round lists everything.
 */
export async function readList(
  client: HttpClient,
  config: HttpCollectionConfig,
  target: { readonly cursor: string | null; readonly limit: number },
): Promise<ExternalChangePage> {
  const source = listSource(client, config);
  const stored = decodeCursor(target.cursor);
  const restart = stored === undefined ? FOREIGN_POSITION : listChange(stored.source, source);
  const cursor: ListCursor = { ...(stored === undefined || restart !== undefined ? START : stored), source };
  const told: { readonly restart?: ExternalRestart } = restart === undefined ? {} : { restart };
  const sizeMax = config.list.paging.kind === "page" ? config.list.paging.sizeMax : target.limit;
  const round: Round = cursor.round ?? {
    high: cursor.high,
    seen: [],
    page: null,
    offset: 0,
    size: Math.min(target.limit, sizeMax),
    width: null,
    pages: 0,
    before: null,
    mark: null,
  };
  const since = sinceText(config, cursor.high);
  const { size, width } = round;
  const found = await fetchPage(client, config, { since, page: round.page, size, width });
  // An API that shows its last page for every number beyond it has ended, where its pages are shorter than asked for.
  const isNumbered = config.list.paging.kind === "page";
  const isEcho =
    isNumbered &&
    width !== null &&
    width < size &&
    found !== undefined &&
    documentHash([...found.items]) === round.before;
  const page: ListedPage | undefined = isEcho ? { items: [], next: null } : found;
  if (page === undefined) {
    // The API has forgotten its cursor, as it may after a pause: begin the round again.
    return { changes: [], cursor: JSON.stringify({ ...cursor, round: null }), more: true, ...told };
  }
  const items = page.items.slice(round.offset, round.offset + target.limit);
  const known = new Map(cursor.seen.map(([key, hash]) => [key, hash]));
  const listed = items.map((item) => readItem(config, item));
  const changes = listed.filter((item) => known.get(item.name) !== item.hash).map((item) => item.change);
  const times = new Map(cursor.seen.map(([key, , ms]) => [key, ms]));
  if (listed.some((item) => isOlder(times.get(item.name), item.stampMs)))
    return { changes, cursor: JSON.stringify({ ...START, source }), more: true, restart: backInTime(source.url) };
  const high = listed.reduce<string | null>((best, item) => later(best, item.stamp), round.high);
  const seen = [...round.seen, ...listed.map((item): Seen[number] => [item.name, item.hash, item.stampMs])].slice(
    -SEEN_MAX,
  );
  const rest = round.offset + items.length < page.items.length;
  if (rest || page.next !== null) {
    const next: Round = rest
      ? { ...round, high, seen, offset: round.offset + items.length }
      : { ...round, high, seen, offset: 0, ...turned(client, config, round, page) };
    return { changes, cursor: JSON.stringify({ ...cursor, round: next }), more: true, ...told };
  }
  const listedNames = new Set(seen.map(([name]) => name));
  if (movedBackwards(config, new Set(known.keys()), listedNames)) {
    return { changes, cursor: JSON.stringify({ ...START, source }), more: true, restart: backInTime(source.url) };
  }
  const finished: ListCursor = {
    feed: "list",
    source,
    high,
    seen: stillListed(config, high, [...cursor.seen, ...seen]),
    round: null,
  };
  return { changes, cursor: JSON.stringify(finished), more: false, ...told };
}

/** The round after a page of it, turned to the next one. Throws `EXTERNAL_REFUSED` for a list that has no end. */
function turned(
  client: HttpClient,
  config: HttpCollectionConfig,
  round: Round,
  page: ListedPage,
): Pick<Round, "page" | "width" | "pages" | "before" | "mark"> {
  const { paging, pagesMax, path } = config.list;
  const place = client.place({ method: "GET", path });
  const refuse = (message: string): never => {
    throw new SyncError("EXTERNAL_REFUSED", `The list ${place} has no end: ${message}`);
  };
  const pages = round.pages + 1;
  const parameter = paging.kind === "none" ? "" : paging.parameter;
  const shown = `${parameter}=${page.next}`;
  if (pages >= pagesMax) {
    refuse(
      `page ${pages} names another one (${shown}). Correct list.paging, or raise list.pagesMax if it is that long.`,
    );
  }
  // A cycle of cursors of any length comes back to the mark, which stands still longer and longer (Brent).
  const isPowerOfTwo = (pages & (pages - 1)) === 0;
  const seen = round.mark ?? round.page;
  if (paging.kind === "cursor" && (page.next === seen || page.next === round.page)) {
    refuse(`page ${pages} names a cursor that came before (${shown}). Correct list.paging.next.`);
  }
  const before = documentHash([...page.items]);
  if (page.items.length > 1 && before === round.before) {
    refuse(`page ${pages} is the same as the one before, whatever ${parameter} says. Correct list.paging.parameter.`);
  }
  return {
    page: page.next,
    width: round.width ?? page.items.length,
    pages,
    before,
    mark: isPowerOfTwo ? page.next : round.mark,
  };
}

/**
 * Fetches one page of the list; undefined when the API no longer knows the page's cursor. `width` is how many records the
 * first page held.
 */
export async function fetchPage(
  client: HttpClient,
  config: HttpCollectionConfig,
  want: {
    readonly since: string | null;
    readonly page: string | null;
    readonly size: number;
    readonly width: number | null;
  },
): Promise<ListedPage | undefined> {
  const { paging, changedSince } = config.list;
  const query: Record<string, string> = { ...config.list.query };
  if (changedSince !== undefined && want.since !== null) query[changedSince.parameter] = want.since;
  if (paging.kind !== "none" && paging.sizeParameter !== undefined) query[paging.sizeParameter] = String(want.size);
  if (paging.kind === "page") query[paging.parameter] = want.page ?? String(paging.first);
  if (paging.kind === "cursor" && want.page !== null) query[paging.parameter] = want.page;
  const request = { method: "GET", path: config.list.path, query, repeatable: true } as const;
  const answer = await client.send(request);
  if (answer.kind === "unknown") throw new Error("a repeatable request has no unknown fate");
  if (answer.status >= 400) {
    if (paging.kind === "cursor" && want.page !== null && [400, 404, 410, 422].includes(answer.status))
      return undefined;
    // Beyond the last page some APIs have an empty list, others none at all.
    if (paging.kind === "page" && want.page !== null && [400, 404, 416, 422].includes(answer.status)) {
      return { items: [], next: null };
    }
    throw new SyncError("EXTERNAL_REFUSED", `${client.place(request)} refuses the list: ${reasonOf(answer)}`);
  }
  const items = itemsOf(client, config, answer);
  if (paging.kind === "none") return { items, next: null };
  if (paging.kind === "page") {
    const number = Number(want.page ?? paging.first);
    // A first page that is shorter than asked for may be all there is, or all that the API gives at a time.
    const isLast = items.length === 0 || (want.width !== null && items.length < want.width);
    return { items, next: isLast ? null : String(number + 1) };
  }
  const next = scalarText(answer.body === undefined ? undefined : atPointer(answer.body, paging.next));
  return { items, next: next === "" || next === "false" ? null : next };
}

function itemsOf(client: HttpClient, config: HttpCollectionConfig, answer: HttpAnswer): readonly Json[] {
  const items = answer.body === undefined ? undefined : atPointer(answer.body, config.list.items);
  if (isArray(items)) return items;
  const place = client.place({ method: "GET", path: config.list.path });
  const at = config.list.items === "" ? "as its whole answer" : `at ${config.list.items}`;
  throw new SyncError("EXTERNAL_REFUSED", `${place} has no list ${at}; correct list.items (${reasonOf(answer)}).`);
}

interface ListedItem {
  readonly name: string;
  readonly hash: string;
  readonly stamp: string | null;
  readonly stampMs: number | null;
  readonly change: ExternalChange;
}

function readItem(config: HttpCollectionConfig, item: Json): ListedItem {
  const naturalKey = decodeKey(config.key, item);
  if (naturalKey === undefined) {
    const wanted = config.key.map((part) => part.pointer).join(", ");
    throw new SyncError(
      "EXTERNAL_REFUSED",
      `A record in ${config.list.path} shows no key at ${wanted}; correct its key.`,
    );
  }
  const { changedSince } = config.list;
  const stamp = changedSince === undefined ? undefined : atPointer(item, changedSince.pointer);
  const stampMs = instantMs(stamp);
  if (changedSince !== undefined && stampMs === undefined) {
    throw new SyncError(
      "EXTERNAL_REFUSED",
      `Record ${naturalKey.join("/")} in ${config.list.path} shows no time at ${changedSince.pointer}; correct changedSince.pointer.`,
    );
  }
  return {
    name: JSON.stringify(naturalKey),
    hash: documentHash(item),
    stamp: scalarText(stamp),
    stampMs: stampMs ?? null,
    change: { naturalKey, deleted: isDeleted(config, item) },
  };
}

/** The time to ask for, in the form in which the API writes it. */
function sinceText(config: HttpCollectionConfig, high: string | null): string | null {
  const highMs = instantMs(high ?? undefined);
  if (config.list.changedSince === undefined || high === null || highMs === undefined) return null;
  const sinceMs = highMs - config.list.changedSince.overlapMs;
  if (Number.isNaN(Number(high))) return new Date(sinceMs).toISOString();
  return String(Math.floor(Math.abs(Number(high)) < 1e11 ? sinceMs / 1000 : sinceMs));
}

function later(a: string | null, b: string | null): string | null {
  const aMs = instantMs(a ?? undefined) ?? Number.NEGATIVE_INFINITY;
  const bMs = instantMs(b ?? undefined) ?? Number.NEGATIVE_INFINITY;
  return bMs > aMs ? b : a;
}

/** The remembered records that the next round will list again; the last entry of a key counts. */
function stillListed(config: HttpCollectionConfig, high: string | null, seen: Seen): Seen {
  const sinceMs = instantMs(sinceText(config, high) ?? undefined) ?? Number.NEGATIVE_INFINITY;
  const latest = new Map(seen.map((entry) => [entry[0], entry]));
  return [...latest.values()].filter(([, , ms]) => ms === null || ms >= sinceMs).slice(-SEEN_MAX);
}

/** The position in a text; undefined where it is not one of this feed. */
function decodeCursor(text: string | null): ListCursor | undefined {
  if (text === null) return START;
  try {
    const parsed = cursorSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
