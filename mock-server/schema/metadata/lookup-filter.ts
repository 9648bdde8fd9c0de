/** The filter of a lookup field as data, and the logic that joins its conditions. */
import type { SummaryFilter } from "../definition.ts";
import { child, childrenOf, flagOf, type MetadataFile, textOf, type XmlElement } from "./xml.ts";

/** What a lookup's value must satisfy. */
export interface LookupFilter {
  readonly conditions: readonly LookupCondition[];
  /** Numbers of conditions with AND, OR and NOT, for example `(1 AND 2) OR 3`; undefined where all must hold. */
  readonly logic: string | undefined;
  readonly message: string;
}

/** One condition: a path, an operator, and a text or another path. */
export interface LookupCondition {
  /** `Target__c.Field__c`, `$Source.Field__c` or a variable such as `$User.Id`. */
  readonly field: string;
  readonly operation: SummaryFilter["operation"];
  readonly value: string;
  readonly valueField: string | undefined;
}

/** The text of the refusal where the filter has none of its own [memory: platform §4]. */
const MESSAGE = "Value does not exist or does not match filter criteria.";

const OPERATIONS: readonly SummaryFilter["operation"][] = [
  "equals",
  "notEqual",
  "lessThan",
  "greaterThan",
  "lessOrEqual",
  "greaterOrEqual",
  "contains",
  "notContain",
  "startsWith",
  "includes",
  "excludes",
];

/** The filter of a field; undefined where it has none that an org enforces: an inactive or optional one only narrows a list. */
export function readLookupFilter(file: MetadataFile, field: XmlElement, name: string): LookupFilter | undefined {
  const element = child(field, "lookupFilter");
  if (element === undefined || flagOf(file, element, "active") !== true) return undefined;
  if (flagOf(file, element, "isOptional") === true) return undefined;
  const conditions = childrenOf(element, "filterItems").flatMap((item): readonly LookupCondition[] => {
    const path = textOf(item, "field");
    const given = textOf(item, "operation") ?? "";
    const operation = OPERATIONS.find((each) => each === given);
    if (path !== undefined && operation !== undefined)
      return [{ field: path, operation, value: textOf(item, "value") ?? "", valueField: textOf(item, "valueField") }];
    file.drop(`${name}/lookupFilter`, path === undefined ? "a condition has no field" : `"${given}" is not supported`);
    return [];
  });
  // A filter without one of its conditions would refuse or take other records than the team's.
  if (conditions.length === 0 || conditions.length < childrenOf(element, "filterItems").length) return undefined;
  return {
    conditions,
    logic: textOf(element, "booleanFilter"),
    message: textOf(element, "errorMessage") ?? MESSAGE,
  };
}

/** A logic of conditions by their numbers; undefined where the text is none. */
export function parseLogic(text: string, count: number): ((holds: readonly boolean[]) => boolean) | undefined {
  const tokens = text.toUpperCase().match(/\d+|AND|OR|NOT|[()]|\S+/g) ?? [];
  let at = 0;
  type Part = (holds: readonly boolean[]) => boolean;
  const operand = (depth: number): Part | undefined => {
    const token = tokens[at++] ?? "";
    if (token === "NOT") {
      const inner = operand(depth);
      return inner === undefined ? undefined : (holds) => !inner(holds);
    }
    if (token === "(") {
      const inner = depth > DEPTH_MAX ? undefined : joined(depth + 1);
      return tokens[at++] === ")" ? inner : undefined;
    }
    const number = Number(token);
    return /^\d+$/.test(token) && number >= 1 && number <= count ? (holds) => holds[number - 1] === true : undefined;
  };
  const joined = (depth: number): Part | undefined => {
    let left = operand(depth);
    for (let token = tokens[at]; left !== undefined && (token === "AND" || token === "OR"); token = tokens[at]) {
      at += 1;
      const [before, next, isAnd] = [left, operand(depth), token === "AND"];
      left =
        next === undefined
          ? undefined
          : isAnd
            ? (holds) => before(holds) && next(holds)
            : (holds) => before(holds) || next(holds);
    }
    return left;
  };
  const whole = joined(0);
  return at === tokens.length ? whole : undefined;
}

const DEPTH_MAX = 20;
