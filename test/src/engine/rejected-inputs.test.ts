import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { outcomeOf, type RunReport } from "../../../src/engine/context/report.ts";
import { makePlan } from "../../../src/engine/plan/plan.ts";
import { discardDeadLetter, findDeadLetter, retryDeadLetter } from "../../../src/engine/resolve/answers.ts";
import { filesConfigSchema } from "../../../src/external/files/config.ts";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { readStatus } from "../../../src/service/status.ts";
import type { DeadLetter } from "../../../src/sync/decision.ts";
import { Shop } from "./shop.ts";

const GOOD = "no,name\nC-1,Boats\n";
const BAD = "no,name\nC-1\n";

let folder = "";
let shop: Shop;
let external: ExternalSystem;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-rejected-"));
  shop = await Shop.open({
    source: "erp",
    objects: {
      Account: { collection: "customers", keyField: "ERP_Key__c", naturalKey: ["no"], fields: { Name: "name" } },
    },
  });
  external = await openFiles();
});

afterEach(async () => {
  await external.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openFiles(encoding: "utf-8" | "windows-1252" = "utf-8"): Promise<ExternalSystem> {
  return await openExternal(
    filesConfigSchema.parse({
      kind: "files",
      name: "erp",
      path: folder,
      complete: { kind: "rename" },
      collections: { customers: { format: "csv", encoding, key: ["no"], columns: ["name"] } },
    }),
  );
}

const drop = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, "customers", "in", name), content);
const run = async (): Promise<RunReport> => await shop.run({}, { external });
const deadLetters = async (): Promise<readonly DeadLetter[]> => await shop.state.deadLetters();
const unsynced = () => ({ state: shop.state, nowMs: shop.ports.nowMs, source: "erp", holder: "person" });

describe("a file that cannot be read", () => {
  it("is a dead letter of every run until a corrected one has come", async () => {
    drop("a.csv", BAD);
    drop("b.csv", "no,name\nC-2,Mills\n");
    const first = await run();
    const second = await run();
    drop("a.csv", GOOD);
    const third = await run();

    expect(first.unsynced).toEqual([
      {
        object: "File",
        key: "customers/a.csv",
        how: "rejected",
        obstacles: [{ code: "INPUT_REJECTED", message: expect.stringContaining("line 2 has 1 value") }],
      },
    ]);
    expect(first.writes).toBe(1);
    expect([first, second, third].map(outcomeOf).map(({ outcome }) => outcome)).toEqual([
      "doneWithRefusals",
      "doneWithRefusals",
      "done",
    ]);
    expect(await deadLetters()).toEqual([]);
    const journal = await shop.state.journal({ object: "File", limit: 10 });
    expect(journal.map(({ event }) => event)).toEqual(["settled", "rejected"]);
  });

  it("is in the status, although no object is mapped to it", async () => {
    drop("a.csv", BAD);
    await run();

    const status = await readStatus(shop.state, shop.ports.mapping, { nowMs: 0, dailyCalls: null, runs: 1 });

    expect(status.objects.map(({ object, deadLetters }) => [object, deadLetters])).toEqual([
      ["Account", 0],
      ["File", 1],
    ]);
  });

  it("is forgotten when it is discarded, and lies where it was", async () => {
    drop("a.csv", BAD);
    await run();
    await discardDeadLetter(unsynced(), await findDeadLetter(shop.state, "customers/a.csv"));

    const report = await run();

    expect(report).toMatchObject({ unsynced: [], openDeadLetters: 0 });
    expect(readdirSync(join(folder, "customers", "rejected"))).toContain("a.csv");
  });

  it("is read once more when it is retried, as often as it takes", async () => {
    drop("a.csv", Buffer.from("no,name\nC-1,\u00c6r\u00f8\n", "latin1"));
    await run();
    await retryDeadLetter(unsynced(), await findDeadLetter(shop.state, "customers/a.csv"));
    const again = await run();
    await external.close();
    external = await openFiles("windows-1252");
    await retryDeadLetter(unsynced(), await findDeadLetter(shop.state, "customers/a.csv"));
    const corrected = await run();

    expect(again.openDeadLetters).toBe(1);
    expect(corrected).toMatchObject({ unsynced: [], openDeadLetters: 0, writes: 1 });
    expect(await shop.record("Account", "erp:Account:C-1", "Name")).toMatchObject({ Name: "\u00c6r\u00f8" });
  });

  it("is told by a plan, which leaves the dead letter to the run", async () => {
    drop("a.csv", BAD);

    const plan = await makePlan({ ...shop.ports, external }, { holder: "test" });

    expect(plan.unsynced.map(({ key }) => key)).toEqual(["customers/a.csv"]);
    expect(await deadLetters()).toEqual([]);
    expect((await run()).openDeadLetters).toBe(1);
  });
});
