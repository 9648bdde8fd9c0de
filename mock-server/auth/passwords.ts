/** Users' passwords: the one thing about a user that is no field of the User record. */
import type { UserDefinition } from "../org/standard-records.ts";

/** The password of every user who has no own one. */
export const DEFAULT_PASSWORD = "mock-password";

/** A real security token has 24 or 25 characters; one that nobody configured is tolerated in that form. */
const SECURITY_TOKEN = /^[A-Za-z0-9]{20,32}$/;

/** What a user logs in with. */
export interface Credentials {
  readonly password: string;
  /** Appended to the password by clients outside trusted networks. Absent: any well-formed one is tolerated. */
  readonly securityToken?: string;
}

/** A user with what it logs in with; without a password it is `mock-password`. */
export interface MockUser extends UserDefinition, Partial<Credentials> {}

/** Passwords by username. */
export class Passwords {
  readonly #byUsername = new Map<string, Credentials>();

  /** Sets a user's password; usernames ignore letter case. */
  set(username: string, credentials: Credentials): void {
    this.#byUsername.set(username.toLowerCase(), credentials);
  }

  /** True where `given` is the user's password, alone or followed by the security token. */
  matches(username: string, given: string): boolean {
    const { password, securityToken } = this.#byUsername.get(username.toLowerCase()) ?? { password: DEFAULT_PASSWORD };
    if (given === password) return true;
    if (!given.startsWith(password)) return false;
    const rest = given.slice(password.length);
    return securityToken === undefined ? SECURITY_TOKEN.test(rest) : rest === securityToken;
  }
}
