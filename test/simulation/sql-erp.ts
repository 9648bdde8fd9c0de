/**
 * An ERP in an SQLite file, in front of which stands the connector's own SQL adapter: its feeds, its paging and its writes
 * are inside the simulation. People write through a connection of their own, as the ERP's programs do.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "libsql";
import type { ExternalChangePage, ExternalProblem, ExternalSystem } from "../../src/external/port.ts";
import { openSqlExternal } from "../../src/external/sql/adapter.ts";
import { type SqlConfig, type SqlConfigInput, sqlConfigSchema } from "../../src/external/sql/config.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import type { ExternalCollectionInfo } from "../../src/model/external-facts.ts";
import type {
  ExternalFields,
  ExternalOperation,
  ExternalOutcome,
  ExternalRecord,
} from "../../src/model/external-record.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import type { Erp, ErpAuthor, ErpChange, ErpRow, LineChanges, OpenTransaction, Place, Upheaval } from "./erp.ts";
import { nameOf, shuffled } from "./erp.ts";
import type { Random } from "./random.ts";
import { TableHistories } from "./table-histories.ts";
import { keyColumns, type Unruly, type World } from "./world.ts";

type Scalar = string | null;
type SqlRow = Readonly<Record<string, Scalar>>;

/** The tables of the ERP with their own columns beside the key. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  customers: ["name", "phone", "city"],
  products: ["name", "price"],
  contracts: ["state", "note"],
  orders: ["date", "state", "note"],
};
const REFERENCES: Readonly<Record<string, readonly ("customer" | "contract")[]>> = {
  contracts: ["customer"],
  orders: ["customer", "contract"],
};
const LINE_COLUMNS = ["line_no", "sku", "quantity", "price"] as const;
/** A collection that reads another one's table. */
const TABLE_OF: Readonly<Record<string, string>> = { prices: "products" };

/** Made once for each kind of world, and copied for each history. */
const templates = new Map<string, Promise<Buffer>>();

/** The ERP of one history. */
export class SqlErp implements Erp {
  readonly name = "erp";
  onChange: (change: ErpChange) => void = () => {};
  shuffle: Random | undefined;
  readonly #world: World;
  readonly #nowMs: () => number;
  readonly #path: string;
  /** While what an upheaval has changed is reported: it is no change of the tables' present history. */
  #isUpset = false;
  #people: Database.Database;
  #port: ExternalSystem;
  readonly #histories = new TableHistories(Object.keys(COLUMNS));
  readonly #statements = new Map<string, Database.Statement>();

  private constructor(world: World, nowMs: () => number, path: string) {
    this.#world = world;
    this.#nowMs = nowMs;
    this.#path = path;
    this.#people = openForPeople(path);
    this.#port = openSqlExternal(configOf(world, path), nowMs);
  }

  static async create(world: World, nowMs: () => number): Promise<SqlErp> {
    const path = newPath();
    writeFileSync(path, await templateOf(world));
    return new SqlErp(world, nowMs, path);
  }

