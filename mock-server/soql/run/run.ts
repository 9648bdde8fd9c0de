/** One execution of a query: the context and what is evaluated once for it. */
import type { Row } from "../../schema/definition.ts";
import { keyPrefixOf } from "../../schema/record-id.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import type { QueryContext } from "../base/port.ts";
import type { BoundSemiJoin } from "../bind/bound.ts";

/** Evaluates a semi-join's sub-select: the set of its column's values, nulls left out. */
export type SemiJoinReader = (join: BoundSemiJoin) => ReadonlySet<string>;

/** What compiled queries get at run time: the context, and the sets of semi-joins. */
export interface Run {
  readonly context: QueryContext;
  readonly semiJoinValues: SemiJoinReader;
}

/** Starts a run; each semi-join is evaluated when it is first asked for, and once. */
export function openRun(context: QueryContext, evaluate: (join: BoundSemiJoin, run: Run) => ReadonlySet<string>): Run {
  const values = new Map<BoundSemiJoin, ReadonlySet<string>>();
  const run: Run = {
    context,
    semiJoinValues(join) {
      const known = values.get(join);
      if (known !== undefined) return known;
      const made = evaluate(join, run);
      values.set(join, made);
      return made;
    },
  };
  return run;
}

/** Finds a parent by its Id; undefined for null, for a missing record and for one that does not count as there. */
export function parentReader({ context }: Run, object: string): (id: string | null | undefined) => Row | undefined {
  const { data } = context;
  const withDeleted = context.includeDeleted || !OPEN_POINTS.deletedParentsAreMissing;
  return (id) => {
    if (id === null || id === undefined) return undefined;
    const row = data.get(object, id);
    return row !== undefined && (withDeleted || row["IsDeleted"] !== true) ? row : undefined;
  };
}

/** The same for a polymorphic reference, whose Id tells the object. */
export function polymorphicReader(run: Run): (id: string | null | undefined) => Row | undefined {
  const readers = new Map<string, (id: string) => Row | undefined>();
  return (id) => {
    if (id === null || id === undefined) return undefined;
    const object = objectNameOf(run.context, id);
    if (object === null) return undefined;
    let reader = readers.get(object);
    if (reader === undefined) {
      reader = parentReader(run, object);
      readers.set(object, reader);
    }
    return reader(id);
  };
}

/** The name of the object that an Id belongs to; null where its prefix is unknown to the asking user. */
export function objectNameOf(context: QueryContext, id: string): string | null {
  return context.catalog.objectByPrefix(keyPrefixOf(id))?.name ?? null;
}
