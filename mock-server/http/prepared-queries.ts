/** Keeps prepared statements: clients send the same query again and again. */
import type { Catalog } from "../schema/catalog.ts";
import type { QueryContext } from "../soql/base/port.ts";
import { type PreparedQuery, prepareQuery } from "../soql/query.ts";

/** Statements kept for one catalog; the one unused for longest goes first. */
const STATEMENTS_MAX = 500;
/** Longer statements are hardly sent twice. */
const STATEMENT_CHARACTERS_MAX = 4_000;

/** Prepared statements by catalog, API version and text. A catalog that nobody uses any more takes its own along. */
export class PreparedQueries {
  readonly #byCatalog = new WeakMap<Catalog, Map<string, PreparedQuery>>();

  /** The statement, prepared for the user's catalog. Throws `OrgError` 400 where it is refused. */
  prepare(soql: string, context: Pick<QueryContext, "catalog" | "apiVersion">): PreparedQuery {
    if (soql.length > STATEMENT_CHARACTERS_MAX) return prepareQuery(soql, context);
    const statements = this.#byCatalog.get(context.catalog) ?? new Map<string, PreparedQuery>();
    const key = `${context.apiVersion} ${soql}`;
    const known = statements.get(key);
    const prepared = known ?? prepareQuery(soql, context);
    statements.delete(key);
    statements.set(key, prepared);
    const oldest = statements.keys().next();
    if (statements.size > STATEMENTS_MAX && !oldest.done) statements.delete(oldest.value);
    this.#byCatalog.set(context.catalog, statements);
    return prepared;
  }
}
