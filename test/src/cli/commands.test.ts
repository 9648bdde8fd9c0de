import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BusinessKey } from "../../../src/model/key.ts";
import { openStateStore } from "../../../src/state/open.ts";
import { openShop, type Shop, say } from "./shop.ts";

describe("the commands, on an ERP and an org", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it("check finds nothing wrong with a mapping that fits", async () => {
    const { exit, out } = await shop.order("check");

    expect(out).toContain("fits the org and the external system");
    expect(exit).toBe(0);
  });

  it("check lists every problem of both systems at once", async () => {
    shop.configure({
      "Phone: phone": "Phone: telephone, Fox: fax",
      "Name: name, ProductCode": "Naame: name, ProductCode",
    });

    const { exit, out } = await shop.order("check", "--json");

    const { ok, problems } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(problems.map((problem: { place: string }) => problem.place)).toEqual(
      expect.arrayContaining([
        "mapping.objects.Account.fields.Phone",
        "mapping.objects.Account.fields.Fox",
        "mapping.objects.Product2.fields.Naame",
      ]),
    );
    expect(exit).toBe(2);
  });

  it("plan shows each field with its rule and the calls, and touches nothing", async () => {
    const { exit, out } = await shop.order("plan");

    expect(out).toContain("+ Order erp:Order:O-1  create, lines, activate → Salesforce");
    expect(out).toMatch(/1\. UnitPrice +"18.5/);
    expect(out).toMatch(/API calls: about \d+ \(\d+ to read, \d+ to write; at least \d+ to write\)/);
    expect(exit).toBe(0);
    expect(existsSync(join(shop.folder, "state.db"))).toBe(false);
    expect(await shop.ask("SELECT Id FROM Account")).toEqual([]);
  });

  it("plan predicts the calls that the run then makes", async () => {
    const plan = JSON.parse((await shop.order("plan", "--json")).out);

    const report = JSON.parse((await shop.order("run", "--json")).out);

    expect(report.apiCalls).toBe(plan.calls.reading + plan.calls.writing);
    expect(report.writes).toBe(plan.writes.length);
    expect(plan.calls.lowerBound).toBeLessThanOrEqual(plan.calls.writing);
  });

  it("a plan of changes on both sides shows each change once, with the old and the new value", async () => {
    await shop.order("run");
    shop.erp("UPDATE customers SET city = 'Ærøskøbing' WHERE no = 'C-1'");
    const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Łódź Mills'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "+48 42" });

    const { writes } = JSON.parse((await shop.order("plan", "--json")).out);

    expect(
      writes.map((write: { key: string; side: string; changes: unknown }) => [write.key, write.side, write.changes]),
    ).toEqual([
      ["erp:Account:C-2", "external", [{ field: "Phone", from: null, to: "+48 42", rule: expect.any(String) }]],
      [
        "erp:Account:C-1",
        "salesforce",
        [{ field: "BillingCity", from: "Marstal", to: "Ærøskøbing", rule: expect.any(String) }],
      ],
    ]);
  });

  it("apply does what the plan says", async () => {
    const file = join(shop.folder, "plan.json");
    await shop.order("plan", "--out", file);

    const { exit } = await shop.order("apply", file);

    expect(exit).toBe(0);
    expect(await shop.ask("SELECT ERP_Key__c, Status FROM Order ORDER BY ERP_Key__c")).toMatchObject([
      { ERP_Key__c: "erp:Order:O-1", Status: "Activated" },
      { ERP_Key__c: "erp:Order:O-2", Status: "Draft" },
    ]);
  });

  it("apply refuses a plan when the world has moved, says what moved, and writes nothing", async () => {
    const file = join(shop.folder, "plan.json");
    await shop.order("plan", "--out", file);
    shop.erp("UPDATE customers SET name = 'Ærø Ships' WHERE no = 'C-1'");
    shop.erp("INSERT INTO customers VALUES ('C-3', 'Ñandú', NULL, NULL)");

    const { exit, err } = await shop.order("apply", file);

    expect(exit).toBe(3);
    expect(err).toContain("PLAN_STALE");
    expect(err).toContain("erp:Account:C-1: create on the Salesforce side would write other values now");
    expect(err).toContain("erp:Account:C-3: create on the Salesforce side is new");
    expect(await shop.ask("SELECT Id FROM Account")).toEqual([]);
  });

  it("apply refuses a file that is no plan", async () => {
    const file = join(shop.folder, "plan.json");
    writeFileSync(file, "{}");

    expect(await shop.order("apply", file)).toMatchObject({ exit: 2, err: expect.stringContaining("is no plan") });
  });

  it("run syncs once, and at rest writes nothing", async () => {
    expect((await shop.order("run")).exit).toBe(0);

    const { exit, out } = await shop.order("run", "--json");

    expect(JSON.parse(out).writes).toBe(0);
    expect(exit).toBe(0);
  });

  it("a conflict is listed, shown and resolved, and the next run carries the answer out", async () => {
    await shop.order("run");
    const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Ærø Boats'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "+45 SF" });
    shop.erp("UPDATE customers SET phone = '+45 ERP' WHERE no = 'C-1'");
    expect((await shop.order("run")).exit).toBe(1);

    const open = JSON.parse((await shop.order("conflicts", "list", "--json")).out);
    expect(open).toHaveLength(1);
    const [conflict] = open;
    const shown = await shop.order("conflicts", "show", conflict.id.slice(0, 8));
    const resolved = await shop.order("conflicts", "resolve", conflict.id, "--winner", "external");
    const run = await shop.order("run");

    expect(shown.out).toMatch(/last agreed +"\+45 1"/);
    expect(resolved.exit).toBe(0);
    expect(run.exit).toBe(0);
    expect(await shop.ask("SELECT Phone FROM Account WHERE Name = 'Ærø Boats'")).toMatchObject([{ Phone: "+45 ERP" }]);
    expect((await shop.order("conflicts", "list")).out).toBe("No open conflicts.\n");
  });

  it("a dead letter is listed with its reason, and goes out when it is retried after the repair", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    expect((await shop.order("run")).exit).toBe(1);

    const listed = await shop.order("dead-letters", "list");
    shop.configure({ "draft: Draft, released: Activated": "lost: Draft, released: Activated" });
    const retried = await shop.order("dead-letters", "retry", "--all");
    const run = await shop.order("run");

    expect(listed.out).toContain("erp:Order:O-3");
    expect(listed.out).toContain('"lost"');
    expect(retried.out).toContain("1 dead letter: the next run decides again");
    expect(run.exit).toBe(0);
    expect(await shop.ask("SELECT Status FROM Order WHERE ERP_Key__c = 'erp:Order:O-3'")).toHaveLength(1);
  });

  it("a run ends with 1 for as long as a dead letter is open, also when it meets nothing new", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    await shop.order("run");

    expect((await shop.order("run")).exit).toBe(1);
    expect((await shop.order("sweep")).exit).toBe(1);

    await shop.order("dead-letters", "discard", "erp:Order:O-3");
    expect((await shop.order("run")).exit).toBe(0);
  });

  it("a dead letter that is discarded is forgotten", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    await shop.order("run");

    const discarded = await shop.order("dead-letters", "discard", "erp:Order:O-3");

    expect(discarded.out).toContain("1 dead letter forgotten");
    expect((await shop.order("run")).exit).toBe(0);
  });

  it("a record that waits is shown and discarded by the key that lists show, whatever its letters", async () => {
    shop.configure({
      "customers: { table: customers, key: [no] }":
        "customers: { table: customers, key: [no], changes: { kind: column, column: name } }",
    });
    shop.erp("INSERT INTO customers VALUES ('C 9:x,y~ö', 'Odd', '1', 'Ry')");
    expect((await shop.order("run")).exit).toBe(0);
    shop.erp("DELETE FROM customers WHERE name = 'Odd'");
    const [account] = await shop.ask("SELECT Id FROM Account WHERE Name = 'Odd'");
    await shop.patch(`Account/${String(account?.["Id"])}`, { Phone: "2" });
    const run = await shop.order("run");
    const shownKey = /Account (\S+): EXTERNAL_MISSING/.exec(run.out)?.[1] ?? "";

    const listed = await shop.order("dead-letters", "list");
    const shown = await shop.order("dead-letters", "show", shownKey);
    const retried = await shop.order("dead-letters", "retry", shownKey);
    const discarded = await shop.order("dead-letters", "discard", shownKey);

    expect(listed.out).toContain("1 document waits");
    expect(shown.out).toContain("EXTERNAL_MISSING");
    expect(shown.out).toContain("order-sync sweep");
    expect(retried.out).toContain("every run tries again");
    expect(discarded.out).toContain("1 waiting document forgotten");
    expect((await shop.order("dead-letters", "show", shownKey)).exit).toBe(2);
  });

  it("commands that name what is not there say so with exit code 2", async () => {
    await shop.order("run");

    expect(await shop.order("conflicts", "show", "nope")).toMatchObject({
      exit: 2,
      err: expect.stringContaining("NOT_FOUND"),
    });
    expect(await shop.order("dead-letters", "retry", "nope")).toMatchObject({ exit: 2 });
    expect(await shop.order("dead-letters", "retry")).toMatchObject({ exit: 2, err: expect.stringContaining("--all") });
    expect(await shop.order("conflicts", "resolve", "x", "--winner", "me")).toMatchObject({ exit: 2 });
  });

  it("the journal tells what happened to one order, newest first", async () => {
    await shop.order("run");
    shop.erp("UPDATE orders SET day = '2026-03-09' WHERE no = 'O-2'");
    await shop.order("run");

    const { out } = await shop.order("journal", "erp:Order:O-2");

    expect(out).toMatch(/update → Salesforce\n {4}EffectiveDate: "2026-03-03" → "2026-03-09"/);
    expect(out.indexOf("update")).toBeLessThan(out.indexOf("create"));
  });

  it("status and report tell about the objects and the last run", async () => {
    await shop.order("run");

    const status = JSON.parse((await shop.order("status", "--json")).out);
    const report = await shop.order("report");

    expect(status.objects.map((one: { object: string; linked: number }) => [one.object, one.linked])).toEqual([
      ["Account", 2],
      ["Product2", 2],
      ["PricebookEntry", 2],
      ["Order", 2],
    ]);
    expect(status.runs).toHaveLength(1);
    expect(report.out).toContain("Order salesforce create: 2");
  });

  it("a sweep repairs what no feed has named", async () => {
    await shop.order("run");
    const triggers = shop.erp("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'customers'");
    for (const trigger of triggers) shop.erp(`DROP TRIGGER "${String(trigger["name"])}"`);
    shop.erp("UPDATE customers SET city = 'Unseen' WHERE no = 'C-1'");
    for (const trigger of triggers) shop.erp(String(trigger["sql"]));

    const run = JSON.parse((await shop.order("run", "--json")).out);
    const sweep = await shop.order("sweep");
    const second = JSON.parse((await shop.order("sweep", "--json")).out);

    expect(run.writes).toBe(0);
    expect(sweep).toMatchObject({ exit: 0, out: expect.stringContaining("had missed 1 document") });
    expect(second.missed).toBe(0);
    expect(await shop.ask("SELECT BillingCity FROM Account WHERE Name = 'Ærø Boats'")).toMatchObject([
      { BillingCity: "Unseen" },
    ]);
  });

  it("status says that a sweep is pending after a pause that Salesforce's deletion log does not span, until one has gone through", async () => {
    await shop.order("run");
    shop.org.clock.advance({ days: 40 });
    await shop.order("run");

    const owing = await shop.order("status");
    await shop.order("sweep");
    const settled = await shop.order("status");

    expect(owing.out).toContain("Deletions may have been missed before 20");
    expect(owing.out).toContain("run order-sync sweep");
    expect(settled.out).not.toContain("missed");
  });

  it("init takes the change log away again, and leaves the tables as they were", async () => {
    const before = shop.erp("SELECT name FROM sqlite_master WHERE name LIKE 'order_sync_%'");
    const said = await shop.order("init", "--remove-change-log");

    expect(before).not.toEqual([]);
    expect(said).toMatchObject({ exit: 0, out: expect.stringContaining("are gone from the external database") });
    expect(shop.erp("SELECT name FROM sqlite_master WHERE name LIKE 'order_sync_%'")).toEqual([]);
    expect((await shop.order("run")).err).toContain("init --install-change-log");
  });

  it("reset asks first, and a run after it makes nothing twice", async () => {
    await shop.order("run");

    const unasked = await shop.order("reset");
    const denied = await say(["reset", "--config", shop.config], undefined, { ask: async () => "no" });
    const confirmed = await say(["reset", "--config", shop.config], undefined, { ask: async () => "yes" });
    const run = await shop.order("run");

    expect(unasked).toMatchObject({ exit: 2, err: expect.stringContaining("--yes") });
    expect(denied.exit).toBe(2);
    expect(confirmed.exit).toBe(0);
    expect(run.exit).toBe(0);
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(2);
    expect(await shop.ask("SELECT Id FROM OrderItem")).toHaveLength(3);
  });

  it("prune removes history that is older than the configuration keeps it", async () => {
    await shop.order("run");
    const state = await openStateStore(join(shop.folder, "state.db"));
    const lease = await state.acquireLease({ name: "test", holder: "test", ttlMs: 1_000, nowMs: Date.now() });
    if (lease === undefined) throw new Error("the lease is free");
    const long = { atMs: Date.now() - 500 * 86_400_000, runId: "old", object: "Account", key: "erp:Account:C-9" };
    await state.commit(lease, {
      journal: [{ ...long, key: long.key as BusinessKey, event: "update", side: "external", detail: {} }],
    });
    await state.close();

    expect(JSON.parse((await shop.order("prune", "--json")).out)).toEqual({ journal: 1, conflicts: 0, runs: 0 });
    expect((await shop.order("prune")).out).toBe("Removed 0 journal entries, 0 settled conflicts and 0 runs.\n");
    expect((await shop.order("journal", "erp:Order:O-1")).out).toContain("create");
  });

  it("a run prunes by itself", async () => {
    shop.configure({
      'state: { url: "file:state.db" }': 'state: { url: "file:state.db", retention: { journalDays: 1 } }',
    });
    await shop.order("run");
    const database = new Database(join(shop.folder, "state.db"));
    database.exec("update journal set at_ms = 0");
    database.close();

    await shop.order("run");

    expect((await shop.order("journal", "erp:Order:O-1")).out).toContain("holds nothing");
  });

  it("migrate makes the state's tables and can be repeated", async () => {
    expect((await shop.order("migrate")).out).toContain("up to date");
    expect((await shop.order("migrate")).exit).toBe(0);
  });

  it("no command prints colors where there is no terminal", async () => {
    const { out, err } = await shop.order("plan");

    expect(out + err).not.toContain("\u001b[");
  });

  it("init guesses a configuration from the ERP's tables that passes its own check", async () => {
    const config = join(shop.folder, "guessed.yaml");

    const init = await say([
      "init",
      `--config=${config}`,
      `--login-url=${shop.orgUrl}`,
      "--external-url=file:erp.db",
      `--metadata-dir=${join(shop.folder, "guessed")}`,
    ]);
    const check = await say(["check", "--config", config]);

    expect(init.err).toBe("");
    expect(readFileSync(config, "utf8")).toContain("table: order_lines");
    expect(check.out).toContain("fits the org");
    expect(existsSync(join(shop.folder, "guessed/permissionsets/Order_Sync.permissionset-meta.xml"))).toBe(true);
  });
});

describe("help and completion", () => {
  it("every command has a description and an example", async () => {
    const names = [
      "init",
      "check",
      "plan",
      "apply",
      "run",
      "serve",
      "status",
      "report",
      "journal",
      "sweep",
      "migrate",
      "reset",
    ];
    for (const name of names) {
      const { exit, out } = await say([name, "--help"]);
      expect(exit).toBe(0);
      expect(out).toContain(`$ order-sync ${name}`);
    }
  });

  it("an unknown command or option is a usage error", async () => {
    expect(await say(["rnu"])).toMatchObject({ exit: 2, err: expect.stringContaining("Did you mean run?") });
    expect((await say(["run", "--hurry"])).exit).toBe(2);
    expect((await say([])).exit).toBe(2);
  });

  it("completion knows the commands of each level", async () => {
    const bash = await say(["completion", "bash"]);
    const fish = await say(["completion", "fish"]);

    expect(bash.out).toMatch(/"conflicts"\) words="list show resolve/);
    expect(fish.out).toContain("-a dead-letters");
    expect((await say(["completion", "csh"])).exit).toBe(2);
  });
});
