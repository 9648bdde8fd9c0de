/**
 * Which records a user sees and edits: ownership, role hierarchy, organization-wide defaults, controlling parents,
 * queues and explicit shares. Object permissions are `access.ts`; of them only View All and Modify All count here.
 *
 * Reference: order-domain §7.3. Not modeled: sharing rules, teams, territories and the implicit access that the owner
 * of a child has to its account.
 */
import type { Catalog } from "../schema/catalog.ts";
import type { Row, SharingModel } from "../schema/definition.ts";
import type { Actor } from "./port.ts";
import type { Table } from "./table.ts";

/** What is asked: may the user read or edit this record, as far as sharing goes. */
export interface SharingQuestion {
  readonly object: string;
  readonly row: Row;
  readonly level: "read" | "edit";
}

/** Organization-wide defaults that differ from the schema's, by object. */
export type SharingModels = Readonly<Record<string, SharingModel>>;

/** Most parents that are followed upward: OrderItemHistory → OrderItem → Order → Account is the longest chain. */
const PARENT_DEPTH_MAX = 8;
/** Most roles above each other; the platform allows 500 [memory: platform §2]. */
const ROLE_DEPTH_MAX = 500;
/** Most groups within groups. */
const GROUP_DEPTH_MAX = 5;

interface Controller {
  readonly field: string;
  readonly parents: readonly string[];
  readonly alwaysSet: boolean;
}

/** The sharing of one org. It reads the records of users, roles and groups and remembers what it derives from them. */
export class Sharing {
  readonly #catalog: Catalog;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #models: SharingModels;
  readonly #controllersOf = new Map<string, readonly Controller[]>();
  /** `actor|owner` → whether the owner's records belong to the actor. */
  #ownership = new Map<string, boolean>();
  #ownershipVersion = -1;

  constructor(catalog: Catalog, tables: ReadonlyMap<string, Table>, models: SharingModels) {
    this.#catalog = catalog;
    this.#tables = tables;
    this.#models = models;
  }

  /** The organization-wide default of an object. An object without one is public. */
  modelOf(object: string): SharingModel {
    return this.#models[object] ?? this.#catalog.object(object)?.definition.sharingModel ?? "ReadWrite";
  }

  allows(actor: Actor, question: SharingQuestion): boolean {
    return this.#allows(actor, question, 0);
  }

  /** True where the user sees every record of the object, so that nobody needs to look at each. */
  seesAll(actor: Actor, object: string): boolean {
    return this.#seesAll(actor, object, 0);
  }

