/** Who is who in an org: roles, public groups, queues and permission set groups, as data. */
import type { Row } from "../definition.ts";
import { recordIdOf } from "../record-id.ts";
import { childrenOf, type MetadataFile, textOf } from "./xml.ts";

/** A role, a public group or a queue. */
export interface PeopleSource {
  readonly path: string;
  readonly kind: "role" | "group" | "queue";
  readonly developerName: string;
  readonly label: string;
  /** The role above; undefined for the highest one, and for groups and queues. */
  readonly parent: string | undefined;
  readonly email: string | undefined;
}

/** A permission set group: it gives what its sets give, without what its muting sets name. */
export interface PermissionGroupSource {
  readonly path: string;
  readonly name: string;
  readonly label: string;
  readonly sets: readonly string[];
  readonly muting: readonly string[];
}

/** Reads a `Role`, `Group` or `Queue` file. */
export function readPeople(file: MetadataFile, kind: PeopleSource["kind"], developerName: string): PeopleSource {
  return {
    path: file.path,
    kind,
    developerName,
    label: textOf(file.root, "name") ?? developerName,
    parent: kind === "role" ? textOf(file.root, "parentRole") : undefined,
    email: textOf(file.root, "email"),
  };
}

/** Reads a `PermissionSetGroup` file. */
export function readPermissionGroup(file: MetadataFile, name: string): PermissionGroupSource {
  const names = (element: string): readonly string[] =>
    childrenOf(file.root, element)
      .map((each) => each.text)
      .filter((each) => each !== "");
  return {
    path: file.path,
    name,
    label: textOf(file.root, "label") ?? name,
    sets: names("permissionSets"),
    muting: names("mutingPermissionSets"),
  };
}

/** The records of `UserRole`, whose Ids follow from the order of their names. A role above that there is not stays empty. */
export function roleRecords(sources: readonly PeopleSource[]): readonly Row[] {
  const roles = inOrder(sources.filter(({ kind }) => kind === "role"));
  const ids = new Map(roles.map(({ developerName }, at) => [developerName, recordIdOf("00E", at + 1)]));
  return roles.map(({ developerName, label, parent }) => ({
    Id: ids.get(developerName) ?? null,
    Name: label,
    DeveloperName: developerName,
    ParentRoleId: ids.get(parent ?? "") ?? null,
  }));
}

/** The records of `Group`: public groups and queues. */
export function groupRecords(sources: readonly PeopleSource[]): readonly Row[] {
  return inOrder(sources.filter(({ kind }) => kind !== "role")).map(({ kind, developerName, label, email }, at) => ({
    Id: recordIdOf("00G", at + 1),
    Name: label,
    DeveloperName: developerName,
    Type: kind === "queue" ? "Queue" : "Regular",
    Email: email ?? null,
  }));
}

function inOrder(sources: readonly PeopleSource[]): readonly PeopleSource[] {
  return sources.toSorted((a, b) => (`${a.kind} ${a.developerName}` < `${b.kind} ${b.developerName}` ? -1 : 1));
}
