/** Functions that need the record itself: before the save, its Id, other records. */
import { FormulaError } from "../error.ts";
import type { Node } from "../parser.ts";
import type { Named, Run, Scope, Stored, Typed } from "../scope.ts";
import { asText } from "../types.ts";
import { argument, type BoundCall, type FunctionTable, refused } from "./function.ts";

/** ISNEW, ISCHANGED, PRIORVALUE, VLOOKUP, CASESAFEID, and the functions that have no place in a record's formula. */
export const RECORDS: FunctionTable = {
  ISNEW: {
    min: 0,
    max: 0,
    bind: () => ({ type: "boolean", run: (scope) => scope.context.previous === undefined }),
  },
  // No record of the mock org was made with the Clone button.
  ISCLONE: { min: 0, max: 0, bind: () => ({ type: "boolean", run: () => false }) },
  ISCHANGED: {
    min: 1,
    max: 1,
    bind: (_, call) => {
      const named = ownField(call);
      const value = comparable(named.value);
      return {
        type: "boolean",
        run: (scope) => {
          const { previous } = scope.context;
          return previous !== undefined && value(scope) !== value(before(scope, previous));
        },
      };
    },
  },
  PRIORVALUE: {
    min: 1,
    max: 1,
    bind: (_, call) => {
      const { value } = ownField(call);
      return value.type === "null" ? value : priorOf(value);
    },
  },
  CASESAFEID: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "text", run: (scope) => caseSafe(run(scope)) };
    },
  },
  VLOOKUP: {
    min: 3,
    max: 3,
    refusal: (names) => (names.isField ? "it stands only in validation rules" : undefined),
    bind: bindLookup,
  },
  // A session that the mock org would have to invent; links with it lead nowhere.
  GETSESSIONID: { min: 0, max: 0, bind: () => ({ type: "text", run: () => "SESSION_ID_REMOVED" }) },
  PARENTGROUPVAL: refused("it stands only in the summary formulas of reports"),
  PREVGROUPVAL: refused("it stands only in the summary formulas of reports"),
  PREDICT: refused("it asks a model that only a real org has"),
  GETRECORDIDS: refused("it stands only in buttons and links"),
  INCLUDE: refused("it stands only in s-controls"),
  LINKTO: refused("it stands only in buttons and s-controls"),
  REQUIRESCRIPT: refused("it stands only in buttons and links"),
  URLFOR: refused("it stands only in buttons and pages"),
};

function ownField(call: BoundCall): Named {
  const [node] = call.nodes;
  const named = node?.kind === "name" ? call.names.named(node.name) : undefined;
  if (named?.own === undefined)
    throw new FormulaError(`${call.name} needs a field of the record itself`, { position: call.at });
  return named;
}

function before(scope: Scope, previous: Scope["row"]): Scope {
  return { ...scope, row: previous };
}

/** The value of the field before the save; of a new record its value now. */
function priorOf(value: Exclude<Typed, { readonly type: "null" }>): Typed {
  const prior =
    <T>(run: Run<T>): Run<T> =>
    (scope) =>
      run(before(scope, scope.context.previous ?? scope.row));
  switch (value.type) {
    case "number":
      return { type: value.type, run: prior(value.run) };
    case "boolean":
      return { type: value.type, run: prior(value.run) };
    case "location":
      return { type: value.type, run: prior(value.run) };
    case "date":
    case "datetime":
    case "time":
      return { type: value.type, run: prior(value.run) };
    case "text":
    case "id":
    case "picklist":
    case "multipicklist":
      return { type: value.type, run: prior(value.run) };
    default:
      return unreachable(value);
  }
}

/** A value that `===` can tell apart. */
function comparable(value: Typed): Run<unknown> {
  if (value.type !== "location" && value.type !== "number") return value.run;
  const { run } = value;
  return (scope) => {
    const at = run(scope);
    return typeof at === "object" && at !== null ? Object.values(at).map(String).join(" ") : at;
  };
}

const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/** The 18 characters of an Id of 15; anything else stays as it is. */
function caseSafe(id: string): string {
  if (!/^[0-9A-Za-z]{15}$/.test(id)) return id;
  const suffix = [0, 5, 10].map((from) => {
    const bits = Array.from(id.slice(from, from + 5)).reduce(
      (sum, character, at) => sum + (/[A-Z]/.test(character) ? 2 ** at : 0),
      0,
    );
    return SUFFIX[bits] ?? "";
  });
  return id + suffix.join("");
}

/** VLOOKUP(field to return, field to search, value): from the object that the two fields name. */
function bindLookup(args: readonly Typed[], call: BoundCall): Typed {
  const [wanted, searched] = [objectField(call, 0), objectField(call, 1)];
  if (wanted.object !== searched.object)
    throw new FormulaError("VLOOKUP needs two fields of one object", { position: call.at });
  const value = asText(argument(args, 2), call);
  return {
    type: "text",
    run: (scope) => {
      const found = scope.context.find?.(searched.object, { field: searched.field, value: value(scope) });
      return shown(found?.[wanted.field] ?? null);
    },
  };
}

function objectField(call: BoundCall, at: number): { readonly object: string; readonly field: string } {
  const node: Node | undefined = call.nodes[at];
  if (node?.kind !== "name")
    throw new FormulaError("VLOOKUP needs fields like $ObjectType.Object__c.Fields.Field__c", { position: call.at });
  return call.names.objectField(node.name);
}

function shown(stored: Stored): string {
  return stored === null ? "" : String(stored);
}

function unreachable(value: never): never {
  throw new Error(`Unknown type ${JSON.stringify(value)}`);
}
