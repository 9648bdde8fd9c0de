/** Syntax tree → text that parses to the same tree. Names keep their spelling; keywords are in capitals. */
import type { Condition, Expression, FromEntry, Literal, Name, OrderItem, Query, SelectItem } from "./ast.ts";

/** Prints a query on one line. */
export function printQuery(query: Query): string {
  const clauses = [
    `SELECT ${query.select === "count" ? "COUNT()" : query.select.map(printItem).join(", ")}`,
    `FROM ${query.from.map(printFrom).join(", ")}`,
  ];
  if (query.using !== null) clauses.push(`USING ${query.using.kind.toUpperCase()} ${query.using.name.text}`);
  if (query.where !== null) clauses.push(`WHERE ${printCondition(query.where)}`);
  if (query.with !== null) clauses.push(`WITH ${query.with.words.join(" ")}`);
  if (query.groupBy !== null) {
    const keys = query.groupBy.keys.map(printExpression).join(", ");
    const { mode } = query.groupBy;
    clauses.push(`GROUP BY ${mode === "plain" ? keys : `${mode.toUpperCase()}(${keys})`}`);
  }
  if (query.having !== null) clauses.push(`HAVING ${printCondition(query.having)}`);
  if (query.orderBy.length > 0) clauses.push(`ORDER BY ${query.orderBy.map(printOrder).join(", ")}`);
  if (query.limit !== null) clauses.push(`LIMIT ${query.limit.value}`);
  if (query.offset !== null) clauses.push(`OFFSET ${query.offset.value}`);
  if (query.for !== null) clauses.push(`FOR ${query.for.toUpperCase()}`);
  if (query.update.length > 0) clauses.push(`UPDATE ${query.update.join(", ").toUpperCase()}`);
  return clauses.join(" ");
}

/** Prints a condition; nested levels get parentheses. */
export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.terms.map(printNested).join(condition.kind === "and" ? " AND " : " OR ");
    case "not":
      return `NOT ${printNested(condition.term)}`;
    case "comparison": {
      const { operator, values } = condition;
      const isList = operator === "IN" || operator === "NOT IN" || operator === "INCLUDES" || operator === "EXCLUDES";
      const list = values.map(printLiteral).join(", ");
      return `${printExpression(condition.left)} ${operator} ${isList ? `(${list})` : list}`;
    }
    case "semiJoin": {
      const where = condition.where === null ? "" : ` WHERE ${printCondition(condition.where)}`;
      const select = `SELECT ${printExpression(condition.column)} FROM ${printFrom(condition.from)}${where}`;
      return `${printExpression(condition.left)} ${condition.negated ? "NOT IN" : "IN"} (${select})`;
    }
  }
}

/** Prints a path, a call or DISTANCE. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "path":
      return expression.segments.join(".");
    case "call":
      return `${expression.name}(${printExpression(expression.argument)})`;
    case "distance": {
      const point = `GEOLOCATION(${expression.latitude},${expression.longitude})`;
      return `DISTANCE(${printExpression(expression.field)}, ${point}, ${printString(expression.unit)})`;
    }
  }
}

function printItem(item: SelectItem): string {
  switch (item.kind) {
    case "expression":
      return printExpression(item.expression) + printAlias(item.alias);
    case "subquery":
      return `(${printQuery(item.query)})${printAlias(item.alias)}`;
    case "typeOf": {
      const whens = item.whens.map(
        (when) => `WHEN ${when.object.text} THEN ${when.fields.map(printExpression).join(", ")}`,
      );
      const otherwise = item.otherwise === null ? "" : ` ELSE ${item.otherwise.map(printExpression).join(", ")}`;
      return `TYPEOF ${printExpression(item.operand)} ${whens.join(" ")}${otherwise} END${printAlias(item.alias)}`;
    }
  }
}

function printFrom(entry: FromEntry): string {
  return printExpression(entry.path) + (entry.alias === null ? "" : ` AS ${entry.alias.text}`);
}

function printAlias(alias: Name | null): string {
  return alias === null ? "" : ` ${alias.text}`;
}

function printOrder(item: OrderItem): string {
  const nulls = item.nulls === null ? "" : ` NULLS ${item.nulls.toUpperCase()}`;
  return `${printExpression(item.expression)}${item.descending ? " DESC" : ""}${nulls}`;
}

function printNested(condition: Condition): string {
  const isSimple = condition.kind === "comparison" || condition.kind === "semiJoin";
  return isSimple ? printCondition(condition) : `(${printCondition(condition)})`;
}

function printLiteral(literal: Literal): string {
  switch (literal.kind) {
    case "string":
      return printString(literal.value);
    case "pattern":
      return `'${literal.raw}'`;
    case "currency":
      return `${literal.code}${literal.text}`;
    case "boolean":
      return literal.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "dateLiteral":
      return literal.n === null ? literal.name : `${literal.name}:${literal.n}`;
    case "number":
    case "date":
    case "datetime":
    case "time":
      return literal.text;
  }
}

function printString(value: string): string {
  const escaped = value.replaceAll(/[\\'\n\r\t\b\f]/g, (character) => ESCAPED[character] ?? character);
  return `'${escaped}'`;
}

const ESCAPED: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};
