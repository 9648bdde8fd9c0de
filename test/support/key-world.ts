/**
 * Random tables for the feeds: keys of every type, alone and together, read in pages of any size while rows come and go.
 * One call of `playKeyWorld` is one table; the same seed plays the same.
 */
import { openExternal } from "../../src/external/open.ts";
import type { ExternalSystem } from "../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../src/external/sql/config.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import { Random } from "../simulation/random.ts";

/** Where the tables are made. */
export interface KeyGround {
  readonly dialect: "sqlite" | "postgres";
  readonly url: string;
  /** A user's session; statements without parameters. */
  execute(statement: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** What a table came to: empty when every row was nominated and found by its key. */
export interface KeyWorldResult {
  readonly missed: readonly string[];
  /** The table and how it was read, for the message. */
  readonly shown: string;
}

const ROWS_MAX = 120;

interface KeyType {
  readonly type: string;
  /** A literal of the type. Few different ones, so that keys come close to each other. */
  readonly value: (random: Random) => string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const NAMES = [
  "a",
  "A",
  "á",
  "Á",
  "ab",
  "Ab",
  "AB",
  "a b",
  "b",
  "B",
  "ß",
  "ss",
  "Z",
  "z",
  "~",
  "10",
  "9",
  "007",
  "7",
  "é",
  "日本",
  "'",
  '"',
  "%",
  "-1",
  "a-b",
  "ab ",
  " ab",
  "😀",
  "\uFF5E",
];
const name = (random: Random): string =>
  quoted(random.chance(0.7) ? random.pick(NAMES) : `${random.pick(NAMES)}${String(random.below(30))}`);
const whole = (random: Random): string =>
  String(random.chance(0.8) ? random.below(120) : random.below(40_000) - 20_000);
const big = (random: Random): string =>
  random.chance(0.5) ? whole(random) : `${random.chance(0.5) ? "-" : ""}90071992547409${String(10 + random.below(90))}`;
const day = (random: Random): string =>
  `${String(2024 + random.below(3))}-0${String(1 + random.below(9))}-1${String(random.below(10))}`;
const time = (random: Random): string =>
  `0${String(random.below(10))}:0${String(random.below(10))}:00${random.pick(["", ".5", ".000001", ".000002", ".999999"])}`;
const double = (random: Random): string =>
  random.pick([
    "0.1",
    "0.3",
    "0.30000000000000004",
    "1e300",
    "-1e-300",
    "1.5",
    "2",
    "10",
    "9007199254740993",
    whole(random),
  ]);
const hex = (random: Random): string =>
  random.pick(["", "00", "01ff", "41", "4142", "ff", "ff00", "7e", "80", "00112233445566778899aabbccddeeff"]);

const POSTGRES: readonly KeyType[] = [
  { type: "smallint", value: (random) => String(random.below(300) - 100) },
  { type: "integer", value: whole },
  { type: "bigint", value: big },
  {
    type: "numeric",
    value: (random) => random.pick([whole(random), "1.50", "123456789012345678901.5", "-0.001", "'NaN'"]),
  },
  { type: "numeric(12,3)", value: (random) => `${String(random.below(20))}.${String(random.below(1000))}` },
  {
    type: "double precision",
    value: (random) => (random.chance(0.1) ? random.pick(["'NaN'", "'Infinity'", "'-Infinity'"]) : double(random)),
  },
  { type: "real", value: (random) => random.pick(["0.1", "0.3", "1e30", "16777217", whole(random)]) },
  { type: "uuid", value: (random) => `'${hexText(random, 8)}-0000-4000-8000-${hexText(random, 12)}'` },
  {
    type: "date",
    value: (random) => (random.chance(0.1) ? random.pick(["'infinity'", "'0044-03-15 BC'"]) : `date '${day(random)}'`),
  },
  { type: "timestamp", value: (random) => `timestamp '${day(random)} ${time(random)}'` },
  {
    type: "timestamptz",
    value: (random) => `timestamptz '${day(random)} ${time(random)}+0${String(random.below(9))}'`,
  },
  { type: "time", value: (random) => `time '${time(random)}'` },
  {
    type: "interval",
    value: (random) => `interval '${String(random.below(40))} days ${String(random.below(30))} hours'`,
  },
  { type: "boolean", value: (random) => random.pick(["true", "false"]) },
  { type: "text", value: name },
  { type: 'text collate "C"', value: name },
  { type: 'text collate "und-x-icu"', value: name },
  { type: "text collate any_case", value: name },
  { type: "varchar(20) collate any_case", value: name },
  { type: "char(8) collate any_case", value: name },
  { type: "varchar(20)", value: name },
  { type: "char(8)", value: name },
  { type: "citext", value: name },
  {
    type: "extensions.ltree",
    value: (random) => quoted(random.pick(["a", "a.b", "a_b", "B", "10", "9", `n${String(random.below(40))}`])),
  },
  { type: "mood", value: (random) => quoted(random.pick(["sad", "ok", "happy"])) },
  { type: "small_number", value: whole },
  { type: "short_name", value: name },
  { type: "bytea", value: (random) => `'\\x${hex(random)}'` },
  {
    type: "inet",
    value: (random) =>
      quoted(`10.0.${String(random.below(3))}.${String(random.below(200))}/${random.pick(["32", "24"])}`),
  },
  { type: "integer[]", value: (random) => `'{${String(random.below(20))},${String(random.below(20))}}'` },
];

const SQLITE: readonly KeyType[] = [
  { type: "integer", value: big },
  { type: "int", value: whole },
  { type: "text", value: name },
  { type: "text collate nocase", value: name },
  { type: "text collate rtrim", value: name },
  { type: "varchar(20)", value: (random) => random.pick([whole(random), name(random)]) },
  { type: "", value: mixed },
  { type: "blob", value: mixed },
  { type: "real", value: double },
  { type: "double", value: whole },
  { type: "numeric", value: (random) => (random.chance(0.2) ? mixed(random) : double(random)) },
  { type: "decimal(10,2)", value: (random) => `${String(random.below(40))}.${String(random.below(100))}` },
  { type: "date", value: (random) => quoted(day(random)) },
  { type: "datetime", value: (random) => quoted(`${day(random)} ${time(random)}`) },
  { type: "boolean", value: (random) => random.pick(["0", "1", "'true'"]) },
];

function mixed(random: Random): string {
  return random.pick([whole(random), quoted(whole(random)), double(random), name(random), `x'${hex(random)}'`]);
}

function hexText(random: Random, length: number): string {
  return Array.from({ length }, () => random.below(16).toString(16)).join("");
}

/** What the tables need in an empty database. PostgreSQL: of the extensions, one is not in the search path. */
export function keyGroundStatements(dialect: KeyGround["dialect"]): readonly string[] {
  if (dialect === "sqlite") return [];
  return [
    "create collation any_case (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
    "create extension citext",
    "create schema extensions",
    "create extension ltree schema extensions",
    "create type mood as enum ('sad', 'ok', 'happy')",
    "create domain small_number as integer check (value < 100000)",
    "create domain inner_name as varchar(30)",
    'create domain short_name as inner_name collate "C"',
  ];
}

/** Makes a table, reads it page by page while rows are inserted and deleted, and tells which rows were missed. */
export async function playKeyWorld(ground: KeyGround, seed: number): Promise<KeyWorldResult> {
  const random = new Random(seed);
  const types = ground.dialect === "sqlite" ? SQLITE : POSTGRES;
  const key = Array.from({ length: random.pick([1, 1, 1, 2, 2, 3]) }, (_, index) => ({
    column: random.pick(["id", "no", "k_0", "n o", "r"]) + String(index),
    ...random.pick(types),
  }));
  const limit = random.pick([1, 1, 2, 3, 5, 8, 13, 40, 100]);
  const feed = random.chance(0.2) ? ("log" as const) : ("column" as const);
  const stamp = random.pick(ground.dialect === "sqlite" ? ["integer", "text", ""] : ["integer", "timestamptz", "text"]);
  const columns = key.map(({ column, type }) => `"${column}" ${type} not null`).join(", ");
  const shuffled = random.chance(0.3) ? [...key].reverse() : key;
  const unique = `primary key (${shuffled.map(({ column }) => `"${column}"`).join(", ")})`;
  const rowless = ground.dialect === "sqlite" && random.chance(0.3) ? " without rowid" : "";
  const table = `create table world (${columns}, n integer, changed ${stamp}, ${unique})${rowless}`;
  const shown = `seed ${String(seed)}: ${table}; ${feed}, ${String(limit)} a page`;
  await ground.execute(table);
  let made = 0;
  const row = (rank: number): string => {
    made += 1;
    // Few different values, so that many rows are tied; what comes later is higher, as a user's clock makes it.
    const changed = random.chance(0.1) && rank === 0 ? "null" : stampOf(stamp, rank === 0 ? random.below(3) : 3 + rank);
    return `(${[...key.map(({ value }) => value(random)), String(made), changed].join(", ")})`;
  };
  const insert = async (rank: number, count = 1): Promise<void> => {
    const values = Array.from({ length: count }, () => row(rank)).join(", ");
    await ground.execute(`insert into world values ${values} on conflict do nothing`);
  };
  // Some pages, their borders, and one more.
  const rows = Math.min(random.pick([0, 1, limit, limit * 2, limit * 3 + 1, limit * 7 + random.below(5)]), ROWS_MAX);
  if (rows > 0) await insert(0, rows);
  const config: SqlConfigInput = {
    kind: "sql",
    name: "erp",
    url: ground.url,
    collections: {
      world: {
        table: "world",
        key: key.map(({ column }) => column),
        columns: ["n"],
        ...(feed === "column" ? { changes: { kind: "column", column: "changed" } } : {}),
      },
    },
  };
  const parsed = sqlConfigSchema.parse(config);
  if (feed === "log") await installChangeLog(parsed);
  const external = await openExternal(parsed, { now: () => 0 });
  try {
    const problems = await external.check();
    if (problems.length > 0) throw new Error(`${shown}: ${JSON.stringify(problems)}`);
    const nominated = await readAll(external, limit, async (page) => {
      if (random.chance(0.3)) await insert(page);
      if (random.chance(0.3)) await ground.execute(`delete from world where n = ${String(1 + random.below(made + 1))}`);
    });
    const found = new Set<string>();
    for (const record of await external.read("world", nominated)) found.add(String(record.fields["n"]));
    const present = (await ground.execute("select n from world")).map((row) => String(row["n"]));
    return { missed: present.filter((n) => !found.has(n)), shown };
  } finally {
    await external.close();
    await ground.execute("drop table world");
  }
}

function stampOf(type: string, value: number): string {
  switch (type) {
    case "integer":
      return String(value);
    case "timestamptz":
      return `timestamptz '2026-03-01T00:00:00.00000${String(Math.min(value, 9))}Z' + interval '${String(value)} microseconds'`;
    default:
      return quoted(`v${String(value).padStart(4, "0")}`);
  }
}

/** Every key that the feed names, `between` its pages. */
async function readAll(
  external: ExternalSystem,
  limit: number,
  between: (page: number) => Promise<void>,
): Promise<readonly NaturalKey[]> {
  const keys = new Map<string, NaturalKey>();
  let cursor = (await external.start?.("world")) ?? null;
  for (let page = 1; page < 1_000; page += 1) {
    const found = await external.changes("world", cursor, limit);
    for (const { naturalKey } of found.changes) keys.set(JSON.stringify(naturalKey), naturalKey);
    cursor = found.cursor;
    if (!found.more) return [...keys.values()];
    if (page < 200) await between(page);
  }
  throw new Error("the feed does not end");
}
