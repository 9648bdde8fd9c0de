/** Why the database refuses a record, in plain English. */
import { sqlDetail, sqlState } from "../../database/postgres.ts";
import { sqliteCode } from "../../database/sqlite-driver.ts";
import { instructionOf } from "./connection.ts";

/** What a SQLSTATE means for the person who has to act; the longest beginning that fits counts. */
const MEANING: Readonly<Record<string, string>> = {
  "0A": "the database cannot do this with this table or view",
  "22": "the database cannot take a value",
  "22001": "a text is longer than its column",
  "22003": "a number is larger than its column",
  "22012": "a computation in the database divides by zero",
  "23": "a rule of the table is broken",
  "23502": "a column that must have a value gets none",
  "23503": "it refers to a record that is not there, or other records refer to it",
  "23505": "another record has this value already",
  "23514": "a check of the table is broken",
  "40": "the database undid the transaction",
  "42": "the database cannot run the statement",
  "42501": "the database user lacks a right",
  "42703": "a column is not there",
  "42883": "a function is not there",
  "42P01": "a table is not there",
  "44": "the view does not show what would be written to it",
  "55": "the table or view cannot be written",
  "57014": "the database stopped the statement, because it took too long, or somebody canceled it",
  P0: "a rule of the database refuses it",
};
const WAY_OUT: Readonly<Record<string, string>> = {
  "0A": "make the view writable, or make the mapping toSalesforce",
  "42501": "grant the right; order-sync check lists what is missing",
  "55": "make the view writable, or make the mapping toSalesforce",
};
const SQLITE_MEANING: Readonly<Record<string, string>> = {
  SQLITE_CONSTRAINT_NOTNULL: "a column that must have a value gets none",
  SQLITE_CONSTRAINT_UNIQUE: "another record has this value already",
  SQLITE_CONSTRAINT_PRIMARYKEY: "another record has this value already",
  SQLITE_CONSTRAINT_FOREIGNKEY: "it refers to a record that is not there, or other records refer to it",
  SQLITE_CONSTRAINT_CHECK: "a check of the table is broken",
  SQLITE_CONSTRAINT_TRIGGER: "a rule of the database refuses it",
  SQLITE_CONSTRAINT: "a rule of the table is broken",
  SQLITE_MISMATCH: "a value is not of the column's type",
  SQLITE_ERROR: "the database cannot run the statement",
};

/** Names what the refusal means, what the database said, where it was raised, and the way out where there is only one. */
export function refusalReason(error: unknown): string {
  const state = sqlState(error);
  const detail = sqlDetail(error);
  const code = state ?? sqliteCode(error) ?? "";
  const meaning =
    state === undefined
      ? byBeginning(SQLITE_MEANING, code)
      : (raisedMeaning(detail?.where) ?? byBeginning(MEANING, code));
  const parts = [
    instructionOf(error),
    detail?.detail,
    detail?.hint,
    detail?.constraint !== undefined && !instructionOf(error).includes(detail.constraint)
      ? `constraint ${detail.constraint}`
      : undefined,
    raisedBy(detail?.where),
    code === "" ? undefined : code,
  ].filter((part) => part !== undefined && part !== "");
  const way = byBeginning(WAY_OUT, code);
  const outcome = detail?.where === undefined && way !== undefined ? `; ${way}` : "";
  return `${meaning ?? "the database refuses it"}: ${parts.join("; ")}${outcome}`;
}

function byBeginning(table: Readonly<Record<string, string>>, code: string): string | undefined {
  const known = Object.keys(table).filter((start) => code.startsWith(start));
  const longest = known.sort((one, other) => other.length - one.length)[0];
  return longest === undefined ? undefined : table[longest];
}

/** An exception that somebody's own function raises, whatever code it chose. */
function raisedMeaning(where: string | undefined): string | undefined {
  return where !== undefined && / at RAISE$/m.test(where) ? MEANING["P0"] : undefined;
}

/** The function that failed, from the context that PostgreSQL gives. */
function raisedBy(where: string | undefined): string | undefined {
  const name = /function ("?[\w.$]+"?)\(/.exec(where ?? "")?.[1];
  return name === undefined ? undefined : `in the database's function ${name}`;
}
