/** Turns a User record into an actor with the rights that its profile and permission sets give. */
import type { Catalog } from "../schema/catalog.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import { mergeAccess, type PermissionSource, unlimitedAccess } from "./access.ts";
import type { Grant } from "./permissions.ts";
import type { Access, Actor } from "./port.ts";
import type { Table } from "./table.ts";

/** Merged rights with what they were merged from. Records are replaced, never changed, so identity tells. */
interface Merged {
  readonly sources: readonly PermissionSource[];
  readonly access: Access;
}

/** The users of one org as actors. Rights are merged once for each combination of profile and permission sets. */
export class Actors {
  readonly #catalog: Catalog;
  readonly #tables: ReadonlyMap<string, Table>;
  #grants: ReadonlyMap<string, Grant>;
  readonly #merged: Map<string, Merged>;

  private constructor(parts: {
    readonly catalog: Catalog;
    readonly tables: ReadonlyMap<string, Table>;
    readonly grants: ReadonlyMap<string, Grant>;
    readonly merged: Map<string, Merged>;
  }) {
    this.#catalog = parts.catalog;
    this.#tables = parts.tables;
    this.#grants = parts.grants;
    this.#merged = parts.merged;
  }

  static create(catalog: Catalog, tables: ReadonlyMap<string, Table>): Actors {
    return new Actors({ catalog, tables, grants: new Map(), merged: new Map() });
  }

  /** The same for another catalog, other tables or other grants; what was merged stays useful where it still fits. */
  with(parts: {
    readonly catalog: Catalog;
    readonly tables: ReadonlyMap<string, Table>;
    readonly grants: ReadonlyMap<string, Grant>;
  }): Actors {
    return new Actors({ ...parts, merged: new Map(parts.catalog === this.#catalog ? this.#merged : []) });
  }

  /** What Profile and PermissionSet records grant beside their own fields, by record Id. */
  get grants(): ReadonlyMap<string, Grant> {
    return this.#grants;
  }

  /** Sets what the profile or permission set with this Id grants. */
  grant(id: string, grant: Grant): void {
    this.#grants = new Map(this.#grants).set(id, grant);
  }

  /** The user with this Id or username, active or not; undefined when there is none. */
  find(userIdOrUsername: string): Actor | undefined {
    const users = this.#tables.get("User");
    const user = users?.get(userIdOrUsername) ?? byUsername(users, userIdOrUsername);
    if (user === undefined) return undefined;
    return {
      userId: textOr(user["Id"], ""),
      username: textOr(user["Username"], ""),
      timeZone: textOr(user["TimeZoneSidKey"], "UTC"),
      locale: textOr(user["LocaleSidKey"], "en_US"),
      access: this.#accessOf(user),
    };
  }

  /** The org itself: it acts under the first user's Id and may do everything. */
  system(): Actor {
    const [first] = this.#tables.get("User")?.rows() ?? [];
    return {
      userId: textOr(first?.["Id"], ""),
      username: "system",
      timeZone: "UTC",
      locale: "en_US",
      access: unlimitedAccess(this.#catalog),
    };
  }

  #accessOf(user: Row): Access {
    const profile = textOr(user["ProfileId"], "");
    const assignments = this.#tables.get("PermissionSetAssignment")?.find("AssigneeId", user["Id"] ?? null) ?? [];
    const sets = assignments
      .filter((row) => row["IsDeleted"] !== true)
      .map((row) => textOr(row["PermissionSetId"], ""))
      .sort();
    const sources = [this.#source("Profile", profile), ...sets.map((set) => this.#source("PermissionSet", set))].filter(
      (source) => source !== undefined,
    );
    const key = [profile, ...sets].join();
    const known = this.#merged.get(key);
    if (known !== undefined && areSame(known.sources, sources)) return known.access;
    const access = mergeAccess(this.#catalog, sources);
    this.#merged.set(key, { sources, access });
    return access;
  }

  #source(object: string, id: string): PermissionSource | undefined {
    const row = this.#tables.get(object)?.get(id);
    return row === undefined ? undefined : { row, grant: this.#grants.get(id) };
  }
}

function areSame(one: readonly PermissionSource[], other: readonly PermissionSource[]): boolean {
  return (
    one.length === other.length &&
    one.every((source, at) => source.row === other[at]?.row && source.grant === other[at]?.grant)
  );
}

function byUsername(users: Table | undefined, username: string): Row | undefined {
  if (users === undefined) return undefined;
  if (users.hasIndex("Username")) return users.find("Username", username)[0];
  for (const row of users.rows()) if (row["Username"] === username) return row;
  return undefined;
}

function textOr(value: FieldValue | undefined, fallback: string): string {
  return typeof value === "string" ? value : fallback;
}
