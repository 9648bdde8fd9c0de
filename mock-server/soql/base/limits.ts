/** The platform's limits on queries and searches. Source of all: reference: soql §11 and §12 [doc] unless said. */

/** Characters of one SOQL statement. */
export const QUERY_CHARACTERS_MAX = 100_000;
/** Characters of one string literal in WHERE. */
export const STRING_LITERAL_CHARACTERS_MAX = 4_000;
/** Relationships that one path may climb. */
export const PARENT_LEVELS_MAX = 5;
/** Different parent relationships in one query. */
export const PARENT_RELATIONSHIPS_MAX = 55;
/** Child sub-selects in one query, at all levels together. */
export const CHILD_SUBQUERIES_MAX = 20;
/** Levels of a query with nested child sub-selects, the root included, from `NESTED_CHILDREN_SINCE` on. */
export const QUERY_LEVELS_MAX = 5;
/** The API version from which child sub-selects may nest; before it one child level was allowed. */
export const NESTED_CHILDREN_SINCE = 58;
/** Semi- and anti-joins in one WHERE clause. */
export const SEMI_JOINS_MAX = 2;
/** Largest OFFSET. */
export const OFFSET_MAX = 2_000;
/** Rows of one page, and rows of one grouped result. */
export const PAGE_ROWS_MAX = 2_000;
/** Keys of GROUP BY ROLLUP and CUBE. */
export const ROLLUP_KEYS_MAX = 3;
/** Rows, and Ids, of an unbounded FIELDS() function. */
export const FIELDS_ROWS_MAX = 200;
/** Nesting of parentheses in a condition: a bound on recursion, not a limit that Salesforce names. */
export const CONDITION_DEPTH_MAX = 500;
/** Search text longer than this finds nothing. */
export const SEARCH_TEXT_CHARACTERS_MAX = 10_000;
/** Search text longer than this loses its operators: all words are required. */
export const SEARCH_OPERATOR_CHARACTERS_MAX = 4_000;
/** Rows of one search. */
export const SEARCH_ROWS_MAX = 2_000;
/** Rows of a search of one object without WHERE and ORDER BY. */
export const SEARCH_SINGLE_OBJECT_ROWS_MAX = 250;
