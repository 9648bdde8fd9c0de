/** What the SQL adapter tells of rights on PostgreSQL, for `check`. */
import { describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog } from "../../../src/external/sql/install.ts";
import type { SqlBench } from "./sql-behavior.ts";
import { type ErpSession, erpConfig, erpTables } from "./sql-double.ts";

/** Runs the tests on PostgreSQL. */
export function sqlRights(bench: SqlBench): void {
  let roles = 0;

  /** The standard tables of an owner, and a login of its own. `?` stands for the login in the statements. */
  async function loginWith(
    grants: readonly string[],
    more: { readonly install?: boolean; readonly facts?: Partial<SqlConfigInput["collections"][string]> } = {},
  ): Promise<{ readonly external: ExternalSystem; readonly login: string; readonly session: ErpSession }> {
    const { url, session } = await bench.database();
    for (const statement of erpTables("postgres")) await session.query(statement);
    const config = erpConfig(url, more.facts);
    if (more.install === true) await installChangeLog(sqlConfigSchema.parse(config));
    roles += 1;
    const login = `login_${process.pid}_${roles}`;
    await session.query(`create role ${login} login password 'p'`);
    bench.closeLater(async () => {
      await session.query(`drop owned by ${login}`);
      await session.query(`drop role ${login}`);
    });
    for (const grant of grants) await session.query(grant.replaceAll("LOGIN", login));
    const own = new URL(url);
    own.username = login;
    own.password = "p";
    const external = await openExternal(sqlConfigSchema.parse({ ...config, url: String(own) }));
    bench.closeLater(() => external.close());
    return { external, login, session };
  }

  const byColumn = { facts: { changes: { kind: "column", column: "id" } } } as const;
  const told = async (external: ExternalSystem): Promise<readonly string[]> =>
    (await external.check()).map(
      (problem) => `${problem.warning === true ? "warning " : ""}${problem.place}: ${problem.message}`,
    );

  describe("a check of rights on PostgreSQL", () => {
    it("finds nothing where a login may only read, and says what it may not write", async () => {
      const { external, login } = await loginWith(["grant select on all tables in schema public to LOGIN"], byColumn);

      expect(await told(external)).toEqual([]);
      const { refuses, lineRefuses } = await external.info("orders");
      expect(refuses).toEqual({
        create: `the database user ${login} may not insert and update "orders"; grant insert, update on it`,
        update: `the database user ${login} may not update "orders"; grant update on it`,
        delete: `the database user ${login} may not delete and update "orders"; grant delete, update on it`,
      });
      expect(Object.keys(lineRefuses ?? {})).toEqual(["create", "update", "delete"]);
    });

    it("has nothing against a login that may do everything", async () => {
      const { external } = await loginWith(
        ["grant select, insert, update, delete on all tables in schema public to LOGIN"],
        byColumn,
      );
      expect(await told(external)).toEqual([]);
      expect(await external.info("orders")).toMatchObject({ refuses: {}, lineRefuses: {} });
    });

    it("names the tables and columns that may not be read, all in one pass", async () => {
      const { external, login } = await loginWith(["grant select (id, customer) on orders to LOGIN"], byColumn);
      expect(await told(external)).toEqual([
        `external.collections.orders: the database user ${login} may not read "amount" of "orders"; grant select on it, or list the others under columns`,
        `external.collections.orders: the database user ${login} may not read "order_lines"; grant select on it`,
      ]);
    });

    it("names the schema that may not be used", async () => {
      const { external } = await loginWith(
        [
          "create schema sales",
          "create table sales.orders (id int primary key)",
          "grant select on sales.orders to LOGIN",
        ],
        {
          facts: {
            table: "sales.orders",
            columns: ["id"],
            lines: undefined,
            changes: { kind: "column", column: "id" },
          },
        },
      );
      expect(await told(external)).toEqual([
        expect.stringMatching(/^external.collections.orders: .*permission denied for schema sales.*grant the right/),
      ]);
    });

    it("names columns that may not be written beside those that may", async () => {
      const { external } = await loginWith(
        [
          "grant select on all tables in schema public to LOGIN",
          "grant insert (id, amount), update (customer) on orders to LOGIN",
        ],
        byColumn,
      );
      const { fields, refuses } = await external.info("orders");
      expect(refuses).toEqual({ delete: expect.stringContaining("may not delete") });
      expect(fields).toMatchObject({ customer: { creatable: false }, amount: { updatable: false } });
      expect(fields?.["customer"]).not.toHaveProperty("updatable");
    });

    it("says that nothing can be written with a read-only login", async () => {
      const { external } = await loginWith(
        [
          "grant all on all tables in schema public to LOGIN",
          "alter role LOGIN set default_transaction_read_only = on",
        ],
        byColumn,
      );
      expect(await told(external)).toEqual([]);
      const reason = expect.stringMatching(/^"orders" cannot be written, because the database is read-only/);
      expect((await external.info("orders")).refuses).toEqual({ create: reason, update: reason, delete: reason });
    });

    it("warns of row security", async () => {
      const { external } = await loginWith(
        [
          "grant all on all tables in schema public to LOGIN",
          "alter table orders enable row level security",
          "create policy mine on orders using (customer = current_user)",
        ],
        byColumn,
      );
      expect(await told(external)).toEqual([expect.stringMatching(/^warning .*row security is on for "orders"/)]);
    });

    it("names the owner who has to install the change log", async () => {
      const { external } = await loginWith(["grant all on all tables in schema public to LOGIN"]);
      expect(await told(external)).toEqual([
        expect.stringMatching(
          /changes: table "orders" belongs to postgres, and login_\w+ cannot install .*--print-sql/,
        ),
        expect.stringMatching(/changes: table "order_lines" belongs to postgres/),
        expect.stringMatching(/change log of table "orders" and "order_lines" is missing/),
      ]);
    });

    it("names the right on the change log", async () => {
      const grants = ["grant all on all tables in schema public to LOGIN"];
      const { external, session, login } = await loginWith(grants, { install: true });
      expect(await told(external)).toContainEqual(
        expect.stringMatching(
          /changes: the database user \w+ cannot read the change log; grant usage on schema order_sync_feed/,
        ),
      );
      await session.query(`grant usage on schema order_sync_feed to ${login}`);
      expect(await told(external)).toContainEqual(expect.stringMatching(/grant select on order_sync_feed\.changes/));
    });

    it.each([
      { change: "alter table orders add column n serial", reason: /may not use the sequence of "n"/ },
      {
        change: "alter table orders alter column id add generated always as identity",
        reason: /assigns "id" of "orders"/,
      },
      {
        change: "alter table orders add column region text not null",
        reason: /column "region" of "orders" must have a value/,
      },
      { change: "alter table orders add column region text not null default ''", reason: null },
      { change: "alter table orders add column n int generated by default as identity", reason: null },
    ])("names what keeps new records out: $change", async ({ change, reason }) => {
      const all = "grant select, insert, update, delete on all tables in schema public to LOGIN";
      const { external } = await loginWith([change, all], byColumn);
      const { refuses } = await external.info("orders");
      expect(refuses).toEqual(reason === null ? {} : { create: expect.stringMatching(reason) });
    });
  });
}