  row(collection: string, name: string): ErpRow | undefined {
    const table = tableOf(collection);
    const keys = this.#keyOf(table);
    const [row] = this.#all(
      `select * from ${table} where ${keys.map((key) => `${key} = ?`).join(" and ")}`,
      name.split("|"),
    );
    return row === undefined ? undefined : this.#rowOf(table, row);
  }

  rows(collection: string): readonly ErpRow[] {
    const table = tableOf(collection);
    const order = this.#keyOf(table).join(", ");
    return this.#all(`select * from ${table} order by ${order}`, []).map((row) => this.#rowOf(table, row));
  }

  put(collection: string, name: string, fields: ExternalFields, lines: LineChanges = {}): void {
    const table = tableOf(collection);
    this.#noting("clerk", table, name, () => {
      this.#write(table, this.#keyOf(table), name.split("|"), fields);
      const order = this.#lineParent();
      for (const [no, line] of Object.entries(lines)) {
        const at = [...name.split("|"), no];
        const keys = [...order, "line_no"];
        if (line === null) this.#run(`delete from order_lines where ${equal(keys)}`, at);
        else this.#write("order_lines", keys, at, line);
      }
    });
  }

  remove(collection: string, name: string): void {
    const table = tableOf(collection);
    if (this.row(table, name) === undefined) return;
    this.#noting("clerk", table, name, () => {
      this.#run(`delete from ${table} where ${equal(this.#keyOf(table))}`, name.split("|"));
    });
  }

  /** SQLite has one writer at a time: nothing of an open transaction is seen before it ends, nor does it hold anything. */
  begin(): OpenTransaction {
    const writes: (() => void)[] = [];
    return {
      put: (collection, name, fields, lines) => {
        const isThere = this.row(collection, name) !== undefined;
        writes.push(() => {
          // What was changed and has been deleted since is not made again by half.
          if (!isThere || this.row(collection, name) !== undefined) this.put(collection, name, fields, lines);
        });
      },
      commit: () => {
        for (const write of writes) write();
      },
    };
  }

  check(): Promise<readonly ExternalProblem[]> {
    return this.#port.check();
  }

  info(collection: string): Promise<ExternalCollectionInfo> {
    return this.#port.info(collection);
  }

  async start(collection: string): Promise<string> {
    return (await this.#port.start?.(collection)) ?? "";
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    const page = await this.#port.changes(collection, cursor, limit);
    return this.shuffle === undefined ? page : { ...page, changes: shuffled(page.changes, this.shuffle) };
  }

  async acknowledge(collection: string, cursor: string): Promise<void> {
    await this.#port.acknowledge?.(collection, cursor);
  }

  read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    return this.#port.read(collection, keys);
  }

  async apply(operations: readonly ExternalOperation[]): Promise<readonly ExternalOutcome[]> {
    const outcomes: ExternalOutcome[] = [];
    for (const operation of operations) {
      const [table, name] = [tableOf(operation.collection), operation.naturalKey.join("|")];
      const before = this.row(table, name);
      this.#stampAs("connector");
      outcomes.push(...(await this.#port.apply([operation])));
      this.#tell("connector", table, before, name);
    }
    return outcomes;
  }

  place(collection: string): Place {
    return this.#histories.place(tableOf(collection));
  }

  knows(collection: string, place: Place): boolean {
    return this.#histories.knows(tableOf(collection), place);
  }

  async suffer(upheaval: Upheaval): Promise<boolean> {
    const aside = `${this.#path}-aside`;
    if (upheaval === "snapshot") {
      copyFileSync(this.#path, aside);
      this.#histories.layAside();
    }
    if (upheaval === "snapshot" || (upheaval === "restore" && !existsSync(aside))) return false;
    if (upheaval === "reload") {
      this.#reloadAll();
      return false;
    }
    const before = this.#everything();
    if (upheaval === "swap") this.#swapOrders();
    await this.#closeFile();
    if (upheaval === "restore") {
      // Another file in the place of the old one, as a backup program puts it there.
      copyFileSync(aside, `${this.#path}-new`);
      renameSync(`${this.#path}-new`, this.#path);
    }
    if (upheaval === "move") await this.#moveAway();
    const isLogged = this.#world.feed === "log";
    if (isLogged && upheaval === "swap") await installChangeLog(configOf(this.#world, this.#path));
    this.#people = openForPeople(this.#path);
    this.#port = openSqlExternal(configOf(this.#world, this.#path), this.#nowMs);
    if (upheaval === "restore") this.#histories.putBack();
    else if (upheaval === "move") this.#histories.rebuilt();
    // A table that is made again in the same SQLite file bears no sign of it; only the change log, which has to be installed
    // again, tells.
    else if (isLogged) this.#histories.rebuilt(["orders"]);
    const after = this.#everything();
    this.#isUpset = true;
    for (const [place, row] of new Map([...after, ...before]))
      this.#tell("clerk", place.split(" ")[0] ?? "", before.get(place), nameOf(row));
    this.#isUpset = false;
    return true;
  }

  /** Every row goes and comes again in one transaction, as a nightly import does it: nothing is another than before. */
  #reloadAll(): void {
    const tables = [...Object.keys(COLUMNS), "order_lines"];
    this.#stampAs("clerk");
    this.#people.exec("begin immediate");
    for (const table of tables) this.#people.exec(`create table ${table}_kept as select * from ${table}`);
    for (const table of tables) this.#people.exec(`delete from ${table}`);
    for (const table of tables) this.#people.exec(`insert into ${table} select * from ${table}_kept`);
    for (const table of tables) this.#people.exec(`drop table ${table}_kept`);
    this.#people.exec("commit");
  }

  /** A new table in the place of the old one, without the last of its records. */
  #swapOrders(): void {
    const parent = this.#lineParent();
    const last = this.rows("orders").at(-1);
    this.#statements.clear();
    const run = (text: string): void => void this.#people.exec(text);
    run("pragma foreign_keys = off");
    for (const table of ["orders", "order_lines"]) run(`create table ${table}_kept as select * from ${table}`);
    for (const table of ["order_lines", "orders"]) run(`drop table ${table}`);
    for (const statement of tables(this.#world))
      if (/(create table|on) (orders|order_lines)\b/.test(statement)) run(statement);
    for (const table of ["orders", "order_lines"]) {
      run(`insert into ${table} select * from ${table}_kept`);
      run(`drop table ${table}_kept`);
    }
    if (last !== undefined) {
      this.#run(`delete from order_lines where ${equal(parent)}`, last.key);
      this.#run(`delete from orders where ${equal(this.#keyOf("orders"))}`, last.key);
    }
  }

  /** Into a new file that has the tables and a fresh change log. */
  async #moveAway(): Promise<void> {
    const old = `${this.#path}-old`;
    renameSync(this.#path, old);
    writeFileSync(this.#path, await templateOf(this.#world));
    const database = openForPeople(this.#path);
    database.exec(`attach '${old}' as old`);
    for (const table of ["sim_clock", ...Object.keys(COLUMNS), "order_lines"]) {
      database.exec(`delete from ${table}`);
      database.exec(`insert into ${table} select * from old.${table}`);
    }
    database.close();
    rmSync(old);
  }

  /** Every record by its table and its name. */
  #everything(): ReadonlyMap<string, ErpRow> {
    const rows = Object.keys(COLUMNS).flatMap((table) =>
      this.rows(table).map((row) => [`${table} ${nameOf(row)}`, row] as const),
    );
    return new Map(rows);
  }

  async #closeFile(): Promise<void> {
    await this.#port.close();
    this.#statements.clear();
    this.#people.close();
  }

  /** Ends the history: the file goes. */
  async close(): Promise<void> {
    await this.#closeFile();
    rmSync(dirname(this.#path), { recursive: true, force: true });
  }

  #noting(author: ErpAuthor, table: string, name: string, work: () => void): void {
    const before = this.row(table, name);
    this.#stampAs(author);
    this.#people.exec("begin immediate");
    try {
      work();
      this.#people.exec("commit");
    } catch (error) {
      // What the ERP refuses does not happen.
      this.#people.exec("rollback");
      if (!(error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_CONSTRAINT")))
        throw error;
    }
    this.#tell(author, table, before, name);
  }

  #tell(author: ErpAuthor, table: string, before: ErpRow | undefined, name: string): void {
    const after = this.row(table, name);
    if (contentOf(before) === contentOf(after)) return;
    const key = name.split("|");
    if (!this.#isUpset) this.#histories.changed(table);
    this.onChange({ collection: table, key, before, after, author });
  }

  #stampAs(author: ErpAuthor): void {
    this.#run("update sim_clock set at = ?, by = ?", [new Date(this.#nowMs()).toISOString(), author]);
  }

  #write(table: string, keys: readonly string[], at: readonly string[], fields: ExternalFields): void {
    const columns = Object.keys(fields).filter((column) => !keys.includes(column));
    const values = columns.map((column) => scalar(fields[column]));
    const names = [...keys, ...columns].join(", ");
    const places = [...at, ...values].map(() => "?").join(", ");
    const updates = columns.map((column) => `${column} = excluded.${column}`).join(", ");
    const clash = columns.length === 0 ? "nothing" : `update set ${updates}`;
    this.#run(`insert into ${table} (${names}) values (${places}) on conflict (${keys.join(", ")}) do ${clash}`, [
      ...at,
      ...values,
    ]);
  }

  #rowOf(table: string, row: SqlRow): ErpRow {
    const { changed_at: at, changed_by: by, ...fields } = row;
    const key = this.#keyOf(table).map((column) => String(row[column]));
    const lines = new Map<string, ExternalFields>();
    if (table === "orders") {
      const found = this.#all(
        `select ${LINE_COLUMNS.join(", ")} from order_lines where ${equal(this.#lineParent())} order by line_no`,
        key,
      );
      for (const line of found) lines.set(String(line["line_no"]), line);
    }
    return {
      key,
      fields,
      lines,
      version: 0,
      by: by === "connector" ? "connector" : "clerk",
      atMs: Date.parse(at ?? ""),
    };
  }

  #keyOf(table: string): readonly string[] {
    return table === "products" ? ["sku"] : keyColumns(this.#world.keys);
  }

  #lineParent(): readonly string[] {
    return keyColumns(this.#world.keys).map((column) => `order_${column}`);
  }

  #all(text: string, values: readonly Scalar[]): readonly SqlRow[] {
    // The driver's rows are plain objects by column; numbers are read as the texts that the judge compares.
    const rows = this.#prepared(text).all(...values) as Record<string, string | number | null>[];
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
    );
  }

  #run(text: string, values: readonly Scalar[]): void {
    this.#prepared(text).run(...values);
  }

  #prepared(text: string): Database.Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#people.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function openForPeople(path: string): Database.Database {
  const database = new Database(path);
  database.exec("pragma foreign_keys = on; pragma synchronous = off");
  return database;
}

