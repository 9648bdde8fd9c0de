/** What login and identity answers tell about a user, read from the User and Organization records. */
import type { Actor, Org } from "../org/port.ts";
import type { FieldValue, Row } from "../schema/definition.ts";

/** One user as the login endpoints show it. Texts that the record lacks have the defaults of a new org. */
export interface UserDetails {
  readonly userId: string;
  readonly username: string;
  readonly active: boolean;
  readonly firstName: string | null;
  readonly lastName: string;
  readonly fullName: string;
  readonly email: string;
  readonly nickname: string;
  readonly profileId: string | null;
  readonly roleId: string | null;
  readonly language: string;
  readonly locale: string;
  readonly timeZone: string;
  /** Salesforce's wire form of a datetime. */
  readonly lastModifiedDate: string;
  readonly organizationName: string;
}

/** Reads a user's details. Fields that the org's schema does not have count as empty. */
export function readUser(org: Org, actor: Actor): UserDetails {
  return org.transaction(actor, (tx) => {
    const user: Row = tx.get("User", actor.userId) ?? {};
    const organization: Row = tx.get("Organization", org.id) ?? {};
    const lastName = text(user["LastName"]) ?? actor.username;
    const firstName = text(user["FirstName"]);
    return {
      userId: actor.userId,
      username: actor.username,
      active: user["IsActive"] !== false,
      firstName,
      lastName,
      fullName: text(user["Name"]) ?? [firstName, lastName].filter((part) => part !== null).join(" "),
      email: text(user["Email"]) ?? actor.username,
      nickname: text(user["CommunityNickname"]) ?? actor.username.split("@")[0] ?? actor.username,
      profileId: text(user["ProfileId"]),
      roleId: text(user["UserRoleId"]),
      language: text(user["LanguageLocaleKey"]) ?? "en_US",
      locale: actor.locale,
      timeZone: actor.timeZone,
      lastModifiedDate: text(user["LastModifiedDate"]) ?? tx.now,
      organizationName: text(organization["Name"]) ?? "Mock Org",
    };
  });
}

/** The user's difference from UTC at this moment in milliseconds, for example -28800000. */
export function utcOffsetMs(timeZone: string, nowMs: number): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).formatToParts(nowMs);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === "-" ? -1 : 1) * minutes * 60_000;
}

function text(value: FieldValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}
