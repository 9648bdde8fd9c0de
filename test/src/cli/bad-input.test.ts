/** What goes wrong in the first days: each time one clear message, the right exit code, and an untouched state. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ENVIRONMENT, type Instruction, openShop, type Shop, say } from "./shop.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});
beforeEach(() => {
  shop.configure({});
});
afterEach(() => {
  for (const file of ["state.db", "state.db-wal", "state.db-shm"]) rmSync(join(shop.folder, file), { force: true });
});

/** One message of one line, or a list under its head; never a stack trace, never the password. */
function expectClear(said: Instruction, exit: 2 | 3, ...parts: readonly string[]): void {
  expect(said.exit).toBe(exit);
  for (const part of parts) expect(said.err).toContain(part);
  expect(said.err).not.toMatch(/\n\s+at |node_modules|\[object|undefined/);
  expect(said.err).not.toContain("mock-password");
}

describe("a configuration with mistakes", () => {
  it("that is missing is named with the way to make one", async () => {
    const said = await say(["run", "--config", join(shop.folder, "nowhere.yaml")]);

    expectClear(said, 2, "CONFIG_UNREADABLE", "nowhere.yaml does not exist", "order-sync init");
  });

  it("that is no YAML is named with the line", async () => {
    writeFileSync(shop.config, "salesforce:\n  loginUrl: [\n");

    expectClear(await shop.order("run"), 2, "CONFIG_UNREADABLE", "order-sync.yaml", "line");
  });

  it("that is empty is named", async () => {
    writeFileSync(shop.config, "");

    expectClear(await shop.order("run"), 2, "CONFIG_UNREADABLE", "is empty");
  });

  it("that lacks a setting names its path", async () => {
    shop.configure({ "  name: erp\n": "" });

    expectClear(await shop.order("run"), 2, "CONFIG_INVALID", "external.name is missing");
  });

  it("with a wrong value names path, value and what would be right", async () => {
    shop.configure({ 'state: { url: "file:state.db" }': "limits: { deleteShare: 20 }\nschedule: { every: often }" });

    expectClear(
      await shop.order("run"),
      2,
      "2 mistakes",
      "limits.deleteShare is 20",
      'schedule.every is "often"',
      "5m",
    );
  });

  it("with an unknown setting names it", async () => {
    shop.configure({ "attempts: 1": "atempts: 1" });

    expectClear(await shop.order("run"), 2, "salesforce.atempts is not a setting");
  });

  it("with a time zone or a cron expression that does not exist names it", async () => {
    shop.configure({ "state:": "schedule: { cron: 'often' }\nstate:" });
    expectClear(await shop.order("run"), 2, 'schedule.cron is "often"');

    shop.configure({ "state:": "schedule: { sweep: '0 25 * * 0' }\nstate:" });
    expectClear(await shop.order("run"), 2, 'schedule.sweep is "0 25 * * 0"');

    shop.configure({ "state:": "schedule: { timeZone: Europe/Bielefeldt }\nstate:" });
    expectClear(await shop.order("run"), 2, 'schedule.timeZone is "Europe/Bielefeldt"');
  });

  it("that refers to a variable that is not set names the variable and the setting", async () => {
    const said = await say(["run", "--config", shop.config], {});

    expectClear(said, 2, "salesforce.auth.password refers to ${SF_PASSWORD}, which is not set");
  });

  it("with a secret in the file is refused without showing it", async () => {
    shop.configure({ [shop.orgUrl]: "https://login.salesforce.com", "${SF_PASSWORD}": "s3cret-in-the-file" });

    const said = await shop.order("run");

    expectClear(said, 2, "salesforce.auth.password holds a secret in the file");
    expect(said.err).not.toContain("s3cret-in-the-file");
  });

  it("with a secret in the file is taken for a system on this machine", async () => {
    shop.configure({ "${SF_PASSWORD}": "mock-password" });

    expect((await shop.order("check")).exit).toBe(0);
  });

  it("with a password in an address is refused", async () => {
    shop.configure({ "file:state.db": "postgres://sync:open-sesame@db.example.com/sync" });

    const said = await shop.order("run");

    expectClear(said, 2, "state.url holds a secret in the file");
    expect(said.err).not.toContain("open-sesame");
  });
});

describe("a command line with mistakes", () => {
  it("that leaves out a value does not take the next option for it", async () => {
    const said = await say(["init", "--sample-erp", "--install-change-log"]);

    expectClear(said, 2, "--sample-erp <file>", "'--install-change-log'", "the value is missing");
    expect(existsSync("--install-change-log")).toBe(false);
  });
});

describe("systems that are not there", () => {
  it("an org that does not answer is named with its address", async () => {
    const port = await closedPort();
    shop.configure({ [shop.orgUrl]: `http://127.0.0.1:${port}` });

    expectClear(await shop.order("run"), 3, "SALESFORCE_UNREACHABLE", `127.0.0.1:${port}`, "ECONNREFUSED");
  });

  it("wrong credentials are refused at once and named", async () => {
    const said = await say(["run", "--config", shop.config], { SF_PASSWORD: "wrong-password" });

    expectClear(said, 3, "SALESFORCE_LOGIN");
    expect(said.err).not.toContain("wrong-password");
  });

  it("check tells about both systems when neither can be used", async () => {
    const port = await closedPort();
    shop.configure({ [shop.orgUrl]: `http://127.0.0.1:${port}`, "table: customers,": "table: customerz," });

    const said = await shop.order("check", "--json");

    const places = JSON.parse(said.out).problems.map((problem: { place: string }) => problem.place);
    expect(places).toEqual(["SALESFORCE_UNREACHABLE", expect.stringContaining("customers")]);
    expect(said.exit).toBe(3);
  });

  it("an external database that does not exist is named, and not made", async () => {
    shop.configure({ "file:erp.db": "file:epr.db" });

    expectClear(await shop.order("run"), 3, "EXTERNAL_UNREACHABLE", "epr.db does not exist", "external.url");
    expect(existsSync(join(shop.folder, "epr.db"))).toBe(false);
  });
});

describe("a state that cannot be used", () => {
  it("that is damaged is named with the way out, and left as it is", async () => {
    const file = join(shop.folder, "state.db");
    writeFileSync(file, "this is not a database, it is a poem of more than sixteen characters\n".repeat(100));
    const before = readFileSync(file);

    const said = await shop.order("run");

    expectClear(said, 3, "STATE_UNREADABLE", file, "move the file away");
    expect(readFileSync(file)).toEqual(before);
  });

  it("that belongs to another program is named and left as it is", async () => {
    const file = join(shop.folder, "state.db");
    const other = new Database(file);
    other.exec("CREATE TABLE bookmarks (url TEXT)");
    other.close();

    expectClear(await shop.order("run"), 3, "STATE_UNREADABLE", 'the table "bookmarks"', "state.url");
  });

  it("that is newer than this program is named", async () => {
    await shop.order("migrate");
    const state = new Database(join(shop.folder, "state.db"));
    state.exec("INSERT INTO order_sync_schema VALUES (999, 'future', '2030-01-01')");
    state.close();

    expectClear(await shop.order("run"), 3, "STATE_UNREADABLE", "newer order-sync", "upgrade");
  });

  it("whose folder cannot be made is named", async () => {
    shop.configure({ "file:state.db": "file:erp.db/state.db" });

    expectClear(await shop.order("run"), 3, "STATE_UNREADABLE", "erp.db/state.db");
  });

  it("that is a folder is named", async () => {
    mkdirSync(join(shop.folder, "heap"), { recursive: true });
    shop.configure({ "file:state.db": "file:heap" });

    expectClear(await shop.order("run"), 3, "STATE_UNREADABLE", "heap");
  });

  it("that another process is using says who has the lease", async () => {
    await shop.order("migrate");
    const state = new Database(join(shop.folder, "state.db"));
    state.exec(`INSERT INTO lease VALUES ('run:erp', 'elsewhere:12:1', 7, ${Date.now() + 60_000})`);
    state.close();

    for (const command of ["run", "plan", "sweep"]) {
      expectClear(await shop.order(command), 3, "LEASE_HELD", "elsewhere:12:1");
    }
    expectClear(await shop.order("reset", "--yes"), 3, "LEASE_HELD");
  });

  it("that is not there yet is no mistake of status, which says how it comes", async () => {
    expectClear(await shop.order("status"), 3, "STATE_UNREADABLE", "does not exist yet", "order-sync run");
    expect(existsSync(join(shop.folder, "state.db"))).toBe(false);
  });

  it("that has been lost doubles nothing: the next run finds every record by its key", async () => {
    await shop.order("run");
    rmSync(join(shop.folder, "state.db"), { force: true });

    const said = await say(["run", "--json", "--config", shop.config], ENVIRONMENT);

    expect(said.exit).toBe(0);
    expect(JSON.parse(said.out).writes).toBe(0);
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(2);
  });
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
