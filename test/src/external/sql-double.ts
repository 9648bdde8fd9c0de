/** An ERP of two tables for the contract tests, on either dialect. */
import { openExternal } from "../../../src/external/open.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog } from "../../../src/external/sql/install.ts";
import type { ExternalDouble, OrderRow } from "./contract-suite.ts";

/** Runs statements the way the ERP's own programs do. */
export interface ErpSession {
  /** Rows of a statement with `?` for parameters. */
  query(statement: string, parameters?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
}

/** The ERP's configuration: orders with lines, found by the change log unless told otherwise. */
export function erpConfig(url: string, facts: Partial<SqlConfigInput["collections"][string]> = {}): SqlConfigInput {
  return {
    kind: "sql",
    name: "erp",
    url,
    lockWaitMs: 2000,
    collections: {
      orders: {
        table: "orders",
        key: ["id"],
        columns: ["id", "customer", "amount"],
        lines: { table: "order_lines", parentKey: ["order_id"], key: ["no"], columns: ["product", "quantity"] },
        ...facts,
      },
    },
  };
}

/** The tables. Their amounts are texts on SQLite, which has no decimals, and numerics on PostgreSQL. */
export function erpTables(dialect: "sqlite" | "postgres"): readonly string[] {
  const amount = dialect === "sqlite" ? "text" : "numeric(20,2)";
  return [
    `create table orders (id integer primary key, customer text, amount ${amount} not null, photo ${dialect === "sqlite" ? "blob" : "bytea"})`,
    `create table order_lines (
      order_id integer not null references orders (id) on delete cascade, no integer not null, product text,
      quantity bigint, primary key (order_id, no))`,
  ];
}

/** A double whose change log is installed. */
export async function sqlDouble(session: ErpSession, input: SqlConfigInput): Promise<ExternalDouble> {
  const config = sqlConfigSchema.parse(input);
  await installChangeLog(config);
  const external = await openExternal(config);
  return {
    external,
    put: async (order) => {
      await session.query(
        `insert into orders (id, customer, amount) values (?, ?, ?)
         on conflict (id) do update set customer = excluded.customer, amount = excluded.amount`,
        [order.id, order.customer, order.amount],
      );
      const keep = order.lines.map(() => "?").join(", ");
      await session.query(`delete from order_lines where order_id = ? and no not in (${keep === "" ? "0" : keep})`, [
        order.id,
        ...order.lines.map((line) => line.no),
      ]);
      for (const line of order.lines) {
        await session.query(
          `insert into order_lines (order_id, no, product, quantity) values (?, ?, ?, ?)
           on conflict (order_id, no) do update set product = excluded.product, quantity = excluded.quantity
           where order_lines.quantity <> excluded.quantity or order_lines.product <> excluded.product`,
          [order.id, line.no, line.product, line.quantity],
        );
      }
    },
    remove: async (id) => {
      await session.query("delete from orders where id = ?", [id]);
    },
    stored: async (id): Promise<OrderRow | undefined> => {
      const [row] = await session.query("select customer, amount from orders where id = ?", [id]);
      if (row === undefined) return undefined;
      const lines = await session.query(
        "select no, product, quantity from order_lines where order_id = ? order by no",
        [id],
      );
      return {
        id,
        customer: typeof row["customer"] === "string" ? row["customer"] : null,
        amount: String(row["amount"]),
        lines: lines.map((line) => ({
          no: String(line["no"]),
          product: String(line["product"]),
          quantity: Number(line["quantity"]),
        })),
      };
    },
  };
}