  #allows(actor: Actor, question: SharingQuestion, depth: number): boolean {
    const { object, row, level } = question;
    const access = actor.access.object(object);
    if (access.modifyAll || (level === "read" && access.viewAll)) return true;
    switch (this.modelOf(object)) {
      case "ReadWrite":
        return true;
      case "Read":
        return level === "read" || this.#owns(actor, row) || this.#isShared(actor, question);
      case "Private":
        return this.#owns(actor, row) || this.#isShared(actor, question);
      case "ControlledByParent":
        return this.#parentsAllow(actor, question, depth);
    }
  }

  #seesAll(actor: Actor, object: string, depth: number): boolean {
    if (actor.access.object(object).viewAll || actor.access.object(object).modifyAll) return true;
    const model = this.modelOf(object);
    if (model !== "ControlledByParent") return model !== "Private";
    if (depth > PARENT_DEPTH_MAX) return false;
    const controllers = this.#controllers(object);
    // A record whose controlling references are all empty is its owner's, so it must be sure that one is set.
    const hasOwner = this.#catalog.object(object)?.field("OwnerId") !== undefined;
    if (hasOwner && !controllers.some((controller) => controller.alwaysSet)) return false;
    return controllers.every(({ parents }) => parents.every((parent) => this.#seesAll(actor, parent, depth + 1)));
  }

  /** Every controlling parent that is set must allow it; with none set the record is its owner's. */
  #parentsAllow(actor: Actor, question: SharingQuestion, depth: number): boolean {
    if (depth > PARENT_DEPTH_MAX) return false;
    let controlled = false;
    for (const { field, parents } of this.#controllers(question.object)) {
      const id = question.row[field];
      if (typeof id !== "string") continue;
      const object = parents.find((parent) => this.#tables.get(parent)?.get(id) !== undefined);
      const row = object === undefined ? undefined : this.#tables.get(object)?.get(id);
      // A parent that is gone for good cannot refuse.
      if (object === undefined || row === undefined) continue;
      controlled = true;
      if (!this.#allows(actor, { object, row, level: question.level }, depth + 1)) return false;
    }
    return controlled || question.row["OwnerId"] === undefined || this.#owns(actor, question.row);
  }

  /**
   * The references whose parents control an object's records. An order is controlled by its account and, where it has
   * one, its contract (reference: order-domain §7.3 [memory]).
   */
  #controllers(object: string): readonly Controller[] {
    const known = this.#controllersOf.get(object);
    if (known !== undefined) return known;
    const controllers = this.#deriveControllers(object);
    this.#controllersOf.set(object, controllers);
    return controllers;
  }

  #deriveControllers(object: string): readonly Controller[] {
    const type = this.#catalog.object(object);
    if (type === undefined) return [];
    const names = type.definition.controlledBy === undefined ? [] : [type.definition.controlledBy];
    if (object === "Order") names.push("ContractId");
    for (const field of type.fields) if (field.masterDetail && !names.includes(field.name)) names.push(field.name);
    return names.flatMap((name) => {
      const field = type.field(name);
      if (field === undefined) return [];
      const alwaysSet = field.nillable !== true || `${object}.${name}` === REQUIRED_BY_SERVER;
      return [{ field: name, parents: field.referenceTo ?? [], alwaysSet }];
    });
  }

  #owns(actor: Actor, row: Row): boolean {
    const owner = row["OwnerId"];
    if (typeof owner !== "string") return false;
    if (owner === actor.userId) return true;
    const version = this.#peopleVersion();
    if (version !== this.#ownershipVersion) {
      this.#ownership = new Map();
      this.#ownershipVersion = version;
    }
    const key = `${actor.userId}|${owner}`;
    const known = this.#ownership.get(key);
    if (known !== undefined) return known;
    const owns = this.#isBelow(actor.userId, owner) || this.#isMember(actor.userId, owner, 0);
    this.#ownership.set(key, owns);
    return owns;
  }

  /** True where the owner's role lies below the user's. */
  #isBelow(userId: string, ownerId: string): boolean {
    const wanted = this.#roleOf(userId);
    let role = this.#roleOf(ownerId);
    if (wanted === undefined) return false;
    for (let depth = 0; role !== undefined && depth < ROLE_DEPTH_MAX; depth += 1) {
      const parent = this.#tables.get("UserRole")?.get(role)?.["ParentRoleId"];
      if (parent === wanted) return true;
      role = typeof parent === "string" ? parent : undefined;
    }
    return false;
  }

  #roleOf(userId: string): string | undefined {
    const role = this.#tables.get("User")?.get(userId)?.["UserRoleId"];
    return typeof role === "string" ? role : undefined;
  }

  /** True where the user, or somebody below the user's role, is a member of the queue or group. */
  #isMember(userId: string, groupId: string, depth: number): boolean {
    const members = this.#tables.get("GroupMember");
    if (members === undefined || depth > GROUP_DEPTH_MAX) return false;
    return members.find("GroupId", groupId).some((row) => {
      const member = row["UserOrGroupId"];
      if (typeof member !== "string" || row["IsDeleted"] === true) return false;
      return member === userId || this.#isBelow(userId, member) || this.#isMember(userId, member, depth + 1);
    });
  }

  /** True where a record of the object's share object gives the user, or a group of the user's, this level. */
  #isShared(actor: Actor, question: SharingQuestion): boolean {
    const { object, row, level } = question;
    const shares = this.#tables.get(`${object}Share`);
    const parentField = object.endsWith("__c") ? "ParentId" : `${object}Id`;
    const id = row["Id"];
    if (shares === undefined || !shares.hasIndex(parentField) || typeof id !== "string") return false;
    return shares.find(parentField, id).some((share) => {
      const to = share["UserOrGroupId"];
      const given = share[object.endsWith("__c") ? "AccessLevel" : `${object}AccessLevel`];
      if (share["IsDeleted"] === true) return false;
      const enough = given === "Edit" || given === "All" || (given === "Read" && level === "read");
      return enough && typeof to === "string" && (to === actor.userId || this.#isMember(actor.userId, to, 0));
    });
  }

  #peopleVersion(): number {
    let version = 0;
    for (const object of PEOPLE) version += this.#tables.get(object)?.version ?? 0;
    return version;
  }
}

const PEOPLE = ["User", "UserRole", "Group", "GroupMember"] as const;

/** Describe calls it nillable, yet the server requires it of every order (reference: order-domain §1.0 [live]). */
const REQUIRED_BY_SERVER = "Order.AccountId";
