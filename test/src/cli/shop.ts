/** A workplace for the commands: a folder with an ERP, a mock org on a port, and a terminal that remembers. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { createMockOrg, type MockOrg, type MockOrgOptions } from "../../../mock-server/index.ts";
import { runProgram } from "../../../src/cli/program.ts";
import type { ExitCode } from "../../../src/cli/surroundings.ts";
import { keyFields } from "../../support/erp-mapping.ts";
import { writeShopConfig } from "./shop-config.ts";

/** What a command printed, and its exit code. */
export interface Instruction {
  readonly exit: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A running workplace. */
export interface Shop extends AsyncDisposable {
  readonly folder: string;
  readonly config: string;
  readonly org: MockOrg;
  readonly orgUrl: string;
  /** An access token of the org, for requests of one's own. */
  readonly token: string;
  /** Runs a command with `--config`. */
  order(...args: readonly string[]): Promise<Instruction>;
  /** Runs SQL in the ERP. */
  erp(statement: string, ...values: readonly unknown[]): readonly Record<string, unknown>[];
  /** One value out of Salesforce. */
  ask(soql: string): Promise<readonly Record<string, unknown>[]>;
  /** Changes a record in Salesforce. */
  patch(path: string, fields: object): Promise<void>;
  /** Deletes a record in Salesforce. */
  remove(path: string): Promise<void>;
  /** Writes the configuration again with some of its text replaced. */
  configure(replace: Readonly<Record<string, string>>): void;
}

const TABLES = `
  CREATE TABLE customers (no TEXT PRIMARY KEY, name TEXT NOT NULL, phone TEXT, city TEXT);
  CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, price TEXT NOT NULL);
  CREATE TABLE orders (no TEXT PRIMARY KEY, customer_no TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL);
  CREATE TABLE order_lines (no TEXT NOT NULL, pos INTEGER NOT NULL, sku TEXT NOT NULL, quantity TEXT NOT NULL,
    price TEXT NOT NULL, PRIMARY KEY (no, pos));
  INSERT INTO customers VALUES ('C-1', 'Ærø Boats', '+45 1', 'Marstal'), ('C-2', 'Łódź Mills', NULL, 'Łódź');
  INSERT INTO products VALUES ('P-1', 'Oar', '19.90'), ('P-2', 'Sail', '1250.00');
  INSERT INTO orders VALUES ('O-1', 'C-1', '2026-03-02', 'released'), ('O-2', 'C-2', '2026-03-03', 'draft');
  INSERT INTO order_lines VALUES ('O-1', 1, 'P-1', '4', '18.50'), ('O-1', 2, 'P-2', '1', '1200.00'), ('O-2', 1, 'P-1', '2', '19.90');
`;

/** Opens a workplace with the change log installed: two customers, two products, two orders. */
export async function openShop(options: MockOrgOptions = {}): Promise<Shop> {
  const folder = mkdtempSync(join(tmpdir(), "order-sync-shop-"));
  const org = await createMockOrg({ ...options, fields: keyFields() });
  const { url, accessToken } = await org.listen();
  const config = join(folder, "order-sync.yaml");
  const erpFile = join(folder, "erp.db");
  const open = new Database(erpFile);
  open.exec(TABLES);
  open.close();
  const configure = (replace: Readonly<Record<string, string>>): void => writeShopConfig(config, url, replace);
  const request = async (path: string, init?: RequestInit): Promise<unknown> => {
    const response = await fetch(`${url}/services/data/v62.0/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text === "" ? null : JSON.parse(text);
  };
  configure({});
  const shop: Shop = {
    folder,
    config,
    org,
    orgUrl: url,
    token: accessToken,
    configure,
    order: (...args) => say([...args, "--config", config]),
    erp(statement, ...values) {
      const database = new Database(erpFile);
      try {
        const prepared = database.prepare(statement);
        if (/^\s*select/i.test(statement)) return prepared.all(...values) as Record<string, unknown>[];
        prepared.run(...values);
        return [];
      } finally {
        database.close();
      }
    },
    async ask(soql) {
      const answer = (await request(`query?q=${encodeURIComponent(soql)}`)) as { records: Record<string, unknown>[] };
      return answer.records;
    },
    async patch(path, fields) {
      await request(`sobjects/${path}`, { method: "PATCH", body: JSON.stringify(fields) });
    },
    async remove(path) {
      await request(`sobjects/${path}`, { method: "DELETE" });
    },
    async [Symbol.asyncDispose]() {
      await org.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const installed = await shop.order("init", "--install-change-log", "--metadata-dir", join(folder, "metadata"));
  if (installed.exit !== 0) throw new Error(installed.err);
  return shop;
}

/** The environment of the commands. */
export const ENVIRONMENT: Readonly<Record<string, string>> = { SF_PASSWORD: "mock-password" };

/** Runs a command in this process, as if there were no terminal. */
export async function say(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = ENVIRONMENT,
  more: { readonly ask?: (question: string) => Promise<string>; readonly signal?: AbortSignal } = {},
): Promise<Instruction> {
  let out = "";
  let err = "";
  const exit = await runProgram(args, {
    environment,
    stdout: {
      write: (text: string) => {
        out += text;
      },
    },
    stderr: {
      write: (text: string) => {
        err += text;
      },
    },
    ...more,
  });
  return { exit, out, err };
}
