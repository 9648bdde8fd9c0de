import { describe, expect, it } from "vitest";
import type { MockOrgCore } from "../../../mock-server/org/org.ts";
import { NO_ACCESS, OWN_RECORDS, type PermissionDefinition, READ_ONLY } from "../../../mock-server/org/permissions.ts";
import type { Actor } from "../../../mock-server/org/port.ts";
import { actorOf, newOrg } from "./fixture.ts";

const CLERK: PermissionDefinition = {
  kind: "profile",
  name: "Clerk",
  userPermissions: ["ApiEnabled"],
  grant: {
    objects: { Account: READ_ONLY, Order: { ...READ_ONLY, edit: true } },
    fields: {
      "Account.Phone": { read: true, edit: false },
      "Account.BillingAddress": { read: true, edit: true },
      "Order.AccountId": { read: true, edit: true },
    },
  },
};

describe("an administrator", () => {
  it("has every permission on everything and sees the org's own catalog", () => {
    const org = newOrg();
    const { access } = actorOf(org, "admin@mock.org");

    expect(access.has("EditActivatedOrders")).toBe(true);
    expect(access.object("Order")).toEqual({
      create: true,
      read: true,
      edit: true,
      delete: true,
      viewAll: true,
      modifyAll: true,
    });
    expect(access.catalog).toBe(org.catalog);
  });
});

describe("a user whose profile gives little", () => {
  it("has what it gives and nothing else", () => {
    const { access } = clerk();

    expect(access.has("ApiEnabled")).toBe(true);
    expect(access.has("ActivateOrder")).toBe(false);
    expect(access.object("Account")).toEqual(READ_ONLY);
    expect(access.object("Contract")).toEqual(NO_ACCESS);
    expect(access.object("Nothing__c")).toEqual(NO_ACCESS);
  });

  it("reads required and system fields without a grant, and others only with one", () => {
    const { access } = clerk();

    expect(access.canReadField("Account", "Name")).toBe(true);
    expect(access.canReadField("Account", "SystemModstamp")).toBe(true);
    expect(access.canReadField("Account", "Phone")).toBe(true);
    expect(access.canEditField("Account", "Phone")).toBe(false);
    expect(access.canReadField("Account", "Website")).toBe(false);
  });

  it("has on the parts of an address what the address has", () => {
    const { access } = clerk();

    expect(access.canEditField("Account", "BillingCity")).toBe(true);
    expect(access.canReadField("Account", "ShippingCity")).toBe(false);
  });

  it("reads no field of an object that it may not read", () => {
    const { access } = clerk();

    expect(access.canReadField("Contract", "Status")).toBe(false);
  });

  it("sees a catalog without the objects, fields and relationships that are hidden", () => {
    const { access } = clerk();

    expect(access.catalog.object("Contract")).toBeUndefined();
    expect(access.catalog.object("Account")?.field("Website")).toBeUndefined();
    expect(access.catalog.object("Account")?.child("Contracts")).toBeUndefined();
    expect(access.catalog.object("Account")?.child("Orders")?.childObject).toBe("Order");
  });

  it("creates, edits and deletes order products by its right to edit orders", () => {
    const { access } = clerk();

    expect(access.object("Order")).toMatchObject({ create: false, edit: true, delete: false });
    expect(access.object("OrderItem")).toMatchObject({ create: true, read: true, edit: true, delete: true });
    expect(access.object("OrderHistory").read).toBe(true);
  });

  it("reads the objects that describe the org", () => {
    const { access } = clerk();

    expect(access.object("OrderStatus").read).toBe(true);
    expect(access.object("User")).toMatchObject({ read: true, create: false });
  });
});

describe("a permission set", () => {
  it("adds to what the profile gives from the next look on", () => {
    const org = clerkOrg();
    org.definePermissions({
      kind: "permissionSet",
      name: "Order_Desk",
      userPermissions: ["ActivateOrder"],
      grant: {
        objects: { Contract: OWN_RECORDS },
        fields: { "Account.Phone": { read: true, edit: true } },
      },
    });
    expect(actorOf(org, "clerk@mock.org").access.has("ActivateOrder")).toBe(false);

    org.assignPermissionSet(actorOf(org, "clerk@mock.org").userId, "Order_Desk");

    const { access } = actorOf(org, "clerk@mock.org");
    expect(access.has("ActivateOrder")).toBe(true);
    expect(access.object("Contract").create).toBe(true);
    expect(access.canEditField("Account", "Phone")).toBe(true);
  });

  it("counts as its record says: a permission that the record loses is lost", () => {
    const org = clerkOrg();
    const id = org.definePermissions({ ...CLERK, userPermissions: ["ApiEnabled", "ActivateOrder"] });
    expect(actorOf(org, "clerk@mock.org").access.has("ActivateOrder")).toBe(true);

    org.transaction(org.systemActor, (tx) => {
      tx.replace("Profile", { ...tx.get("Profile", id), PermissionsActivateOrder: false });
    });

    expect(actorOf(org, "clerk@mock.org").access.has("ActivateOrder")).toBe(false);
  });

  it("that does not exist is named when it is given", () => {
    const org = clerkOrg();

    expect(() => org.addUser({ username: "x@mock.org", permissionSets: ["Nowhere"] })).toThrow(
      'The org has no PermissionSet named "Nowhere"',
    );
    expect(org.actor("x@mock.org")).toBeUndefined();
  });

  it.each([
    ["ViewAllData", { read: true, viewAll: true, edit: false, modifyAll: false }],
    ["ModifyAllData", { read: true, viewAll: true, edit: true, modifyAll: true }],
  ])("with %s reaches every object", (permission, expected) => {
    const org = clerkOrg();
    org.definePermissions({ ...CLERK, userPermissions: [permission] });

    expect(actorOf(org, "clerk@mock.org").access.object("Contract")).toMatchObject(expected);
  });
});

function clerkOrg(): MockOrgCore {
  return newOrg({ permissions: [CLERK], users: [{ username: "clerk@mock.org", profile: "Clerk" }] });
}

function clerk(): Actor {
  return actorOf(clerkOrg(), "clerk@mock.org");
}
