/** What users see of a team's own objects and fields. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/mock-org/mock-org.ts";

const ACCESS =
  "<objectPermissions><allowCreate>true</allowCreate><allowRead>true</allowRead><object>Thing__c</object></objectPermissions><fieldPermissions><editable>false</editable><field>Account.Secret__c</field><readable>true</readable></fieldPermissions>";
const FILES: Readonly<Record<string, readonly [root: string, body: string]>> = {
  "objects/Thing__c/Thing__c.object-meta.xml": [
    "CustomObject",
    "<label>Thing</label><nameField><label>Name</label><type>Text</type></nameField><sharingModel>ReadWrite</sharingModel>",
  ],
  "objects/Account/fields/Secret__c.field-meta.xml": [
    "CustomField",
    "<fullName>Secret__c</fullName><label>S</label><type>Text</type><length>20</length>",
  ],
  "permissionsets/Insider.permissionset-meta.xml": ["PermissionSet", `<label>Insider</label>${ACCESS}`],
};

let folder: string;
let org: MockOrg;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "new-parts-"));
  for (const [path, [root, body]] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `<${root}>${body}</${root}>`);
  }
  org = await createMockOrg({
    sourceDirs: [folder],
    users: [{ username: "outsider@mock.org" }, { username: "insider@mock.org", permissionSets: ["Insider"] }],
  });
});

afterAll(async () => {
  await org.close();
  rmSync(folder, { recursive: true });
});

describe("a new object and a new field", () => {
  const ask = async (username: string, soql: string): Promise<number | string> => {
    const headers = { Authorization: `Bearer ${org.openSession(username)}` };
    const answer = await org.app.request(`/services/data/v62.0/query?q=${encodeURIComponent(soql)}`, { headers });
    const body = (await answer.json()) as { readonly totalSize: number } | readonly [{ readonly errorCode: string }];
    return "totalSize" in body ? body.totalSize : body[0].errorCode;
  };

  it.each([
    ["admin@mock.org", 0, 0],
    ["insider@mock.org", 0, 0],
    ["outsider@mock.org", "INVALID_TYPE", "INVALID_FIELD"],
  ])("are seen by %s: %s, %s", async (username, object, field) => {
    expect(await ask(username, "SELECT Name FROM Thing__c")).toBe(object);
    expect(await ask(username, "SELECT Secret__c FROM Account")).toBe(field);
    expect(await ask(username, "SELECT Name FROM Account")).toBe(0);
  });
});
