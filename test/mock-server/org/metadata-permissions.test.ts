import { describe, expect, it } from "vitest";
import { permissionDefinitions } from "../../../mock-server/org/metadata-permissions.ts";
import { NO_ACCESS, READ_ONLY } from "../../../mock-server/org/permissions.ts";
import type { PermissionGrant } from "../../../mock-server/schema/metadata/permissions.ts";
import { actorOf, newOrg } from "./fixture.ts";

const READ_ACCOUNT = { object: "Account", ...READ_ONLY };

describe("permissions from metadata files", () => {
  it("give a user of that profile what the file names and nothing else", () => {
    const files = [
      file({
        kind: "profile",
        name: "Clerk",
        label: "Clerk",
        objects: [READ_ACCOUNT],
        fields: [{ object: "Account", field: "Phone", readable: true, editable: false }],
        userPermissions: ["ApiEnabled"],
      }),
    ];
    const org = newOrg({
      permissions: permissionDefinitions(files),
      users: [{ username: "clerk@mock.org", profile: "Clerk" }],
    });

    const { access } = actorOf(org, "clerk@mock.org");

    expect(access.object("Account")).toEqual(READ_ONLY);
    expect(access.object("Contract")).toEqual(NO_ACCESS);
    expect([access.canReadField("Account", "Phone"), access.canEditField("Account", "Phone")]).toEqual([true, false]);
    expect(access.canReadField("Account", "Website")).toBe(false);
    expect([access.has("ApiEnabled"), access.has("ActivateOrder")]).toEqual([true, false]);
  });

  it("of two files about one permission set add up", () => {
    const [both, ...others] = permissionDefinitions([
      file({ name: "Desk", objects: [READ_ACCOUNT], userPermissions: ["ActivateOrder"] }),
      file({ name: "Desk", objects: [{ ...READ_ACCOUNT, edit: true }], userPermissions: ["ActivateContract"] }),
    ]);

    expect(others).toEqual([]);
    expect(both?.userPermissions).toEqual(["ActivateOrder", "ActivateContract"]);
    expect(both?.grant.objects["Account"]).toEqual({ ...READ_ONLY, edit: true });
  });

  it("of a profile that every org has change what they name and leave the rest", () => {
    const admin = file({
      kind: "profile",
      name: "Admin",
      label: "System Administrator",
      objects: [READ_ACCOUNT],
      fields: [{ object: "Order", field: "PoNumber", readable: false, editable: false }],
    });
    const org = newOrg({ permissions: permissionDefinitions([admin]) });

    const { access } = actorOf(org, "admin@mock.org");

    expect(access.object("Order").delete).toBe(true);
    expect(access.canReadField("Order", "PoNumber")).toBe(false);
    expect(access.catalog.object("Order")?.field("PoNumber")).toBeUndefined();
    expect(access.has("EditActivatedOrders")).toBe(true);
  });

  it("of the standard user replace what the program gives on an object", () => {
    const [standard] = permissionDefinitions([
      file({
        kind: "profile",
        name: "Standard",
        label: "Standard User",
        objects: [{ object: "Product2", ...NO_ACCESS }],
      }),
    ]);

    expect(standard?.grant.objects["Product2"]).toEqual(NO_ACCESS);
    expect(standard?.grant.objects["Pricebook2"]).toEqual(READ_ONLY);
  });
});

function file(values: Partial<PermissionGrant>): PermissionGrant {
  return {
    kind: "permissionSet",
    path: "x.xml",
    name: "Desk",
    label: "Desk",
    description: undefined,
    objects: [],
    fields: [],
    userPermissions: [],
    recordTypes: [],
    ...values,
  };
}
