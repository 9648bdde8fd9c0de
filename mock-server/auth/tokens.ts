/**
 * Secrets that the org hands out: session Ids, refresh tokens and authorization codes.
 *
 * Their form is Salesforce's, so that clients that check it accept them; their randomness comes in as a function.
 */
import { randomBytes } from "node:crypto";

/** Returns text of `characters` random characters out of letters, digits, `.` and `_`. */
export type RandomText = (characters: number) => string;

/** Random text from the operating system. Unlike record Ids, secrets are not reproducible unless the caller says so. */
export const systemRandomText: RandomText = (characters) =>
  randomBytes(Math.ceil((characters * 3) / 4))
    .toString("base64url")
    .slice(0, characters)
    .replaceAll("-", ".");

/** `00D…!…`: the org's 15-character Id, an exclamation mark and an opaque rest, as in a real session Id. */
export function newAccessToken(orgId: string, random: RandomText): string {
  return `${orgId.slice(0, 15)}!AQ${random(94)}`;
}

/** A refresh token: `5Aep` and an opaque rest. */
export function newRefreshToken(random: RandomText): string {
  return `5Aep${random(83)}`;
}

/** A device's own code. */
export function newDeviceCode(random: RandomText): string {
  return `M3Jb${random(28)}`;
}

/** The code that a user types: eight characters that are not mistaken for each other. */
export function newUserCode(random: RandomText): string {
  return random(8)
    .toUpperCase()
    .replaceAll(/[._0O1I]/g, "X");
}

/** An authorization code. It ends in `==`, so a client that forgets to decode it fails here too. */
export function newAuthorizationCode(random: RandomText): string {
  return `aPrx${random(48)}==`;
}
