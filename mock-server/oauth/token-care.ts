/** What happens to tokens after they were issued: revocation and introspection. Source: rest-api §3.5–3.6. */
import type { SignInService } from "../auth/login.ts";

/** Ends a session or a refresh grant with all its sessions. Returns false when nobody knows the token. */
export function revokeToken(signIn: SignInService, token: string): boolean {
  const grant = signIn.refreshGrants.find(token);
  if (grant === undefined) return signIn.sessions.revoke(token);
  signIn.refreshGrants.revoke(grant.id);
  signIn.sessions.revokeGrant(grant.id);
  return true;
}

/** What an authenticated client may learn about a token. Times are seconds since 1970. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly scope: string;
      readonly client_id: string;
      readonly username: string;
      readonly sub: string;
      readonly token_type: "access_token" | "refresh_token";
      readonly exp?: number;
      readonly iat?: number;
      readonly nbf?: number;
    };

/** Describes a token; one that is unknown, expired or revoked is only said to be inactive. */
export function introspectToken(signIn: SignInService, token: string, instanceUrl: string): Introspection {
  const session = signIn.sessions.peek(token);
  const grant = session === undefined ? signIn.refreshGrants.find(token) : undefined;
  const owner = session ?? grant;
  const actor = owner === undefined ? undefined : signIn.activeUser(owner.userId);
  if (owner === undefined || actor === undefined) return { active: false };
  const common = {
    active: true,
    scope: owner.scope,
    client_id: owner.clientId ?? "",
    username: actor.username,
    sub: `${instanceUrl}/id/${signIn.org.id}/${actor.userId}`,
  } as const;
  if (session === undefined) return { ...common, token_type: "refresh_token" };
  const issued = Math.floor(session.issuedMs / 1000);
  return { ...common, token_type: "access_token", exp: Math.floor(session.expiresMs / 1000), iat: issued, nbf: issued };
}
