/**
 * The syntax tree of a SOQL statement: what was written, before any name is looked at.
 *
 * `at` is the 0-based position of a node's first character in the statement; it serves error messages and is no part
 * of the meaning. Names keep the spelling of the statement.
 */

/** A name as written. */
export interface Name {
  readonly text: string;
  readonly at: number;
}

/** `Account.Owner.Name` */
export interface Path {
  readonly kind: "path";
  readonly segments: readonly string[];
  readonly at: number;
}

/** `COUNT(Id)`, `HOUR_IN_DAY(convertTimezone(CreatedDate))`, `FIELDS(ALL)`: one argument, at most two levels. */
export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly argument: Path | Call;
  readonly at: number;
}

/** `DISTANCE(Location__c, GEOLOCATION(37.7,-122.4), 'mi')` */
export interface Distance {
  readonly kind: "distance";
  readonly field: Path;
  /** Numbers as written. */
  readonly latitude: string;
  readonly longitude: string;
  readonly unit: string;
  readonly at: number;
}

/** Whatever may be selected, compared, grouped by or sorted by. */
export type Expression = Path | Call | Distance;

/** A value on the right of a comparison. Texts of numbers and dates are as written; a date literal's name is in capitals. */
export type Literal =
  | { readonly kind: "string"; readonly value: string; readonly at: number }
  /** The right side of LIKE, escapes unresolved because `\%` differs from `%`. */
  | { readonly kind: "pattern"; readonly raw: string; readonly at: number }
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "currency"; readonly code: string; readonly text: string; readonly at: number }
  | { readonly kind: "boolean"; readonly value: boolean; readonly at: number }
  | { readonly kind: "null"; readonly at: number }
  | { readonly kind: "date"; readonly text: string; readonly at: number }
  | { readonly kind: "datetime"; readonly text: string; readonly at: number }
  | { readonly kind: "time"; readonly text: string; readonly at: number }
  | { readonly kind: "dateLiteral"; readonly name: string; readonly n: number | null; readonly at: number };

/** Comparison operators; `<>` has become `!=`. */
export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "IN" | "NOT IN" | "INCLUDES" | "EXCLUDES";

/** A condition; parentheses that change nothing have left no trace. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly terms: readonly Condition[] }
  | { readonly kind: "not"; readonly term: Condition }
  | Comparison
  | SemiJoin;

/** `left operator value`. */
export interface Comparison {
  readonly kind: "comparison";
  readonly left: Expression;
  readonly operator: Operator;
  /** One value, or the members of a list. */
  readonly values: readonly Literal[];
}

/** `Id IN (SELECT AccountId FROM Contact …)`, negated for NOT IN. */
export interface SemiJoin {
  readonly kind: "semiJoin";
  readonly left: Expression;
  readonly negated: boolean;
  readonly column: Expression;
  readonly from: FromEntry;
  readonly where: Condition | null;
  readonly at: number;
}

/** One entry of FROM; the first is the driving object or the child relationship. */
export interface FromEntry {
  readonly path: Path;
  readonly alias: Name | null;
}

/** One item of a select list. */
export type SelectItem =
  | { readonly kind: "expression"; readonly expression: Expression; readonly alias: Name | null }
  | { readonly kind: "subquery"; readonly query: Query; readonly alias: Name | null; readonly at: number }
  | TypeOf;

/** `TYPEOF Owner WHEN User THEN Email ELSE Name END` */
export interface TypeOf {
  readonly kind: "typeOf";
  readonly operand: Path;
  readonly whens: readonly { readonly object: Name; readonly fields: readonly Path[] }[];
  readonly otherwise: readonly Path[] | null;
  readonly alias: Name | null;
  readonly at: number;
}

/** One key of ORDER BY. */
export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
  /** Null where the statement has no NULLS clause. */
  readonly nulls: "first" | "last" | null;
}

/** The GROUP BY clause. */
export interface GroupBy {
  readonly mode: "plain" | "rollup" | "cube";
  readonly keys: readonly (Path | Call)[];
}

/** A whole number with its sign. */
export interface IntegerValue {
  readonly value: number;
  readonly at: number;
}

/** `WITH …`: the words as written, in order. */
export interface WithClause {
  readonly words: readonly string[];
  readonly at: number;
}

/** A whole statement, or a child sub-select. */
export interface Query {
  readonly kind: "query";
  /** `count` for `SELECT COUNT()`. */
  readonly select: "count" | readonly SelectItem[];
  readonly from: readonly [FromEntry, ...FromEntry[]];
  readonly using: { readonly kind: "scope" | "lookup"; readonly name: Name } | null;
  readonly where: Condition | null;
  readonly with: WithClause | null;
  readonly groupBy: GroupBy | null;
  readonly having: Condition | null;
  readonly orderBy: readonly OrderItem[];
  readonly limit: IntegerValue | null;
  readonly offset: IntegerValue | null;
  readonly for: "view" | "reference" | null;
  readonly update: readonly ("tracking" | "viewstat")[];
  readonly at: number;
}