/** Files that live for a tenth of a second belong in memory, where the machine has such a place. */
function newPath(): string {
  return join(mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "order-sync-simulation-")), "erp.db");
}

async function templateOf(world: World): Promise<Buffer> {
  const kind = `${world.keys} ${world.feed} ${JSON.stringify(world.unruly)}`;
  const known = templates.get(kind) ?? makeTemplate(world);
  templates.set(kind, known);
  return await known;
}

async function makeTemplate(world: World): Promise<Buffer> {
  const path = newPath();
  const database = openForPeople(path);
  for (const statement of tables(world)) database.exec(statement);
  database.close();
  if (world.feed === "log") await installChangeLog(configOf(world, path));
  const template = readFileSync(path);
  rmSync(dirname(path), { recursive: true });
  return template;
}

function tables({ keys, unruly }: World): readonly string[] {
  const price = unruly?.digits === true ? "text" : "numeric";
  const type = keys === "integer" ? "integer" : "text";
  const typed = (columns: readonly string[]): readonly string[] =>
    columns.map((column) => `${column} ${column.endsWith("company") ? "integer" : type}`);
  const key = keyColumns(keys);
  const roots = Object.entries(COLUMNS).map(([table, columns]) => {
    const own = table === "products" ? ["sku"] : key;
    const referring = (REFERENCES[table] ?? []).flatMap((to) => typed(keyColumns(keys, to)));
    const rest = columns.map((column) => `${column} ${column === "price" ? price : "text"}`);
    return `create table ${table} (${[...typed(own), ...referring, ...rest, "changed_at text", "changed_by text"].join(", ")},
      primary key (${own.join(", ")}))`;
  });
  const parent = key.map((column) => `order_${column}`);
  const lines = `create table order_lines (${typed(parent).join(", ")}, line_no integer, sku ${type}, quantity numeric,
    price ${price}, primary key (${[...parent, "line_no"].join(", ")}),
    foreign key (${parent.join(", ")}) references orders (${key.join(", ")}) on delete cascade)`;
  const stamps = "changed_at = (select at from sim_clock), changed_by = (select by from sim_clock)";
  const stamped = Object.keys(COLUMNS).flatMap((table) => [
    `create trigger ${table}_made after insert on ${table} begin
       update ${table} set ${stamps} where rowid = new.rowid; end`,
    `create trigger ${table}_changed after update on ${table} when old.changed_at is new.changed_at begin
       update ${table} set ${stamps} where rowid = new.rowid; end`,
  ]);
  const order = (row: string): string => key.map((column) => `${column} = ${row}.order_${column}`).join(" and ");
  const moved = (["insert", "update", "delete"] as const).map((event) => {
    const row = event === "delete" ? "old" : "new";
    return `create trigger order_lines_${event} after ${event} on order_lines begin
      update orders set ${stamps} where ${order(row)}; end`;
  });
  return [
    "create table sim_clock (at text, by text)",
    "insert into sim_clock values ('', '')",
    ...roots,
    lines,
    ...stamped,
    ...moved,
    ...TRIGGERS[unruly?.trigger ?? "none"],
  ];
}

