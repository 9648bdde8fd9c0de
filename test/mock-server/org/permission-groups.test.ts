/** Permission set groups, muting, roles, groups and queues of a team's source. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/mock-org/mock-org.ts";

const object = (name: string, rights: string): string =>
  `<objectPermissions>${rights}<object>${name}</object></objectPermissions>`;
const READ = "<allowRead>true</allowRead>";
const FILES: Readonly<Record<string, readonly [root: string, body: string]>> = {
  "permissionsets/Sales.permissionset-meta.xml": [
    "PermissionSet",
    `<label>S</label>${object("Order", `${READ}<allowEdit>true</allowEdit>`)}<fieldPermissions><editable>true</editable><field>Order.PoNumber</field><readable>true</readable></fieldPermissions><userPermissions><enabled>true</enabled><name>ActivateOrder</name></userPermissions><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>`,
  ],
  "permissionsets/Products.permissionset-meta.xml": ["PermissionSet", `<label>P</label>${object("Product2", READ)}`],
  "mutingpermissionsets/Quiet.mutingpermissionset-meta.xml": [
    "MutingPermissionSet",
    `<label>Q</label><userPermissions><enabled>true</enabled><name>ActivateOrder</name></userPermissions><fieldPermissions><editable>true</editable><field>Order.PoNumber</field><readable>true</readable></fieldPermissions>`,
  ],
  "permissionsetgroups/Team.permissionsetgroup-meta.xml": [
    "PermissionSetGroup",
    "<label>The team</label><permissionSets>Sales</permissionSets><permissionSets>Products</permissionSets><permissionSets>Gone</permissionSets><mutingPermissionSets>Quiet</mutingPermissionSets>",
  ],
  "profiles/Bare.profile-meta.xml": ["Profile", "<custom>true</custom>"],
  "roles/CEO.role-meta.xml": ["Role", "<name>Chief</name>"],
  "roles/VP.role-meta.xml": ["Role", "<name>Vice</name><parentRole>CEO</parentRole>"],
  "groups/Readers.group-meta.xml": ["Group", "<name>All readers</name><doesIncludeBosses>true</doesIncludeBosses>"],
  "queues/Orders.queue-meta.xml": ["Queue", "<name>Order desk</name><email>desk@example.com</email>"],
};

let folder: string;
let org: MockOrg;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "groups-"));
  for (const [path, [root, body]] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `<${root}>${body}</${root}>`);
  }
  org = await createMockOrg({
    sourceDirs: [folder],
    users: [{ username: "member@mock.org", profile: "Bare", permissionSets: ["Team"], role: "Vice" }],
  });
});

afterAll(async () => {
  await org.close();
  rmSync(folder, { recursive: true });
});

it("a group gives what its sets give together, without what is muted", () => {
  const access = org.org.actor("member@mock.org")?.access;
  expect(access?.object("Order")).toMatchObject({ read: true, edit: true, delete: false });
  expect(access?.object("Product2")).toMatchObject({ read: true, edit: false });
  expect(access?.has("ApiEnabled")).toBe(true);
  expect(access?.has("ActivateOrder")).toBe(false);
  expect(access?.canReadField("Order", "PoNumber")).toBe(false);
});

it("a set that a group names and no file defines is named", () => {
  expect(org.remarks).toMatchObject([
    { element: "Team", reason: "the permission set Gone is in none of the given files" },
  ]);
});

it("roles are in their order, groups and queues are records that can own others", () => {
  const roles = org.records("UserRole");
  const [vice] = roles.where({ DeveloperName: "VP" });
  expect(roles.get(String(vice?.["ParentRoleId"]))).toMatchObject({ DeveloperName: "CEO", Name: "Chief" });
  const [user] = org.records("User").where({ Username: "member@mock.org" });
  expect(user?.["UserRoleId"]).toBe(vice?.["Id"]);
  const groups = org.records("Group");
  expect(groups.where({ DeveloperName: "Readers" })).toMatchObject([{ Name: "All readers", Type: "Regular" }]);
  const [queue] = groups.where({ DeveloperName: "Orders" });
  expect(queue).toMatchObject({ Name: "Order desk", Type: "Queue", Email: "desk@example.com" });
  const lead = { LastName: "Byron", Company: "Engines", OwnerId: queue?.["Id"] };
  expect(org.given.record("Lead", lead)).toMatchObject({ OwnerId: queue?.["Id"] });
  expect(org.given.record("Group", { Name: "New", Type: "Regular" }).Id).not.toBe(queue?.["Id"]);
});
