/**
 * The metadata that `order-sync init` writes, loaded into an org: its key fields, and its permission set as the only
 * rights of the integration user. What the set grants is enough for the whole sync, and each grant is needed.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../mock-server/index.ts";
import { editErp, fillErp } from "../../src/cli/demo/erp.ts";
import { say } from "../src/cli/shop.ts";

const USER = { username: "sync@mock.org", password: "sync-password" };
const ENVIRONMENT = { SF_USERNAME: USER.username, SF_PASSWORD: USER.password };

describe("the permission set that init writes", () => {
  let folder: string;
  let config: string;
  let set: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "least-rights-"));
    config = join(folder, "order-sync.yaml");
    fillErp(join(folder, "erp.db"));
    const init = await say([
      "init",
      `--config=${config}`,
      "--external-url=file:erp.db",
      `--metadata-dir=${join(folder, "metadata")}`,
      "--install-change-log",
    ]);
    expect(init.err).toBe("");
    // A profile that grants nothing.
    mkdirSync(join(folder, "metadata/profiles"));
    writeFileSync(
      join(folder, "metadata/profiles/Bare.profile-meta.xml"),
      '<?xml version="1.0" encoding="UTF-8"?>\n<Profile xmlns="http://soap.sforce.com/2006/04/metadata"><custom>true</custom></Profile>\n',
    );
    set = join(folder, "metadata/permissionsets/Order_Sync.permissionset-meta.xml");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  async function openOrg(): Promise<MockOrg> {
    const org = await createMockOrg({
      sourceDirs: [join(folder, "metadata")],
      users: [{ ...USER, profile: "Bare", permissionSets: ["Order_Sync"] }],
    });
    const { url } = await org.listen();
    const text = readFileSync(config, "utf8")
      .replace(/loginUrl: .*/, `loginUrl: ${url}`)
      .replace(/username: .*/, "username: ${SF_USERNAME}")
      .replace(/password: .*/, "password: ${SF_PASSWORD}");
    writeFileSync(config, text);
    return org;
  }

  it("is enough to check, to bring everything over, and to edit activated orders", async () => {
    await using org = await openOrg();
    expect(org.remarks).toEqual([]);

    const check = await say(["check", "--config", config], ENVIRONMENT);
    const run = await say(["run", "--config", config], ENVIRONMENT);

    expect(check.out).toContain("fits the org");
    expect(run.err).not.toContain("SALESFORCE");
    expect(run.out).toContain("180 documents written");
    expect(run.exit).toBe(0);

    editErp(join(folder, "erp.db"), "UPDATE order_lines SET quantity = '7' WHERE order_no = ? AND line_no = 10", [
      "A-26003",
    ]);
    const edited = await say(["run", "--json", "--config", config], ENVIRONMENT);

    expect(JSON.parse(edited.out)).toMatchObject({ writes: 1, unsynced: [] });
  });

  it("without the right to activate, the orders stand still, the missing right is named, and the rest goes on", async () => {
    const text = readFileSync(set, "utf8");
    writeFileSync(
      set,
      text.replace(
        /\s*<userPermissions>\s*<enabled>true<\/enabled>\s*<name>ActivateOrder<\/name>\s*<\/userPermissions>/,
        "",
      ),
    );
    await using _org = await openOrg();

    const run = await say(["run", "--config", config], ENVIRONMENT);

    expect(run.exit).toBe(3);
    expect(run.out).toMatch(
      /stopped +Order: all \d+ records of a call were refused, .*INSUFFICIENT_ACCESS_OR_READONLY/,
    );
    expect(run.out).toContain("assign the permission set Order_Sync (orders need Activate Orders");
    expect(run.out).toContain("112 documents written");
  });

  it("without a field's right, check names the field", async () => {
    const text = readFileSync(set, "utf8");
    writeFileSync(
      set,
      text.replace(
        /\s*<fieldPermissions>\s*<editable>true<\/editable>\s*<field>Account.Phone<\/field>\s*<readable>true<\/readable>\s*<\/fieldPermissions>/,
        "",
      ),
    );
    await using _org = await openOrg();

    const check = await say(["check", "--config", config], ENVIRONMENT);

    expect(check.exit).toBe(2);
    expect(check.out).toContain("mapping.objects.Account.fields.Phone");
  });
});
