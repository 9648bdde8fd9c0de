/** Connectors that are broken in one known way each, which only a world that is not tidy shows. */
import { SyncError } from "../../src/errors.ts";
import type { ExternalChangePage, ExternalSystem } from "../../src/external/port.ts";
import type { ExternalFields } from "../../src/model/external-record.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import type { Breaking } from "./runner.ts";
import type { Untidiness } from "./scenario.ts";

/** More rows than any history has. */
const ALL_ROWS = 1_000;

/** The broken connectors by what is wrong with them, with the world and the invariants that catch them. */
export const BROKEN_UNTIDY: Readonly<
  Record<string, { readonly breaking: Breaking; readonly world: Untidiness; readonly by: readonly string[] }>
> = {
  "sorts the rows of a page as text and compares them as numbers": {
    breaking: withExternal(sortedAsText),
    world: "messy",
    by: ["I14"],
  },
  "keeps its position where the database was put back, moved or rebuilt": {
    breaking: withExternal(positionKept),
    world: "upset",
    by: ["I15"],
  },
  "sweeps by a list of its own that is short of a row": {
    breaking: withExternal(sweptShort),
    world: "messy",
    by: ["I14"],
  },
  "adopts nobody": {
    breaking: (ports) => ({
      ...ports,
      mapping: {
        ...ports.mapping,
        objects: ports.mapping.objects.map((object) => ({ ...object, match: [] })),
      },
    }),
    world: "messy",
    by: ["I3"],
  },
  "keeps the product that a line had first": {
    breaking: withExternal(productKept),
    world: "unruly",
    by: ["I7", "I11"],
  },
  "stops at the first row that the ERP refuses": {
    breaking: withExternal(stoppedByRefusals),
    world: "unruly",
    by: ["I7"],
  },
  "registers as a reader by a name that another connector has": {
    breaking: (ports) => ({ ...ports, external: readersOfOneName(ports.external) }),
    world: "unruly",
    by: ["I15"],
  },
  "takes prices through doubles": {
    breaking: withExternal(pricesAsDoubles),
    world: "unruly",
    by: ["I4"],
  },
  "forgets in which form a side keeps what it was sent": {
    breaking: (ports) => ({
      ...ports,
      state: {
        ...ports.state,
        commit: (lease, batch) =>
          ports.state.commit(lease, {
            ...batch,
            bases: (batch.bases ?? []).map(({ kept: _dropped, ...base }) => base),
          }),
      },
    }),
    world: "messy",
    by: ["I16"],
  },
};

function withExternal(change: (external: ExternalSystem) => Partial<ExternalSystem>): Breaking {
  return (ports) => ({ ...ports, external: { ...ports.external, ...change(ports.external) } });
}

/** A place in such a page: the cursor that the page was read from, and the last key of it. */
interface TextPlace {
  readonly from: string | null;
  readonly after: number;
}

function sortedAsText(external: ExternalSystem): Partial<ExternalSystem> {
  return {
    changes: async (collection, cursor, limit): Promise<ExternalChangePage> => {
      const place = placeIn(cursor);
      const from = place === undefined ? cursor : place.from;
      const page = await external.changes(collection, from, ALL_ROWS);
      const keys = page.changes.map(({ naturalKey }) => naturalKey);
      if (!keys.every(isNumber)) return await external.changes(collection, cursor, limit);
      const left = page.changes
        .filter(({ naturalKey }) => place === undefined || Number(naturalKey[0]) > place.after)
        .sort((one, other) => (textOf(one.naturalKey) < textOf(other.naturalKey) ? -1 : 1));
      const changes = left.slice(0, limit);
      const last = changes.at(-1);
      if (left.length <= limit || last === undefined) return { ...page, changes };
      const next: TextPlace = { from, after: Number(last.naturalKey[0]) };
      return { changes, cursor: `text ${JSON.stringify(next)}`, more: true };
    },
  };
}

/** Goes on from where the other database stands, as if everything before had been read there. */
function positionKept(external: ExternalSystem): Partial<ExternalSystem> {
  return {
    changes: async (collection, cursor, limit): Promise<ExternalChangePage> => {
      let page = await external.changes(collection, cursor, limit);
      if (page.restart === undefined) return page;
      while (page.more) page = await external.changes(collection, page.cursor, ALL_ROWS);
      return { changes: [], cursor: page.cursor, more: false };
    },
  };
}

/** A reading without any position is a sweep's: its list has lost the first row, and nobody counts. */
function sweptShort(external: ExternalSystem): Partial<ExternalSystem> {
  return {
    changes: async (collection, cursor, limit): Promise<ExternalChangePage> => {
      const page = await external.changes(collection, cursor, limit);
      return cursor === null ? { ...page, changes: page.changes.slice(1) } : page;
    },
  };
}

function productKept(external: ExternalSystem): Partial<ExternalSystem> {
  const products = new Map<string, ExternalFields[string]>();
  return {
    read: async (collection, keys) =>
      (await external.read(collection, keys)).map((record) => {
        if (record.lines === undefined) return record;
        const lines = record.lines.map((line) => {
          const place = [...record.naturalKey, ...line.naturalKey].join("|");
          const sku = products.get(place) ?? line.fields["sku"] ?? null;
          products.set(place, sku);
          return { ...line, fields: { ...line.fields, sku } };
        });
        return { ...record, lines };
      }),
  };
}

function stoppedByRefusals(external: ExternalSystem): Partial<ExternalSystem> {
  return {
    apply: async (operations, options) => {
      const outcomes = await external.apply(operations, options);
      const refused = outcomes.find(({ kind }) => kind === "refused");
      if (refused !== undefined) throw new SyncError("EXTERNAL_UNREACHABLE", `${refused.opId} was refused`);
      return outcomes;
    },
  };
}

/** Lines of the change log are deleted that another connector of the same name has not read. */
function readersOfOneName(external: ExternalSystem): ExternalSystem {
  const named = (cursor: string): string => cursor.replace(/"reader":"[^"]+"/, '"reader":"connector"');
  return {
    name: external.name,
    check: () => external.check(),
    info: (collection) => external.info(collection),
    read: (collection, keys) => external.read(collection, keys),
    apply: (operations, options) => external.apply(operations, options),
    close: () => external.close(),
    acknowledge: async (collection, cursor) => await external.acknowledge?.(collection, cursor),
    // Without `start`, which registers a name of its own.
    changes: async (collection, cursor, limit): Promise<ExternalChangePage> => {
      const page = await external.changes(collection, cursor, limit);
      return { ...page, cursor: named(page.cursor) };
    },
  };
}

function pricesAsDoubles(external: ExternalSystem): Partial<ExternalSystem> {
  const rounded = (fields: ExternalFields): ExternalFields =>
    typeof fields["price"] === "string" ? { ...fields, price: String(Number(fields["price"])) } : fields;
  return {
    read: async (collection, keys) =>
      (await external.read(collection, keys)).map(({ fields, lines, ...record }) => ({
        ...record,
        fields: rounded(fields),
        ...(lines && { lines: lines.map((line) => ({ ...line, fields: rounded(line.fields) })) }),
      })),
  };
}

function placeIn(cursor: string | null): TextPlace | undefined {
  return cursor?.startsWith("text ") === true ? (JSON.parse(cursor.slice(5)) as TextPlace) : undefined;
}

function isNumber(key: NaturalKey): boolean {
  return key.length === 1 && /^\d+$/.test(textOf(key));
}

function textOf(key: NaturalKey): string {
  return key.join("|");
}
