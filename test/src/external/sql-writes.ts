/** How the SQL adapter writes into tables that have types, defaults, rules and triggers of their own, on both dialects. */
import { describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import type { ExternalFields, ExternalOperation } from "../../../src/model/external-record.ts";
import type { SqlBench } from "./sql-behavior.ts";
import type { ErpSession } from "./sql-double.ts";

interface Scene {
  readonly session: ErpSession;
  readonly external: ExternalSystem;
  /** Writes to the row with this key and gives the outcome. */
  readonly write: (
    kind: "create" | "update",
    key: string,
    fields: ExternalFields,
  ) => ReturnType<ExternalSystem["apply"]>;
  /** The stored value as text, with how the database keeps it where it tells. */
  readonly stored: (column: string, key?: string) => Promise<string | null>;
}

/** Runs the tests on one dialect. */
export function sqlWrites(name: string, bench: SqlBench): void {
  const { dialect } = bench;

  /** A table `items` with the text key `no`, found by a column. */
  async function scene(statements: readonly string[], more: Partial<SqlConfigInput> = {}): Promise<Scene> {
    const { url, session } = await bench.database();
    for (const statement of statements) await session.query(statement);
    const external = await openExternal(
      sqlConfigSchema.parse({
        kind: "sql",
        name: "erp",
        url,
        lockWaitMs: 300,
        collections: { items: { table: "items", key: ["no"], changes: { kind: "column", column: "no" } } },
        ...more,
      }),
    );
    bench.closeLater(() => external.close());
    const kept = (column: string): string =>
      dialect === "sqlite" ? `typeof(${column}) || ' ' || ${column}` : `cast(${column} as text)`;
    return {
      session,
      external,
      write: (kind, key, fields) => external.apply([operation(kind, key, fields)]),
      stored: async (column, key = "1") => {
        const [row] = await session.query(`select ${kept(column)} as value from items where no = ?`, [key]);
        const value = row?.["value"] ?? null;
        return value === null ? null : `${value as string | number}`;
      },
    };
  }

  const operation = (kind: "create" | "update", key: string, fields: ExternalFields): ExternalOperation => ({
    opId: key,
    collection: "items",
    naturalKey: [key],
    expectedVersion: null,
    change: { kind, fields },
  });
  const asText = (type: string, text: string): string => (dialect === "sqlite" ? `${type} ${text}` : text);

  describe(`a value written by the SQL adapter on ${name}`, () => {
    it.each([
      { type: "integer", was: "1", now: asText("integer", "0") },
      { type: "smallint", was: "1", now: asText("integer", "0") },
      { type: "numeric(1)", was: "1", now: asText("integer", "0") },
      { type: "boolean", was: "true", now: dialect === "sqlite" ? "integer 0" : "false" },
      { type: "text", was: "'true'", now: asText("text", "false") },
      { type: "text", was: "'True'", now: asText("text", "False") },
      { type: "text", was: "'TRUE'", now: asText("text", "FALSE") },
      { type: "text", was: "'1'", now: asText("text", "0") },
      { type: "char(1)", was: "'1'", now: asText("text", "0") },
    ])("is a boolean of the column's own kind: $type that holds $was", async ({ type, was, now }) => {
      const { write, stored } = await scene([
        `create table items (no varchar(10) primary key, flag ${type})`,
        `insert into items values ('1', ${was})`,
      ]);

      expect(await write("update", "1", { flag: false })).toMatchObject([{ kind: "done" }]);
      expect(await write("create", "2", { flag: false })).toMatchObject([{ kind: "done" }]);

      expect([await stored("flag"), await stored("flag", "2")]).toEqual([now, now]);
    });

    it.each([
      { type: "text", now: asText("text", "true") },
      { type: "varchar(5)", now: asText("text", "true") },
      { type: "char(1)", now: asText("text", "1") },
    ])("is a boolean that fits where nothing shows how the column spells them: $type", async ({ type, now }) => {
      const { write, stored } = await scene([`create table items (no text primary key, flag ${type})`]);
      expect(await write("create", "1", { flag: true })).toMatchObject([{ kind: "done" }]);
      expect(await stored("flag")).toBe(now);
    });

    it("keeps every digit of a number, in columns of numbers and of texts", async () => {
      const { write, stored } = await scene([
        "create table items (no text primary key, whole bigint, exact numeric(20,4), spelled text)",
        "insert into items values ('1', 1, 1, '1')",
      ]);
      const fields = { whole: "123456789012345678", exact: "12.5", spelled: "9007199254740993.25" };
      expect(await write("update", "1", fields)).toMatchObject([{ kind: "done" }]);
      expect(await stored("whole")).toBe(asText("integer", "123456789012345678"));
      expect(await stored("exact")).toBe(dialect === "sqlite" ? "real 12.5" : "12.5000");
      expect(await stored("spelled")).toBe(asText("text", "9007199254740993.25"));
    });

    it.each([
      { was: "2026-03-02 00:00:00", given: "2026-04-05", now: "2026-04-05 00:00:00" },
      { was: "2026-03-02T00:00:00Z", given: "2026-04-05", now: "2026-04-05T00:00:00Z" },
      { was: "2026-03-02", given: "2026-04-05", now: "2026-04-05" },
      { was: "2026-03-02 08:30:00+00", given: "2026-04-05T10:00:00Z", now: "2026-04-05 10:00:00+00" },
      { was: "2026-03-02 08:30:00", given: "2026-04-05T10:00:00", now: "2026-04-05 10:00:00" },
      { was: "2026-03-02 08:30:00+02:00", given: "2026-04-05T10:00:00Z", now: "2026-04-05 10:00:00Z" },
      { was: "next week", given: "2026-04-05", now: "2026-04-05" },
    ])("is a time as the text column spells times: $given beside $was", async ({ was, given, now }) => {
      const { write, stored } = await scene([
        "create table items (no text primary key, at text)",
        `insert into items values ('1', '${was}')`,
      ]);
      expect(await write("update", "1", { at: given })).toMatchObject([{ kind: "done" }]);
      expect(await write("create", "2", { at: given })).toMatchObject([{ kind: "done" }]);
      expect(await stored("at")).toBe(asText("text", now));
    });

    it("is '' where a text is emptied that must not be null, also in a new record", async () => {
      const { write, stored, session } = await scene([
        "create table items (no text primary key, city varchar(30) not null, note text, size integer not null default 3)",
        "insert into items values ('1', 'Marstal', 'x', 3)",
      ]);
      expect(await write("update", "1", { city: null, note: null })).toMatchObject([{ kind: "done" }]);
      expect(await write("create", "2", { city: null, note: null, size: null })).toMatchObject([{ kind: "done" }]);
      expect(await session.query("select * from items order by no")).toEqual([
        { no: "1", city: "", note: null, size: 3 },
        { no: "2", city: "", note: null, size: 3 },
      ]);
      expect(await stored("note")).toBeNull();
    });

    it("is refused as null in a column that must not be null where the setting says so, or for want of a text", async () => {
      const tables = [
        "create table items (no text primary key, city text not null, size integer not null)",
        "insert into items values ('1', 'Marstal', 3)",
      ];
      const { write, session } = await scene(tables, { emptyForNull: false });
      expect(await write("update", "1", { city: null })).toMatchObject([
        { kind: "refused", reason: expect.stringMatching(/^a column that must have a value gets none: .*city/) },
      ]);
      expect(await write("update", "1", { size: null })).toMatchObject([{ kind: "refused" }]);
      expect(await session.query("select city, size from items")).toEqual([{ city: "Marstal", size: 3 }]);
    });

    it("leaves defaults and computed columns of a new record to the database", async () => {
      const { write, session } = await scene([
        `create table items (no text primary key, net integer, country text default 'DK', day text not null default 'today',
           gross integer generated always as (net * 2) stored)`,
      ]);
      const fields = { net: 4, country: null, day: null, gross: 9 };
      expect(await write("create", "1", fields)).toMatchObject([{ kind: "done" }]);
      expect(await write("update", "1", { gross: 9 })).toMatchObject([
        { kind: "refused", reason: 'column "gross" of "items" is computed by the database' },
      ]);
      expect(await session.query("select net, country, day, gross from items")).toEqual([
        { net: 4, country: "DK", day: "today", gross: 8 },
      ]);
    });

    it("has the version of what the ERP's own triggers made of it", async () => {
      const { write, external } = await scene([
        "create table items (no text primary key, name text, stamp integer)",
        "insert into items values ('1', 'a', 1)",
        ...trigger("items", "after update", "update items set stamp = coalesce(stamp, 0) + 1 where no = new.no"),
      ]);
      const [outcome] = await write("update", "1", { name: "b" });
      const [record] = await external.read("items", [["1"]]);
      expect(record?.fields).toMatchObject({ name: "b", stamp: 2 });
      expect(outcome).toMatchObject({ kind: "done", version: record?.version });
    });
  });

  describe(`a record that the database refuses to the SQL adapter on ${name}`, () => {
    it.each([
      { rule: "check (qty < 10)", fields: { qty: 12 }, reason: /^a check of the table is broken: / },
      { rule: "unique", fields: { qty: 5 }, reason: /^another record has this value already: / },
      { rule: "references others (id)", fields: { qty: 12 }, reason: /^it refers to a record that is not there/ },
    ])("says what is broken: $rule", async ({ rule, fields, reason }) => {
      const { external } = await scene([
        "create table others (id integer primary key)",
        "insert into others values (1), (5), (7)",
        `create table items (no text primary key, qty integer ${rule})`,
        "insert into items values ('1', 1), ('2', 5)",
      ]);
      const outcomes = await external.apply([operation("update", "1", fields), operation("update", "2", { qty: 7 })]);
      expect(outcomes).toMatchObject([{ kind: "refused", reason: expect.stringMatching(reason) }, { kind: "done" }]);
    });

    const raised: readonly string[] =
      dialect === "sqlite"
        ? [
            "select raise(abort, 'no such day')",
            "select raise(rollback, 'no such day')",
            "select raise(fail, 'no such day')",
          ]
        : [
            "raise exception 'no such day'",
            "raise exception 'no such day' using errcode = 'ERP01'",
            "raise exception 'no such day' using errcode = '57P01'",
            "raise exception 'no such day' using errcode = '40001'",
            "raise exception 'no such day' using errcode = '08006'",
          ];
    it.each(raised)("says what its trigger says: %s", async (statement) => {
      const { external } = await scene([
        "create table items (no text primary key, name text)",
        "insert into items values ('1', 'a'), ('2', 'b')",
        ...trigger("items", "before update", statement, "new.name = 'bad'"),
      ]);
      const outcomes = await external.apply([
        operation("update", "1", { name: "bad" }),
        operation("update", "2", { name: "good" }),
      ]);
      expect(outcomes).toMatchObject([
        { kind: "refused", reason: expect.stringMatching(/^a rule of the database refuses it: no such day/) },
        { kind: "done" },
      ]);
    });

    const broken: readonly { readonly body: string; readonly reason: RegExp }[] =
      dialect === "sqlite"
        ? [
            { body: "select no_such_function(new.name)", reason: /no_such_function/ },
            { body: "select abs(-9223372036854775807 - 1)", reason: /integer overflow/ },
          ]
        : [
            { body: "perform no_such_function(new.name)", reason: /^a function is not there: .*no_such_function/ },
            { body: "perform new.color", reason: /color.*in the database's function/ },
            { body: "perform 1 / 0", reason: /^a computation in the database divides by zero/ },
            { body: "insert into no_such_table values (1)", reason: /^a table is not there: .*no_such_table/ },
            { body: "perform pg_read_file('/no/such/file')", reason: /no.such.file/ },
            { body: "execute 'select * from'", reason: /syntax error/ },
          ];
    it.each(broken)("says why its trigger fails: $body", async ({ body, reason }) => {
      const { external } = await scene([
        "create table items (no text primary key, name text)",
        "insert into items values ('1', 'a'), ('2', 'b')",
        ...trigger("items", "before update", body, "new.name = 'bad'"),
      ]);
      const [bad] = await external.apply([operation("update", "1", { name: "bad" })]);
      expect(bad).toMatchObject({ kind: "refused", reason: expect.stringMatching(reason) });
      expect(await external.read("items", [["1"]])).toMatchObject([{ fields: { name: "a" } }]);
    });

    const skip = dialect === "sqlite" ? "select raise(ignore)" : "return null";
    const untaken = expect.stringMatching(/took the statement and changed nothing.* trigger.*nothing was written/);

    it.each([
      { event: "before update", kind: "update", key: "1", fields: { name: "bad" } },
      { event: "before insert", kind: "create", key: "3", fields: { name: "bad" } },
      { event: "before delete", kind: "delete", key: "1", fields: {} },
    ] as const)(
      "is one that a rule of the table passes over in silence: $event",
      async ({ event, kind, key, fields }) => {
        const { external, session } = await scene([
          "create table items (no text primary key, name text)",
          "insert into items values ('1', 'a'), ('2', 'b')",
          ...trigger("items", event, skip, kind === "delete" ? "old.no = '1'" : "new.name = 'bad'"),
        ]);
        const refused =
          kind === "delete" ? { ...operation("update", key, {}), change: { kind } } : operation(kind, key, fields);
        const outcomes = await external.apply([refused, operation("update", "2", { name: "good" })]);
        expect(outcomes).toMatchObject([{ kind: "refused", reason: untaken }, { kind: "done" }]);
        expect(await session.query("select no, name from items order by no")).toEqual([
          { no: "1", name: "a" },
          { no: "2", name: "good" },
        ]);
      },
    );

    it.each(["add", "remove", "change"] as const)("is one whose line is passed over in silence: %s", async (what) => {
      const events = { add: "before insert", remove: "before delete", change: "before update" };
      const { external, session } = await scene(
        [
          "create table items (no text primary key, name text)",
          "create table parts (no text, pos integer, qty integer, primary key (no, pos))",
          "insert into items values ('1', 'a')",
          "insert into parts values ('1', 1, 5)",
          ...trigger("parts", events[what], skip),
        ],
        {
          collections: {
            items: {
              table: "items",
              key: ["no"],
              lines: { table: "parts", parentKey: ["no"], key: ["pos"] },
              changes: { kind: "column", column: "no" },
            },
          },
        },
      );
      const line =
        what === "remove"
          ? ({ kind: "remove", naturalKey: ["1"] } as const)
          : ({ kind: "put", naturalKey: [what === "add" ? "2" : "1"], fields: { qty: 7 } } as const);
      const write = {
        ...operation("update", "1", {}),
        change: { kind: "update", fields: { name: "b" }, lines: [line] } as const,
      };
      expect(await external.apply([write])).toMatchObject([{ kind: "refused", reason: untaken }]);
      expect(await session.query("select name from items")).toEqual([{ name: "a" }]);
    });

    it("is one that a rule of the table gives another key", async () => {
      const rekey =
        dialect === "sqlite"
          ? trigger(
              "items",
              "after update",
              "update items set no = new.no || 'x' where no = new.no",
              "new.name = 'bad'",
            )
          : trigger("items", "before update", "new.no := new.no || 'x'", "new.name = 'bad'");
      const { external, session } = await scene([
        "create table items (no text primary key, name text)",
        "insert into items values ('1', 'a')",
        ...rekey,
      ]);
      expect(await external.apply([operation("update", "1", { name: "bad" })])).toMatchObject([
        { kind: "refused", reason: expect.stringMatching(/not there any more.*nothing was written/) },
      ]);
      expect(await session.query("select no, name from items")).toEqual([{ no: "1", name: "a" }]);
    });

    it("is not one that a trigger stores in another way, or only marks as deleted", async () => {
      const { external, session } = await scene([
        "create table base (no text primary key, name text, gone integer)",
        "insert into base values ('1', 'a', 0), ('2', 'b', 0)",
        "create view items as select * from base",
        ...trigger("items", "instead of update", "update base set name = upper(new.name) where no = new.no"),
      ]);
      await session.query(
        dialect === "sqlite"
          ? "create trigger mark instead of delete on items for each row begin update base set gone = 1 where no = old.no; end"
          : `create function mark() returns trigger language plpgsql as $$
             begin update base set gone = 1 where no = old.no; return null; end $$`,
      );
      if (dialect === "postgres")
        await session.query("create trigger mark instead of delete on items for each row execute function mark()");
      const remove = { ...operation("update", "2", {}), change: { kind: "delete" } as const };
      expect(await external.apply([operation("update", "1", { name: "c" }), remove])).toMatchObject([
        { kind: "done" },
        { kind: "done" },
      ]);
      expect(await session.query("select name, gone from base order by no")).toEqual([
        { name: "C", gone: 0 },
        { name: "b", gone: 1 },
      ]);
    });

    // SQLite writes views by triggers only, which take every column.
    if (dialect === "postgres")
      it("has the computed columns of a view that can be written among those that cannot", async () => {
        const { external } = await scene([
          "create table base (no text primary key, name text, phone text)",
          "create view items as select no, name, upper(phone) as phone from base",
        ]);
        const { fields } = await external.info("items");
        expect([fields?.["name"]?.generated, fields?.["phone"]?.generated]).toEqual([false, true]);
      });

    it("is named when its view cannot be written, and written where a trigger stands in", async () => {
      const { external, session } = await scene([
        "create table base (no text primary key, name text)",
        "insert into base values ('1', 'a')",
        "create view items as select no, max(name) as name from base group by no",
      ]);
      expect(await external.apply([operation("update", "1", { name: "b" })])).toMatchObject([
        { kind: "refused", reason: expect.stringMatching(/view/) },
      ]);
      const reason = expect.stringMatching(/^the view "items" cannot be written/);
      expect((await external.info("items")).refuses).toEqual({ create: reason, update: reason, delete: reason });

      for (const statement of trigger(
        "items",
        "instead of update",
        "update base set name = new.name where no = new.no",
      ))
        await session.query(statement);

      expect(await external.apply([operation("update", "1", { name: "b" })])).toMatchObject([{ kind: "done" }]);
      expect(await session.query("select name from base")).toEqual([{ name: "b" }]);
      await external.check();
      expect(Object.keys((await external.info("items")).refuses ?? {})).toEqual(["create", "delete"]);
    });
  });

  describe(`a row that cannot be read by the SQL adapter on ${name}`, () => {
    // SQLite reads what it holds; what its texts may hold is a test of the values.
    if (dialect === "postgres")
      it("is there and unreadable, and the others are read", async () => {
        const { external } = await scene([
          "create table base (no text primary key, name text, part integer)",
          "insert into base values ('1', 'a', 1), ('2', 'b', 0), ('3', 'c', 1)",
          "create view items as select no, name, 10 / part as share from base",
        ]);

        const records = await external.read("items", [["1"], ["2"], ["3"], ["4"]]);

        expect(records.map((record) => [record.naturalKey[0], record.unreadable !== undefined])).toEqual([
          ["1", false],
          ["2", true],
          ["3", false],
        ]);
        expect(records[1]?.unreadable).toMatch(/division by zero/);
      });

    it("has names of any length and texts of any kind", async () => {
      const long = "x".repeat(63);
      const { external } = await scene([
        `create table items (no text primary key, ${long} text, empty text)`,
        `insert into items values ('1', 'Zoë 🎉', '')`,
      ]);
      expect((await external.read("items", [["1"]]))[0]?.fields).toEqual({ no: "1", [long]: "Zoë 🎉", empty: "" });
    });
  });

  /** A trigger with one statement; `when` is its condition. */
  function trigger(table: string, event: string, statement: string, when?: string): readonly string[] {
    const condition = when === undefined ? "" : `when (${when})`;
    if (dialect === "sqlite")
      return [`create trigger rule ${event} on ${table} for each row ${condition} begin ${statement}; end`];
    // What the trigger itself writes does not set it off again.
    return [
      `create or replace function rule() returns trigger language plpgsql as $$
       begin if pg_trigger_depth() > 1 then return new; end if; ${statement}; return new; end $$`,
      `create trigger rule ${event} on ${table} for each row ${condition} execute function rule()`,
    ];
  }
}