/** What an ERP's own triggers make of the values that are written to its customers, whoever writes them. */
const TRIGGERS: Readonly<Record<Unruly["trigger"], readonly string[]>> = {
  none: [],
  rewrites: [
    `create trigger customers_city after insert on customers when new.city is not upper(new.city) begin
       update customers set city = upper(new.city) where rowid = new.rowid; end`,
    `create trigger customers_city_changed after update of city on customers when new.city is not upper(new.city) begin
       update customers set city = upper(new.city) where rowid = new.rowid; end`,
  ],
  refuses: ["insert", "update"].map(
    (event) => `create trigger customers_phone_${event} before ${event} on customers when new.phone like 'Bo %' begin
       select raise(abort, 'this telephone number is not allowed'); end`,
  ),
};

function configOf(world: World, path: string): SqlConfig {
  const changes =
    world.feed === "log" ? ({ kind: "changeLog" } as const) : ({ kind: "column", column: "changed_at" } as const);
  const key = keyColumns(world.keys);
  const collections = [...Object.keys(COLUMNS), ...Object.keys(TABLE_OF)].map((name) => {
    const table = tableOf(name);
    const own = table === "products" ? ["sku"] : [...key];
    const referring = (REFERENCES[table] ?? []).flatMap((to) => keyColumns(world.keys, to));
    return [
      name,
      {
        table,
        key: own,
        columns: [...own, ...referring, ...(COLUMNS[table] ?? [])],
        changes,
        changedAt: "changed_at",
        changedBy: "changed_by",
        ...(table === "orders"
          ? {
              lines: {
                table: "order_lines",
                parentKey: key.map((column) => `order_${column}`),
                key: ["line_no"],
                columns: [...LINE_COLUMNS],
              },
            }
          : {}),
      },
    ];
  });
  const input: SqlConfigInput = {
    kind: "sql",
    name: "erp",
    url: `file:${path}`,
    lockWaitMs: 0,
    collections: Object.fromEntries(collections),
  };
  return sqlConfigSchema.parse(input);
}

function tableOf(collection: string): string {
  return TABLE_OF[collection] ?? collection;
}

function equal(columns: readonly string[]): string {
  return columns.map((column) => `${column} = ?`).join(" and ");
}

function scalar(value: ExternalFields[string] | undefined): Scalar {
  return value === null || value === undefined ? null : String(value);
}

/** What a record says, to see whether it changed. */
function contentOf(row: ErpRow | undefined): string {
  return row === undefined ? "" : JSON.stringify([nameOf(row), row.fields, [...row.lines]]);
}
