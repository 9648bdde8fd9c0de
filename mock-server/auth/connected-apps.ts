/** The connected apps (external client apps) of an org: who may ask for tokens, and how. */

/** One connected app as its administrator set it up. */
export interface ConnectedApp {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Shown on the login page. */
  readonly name?: string;
  /** Allowed redirect addresses, compared exactly. Absent: any address on this machine (localhost or loopback). */
  readonly redirectUris?: readonly string[];
  /** PEM text of the certificate or public key that verifies JWT bearer assertions. Absent: that flow is refused. */
  readonly certificate?: string;
  /** Username as whom the client credentials flow runs. Absent: that flow is refused. */
  readonly runAs?: string;
  /** Users who need no approval in the JWT flow. Absent: every user is approved in advance. */
  readonly approvedUsers?: readonly string[];
  /** Each refresh replaces the refresh token. Default false. */
  readonly rotateRefreshTokens?: boolean;
  /** The authorization code flow must bring a PKCE challenge. Default false. */
  readonly requirePkce?: boolean;
  /** Refuse the username-password flow, as newer orgs do by default. Default false. */
  readonly blockPasswordFlow?: boolean;
  /** Scopes that the app grants, separated by spaces. */
  readonly scope?: string;
}

/** What an app grants unless it says otherwise. */
export const DEFAULT_SCOPE = "refresh_token web api";

/** True where this address may receive an authorization code of the app. */
export function allowsRedirect(app: ConnectedApp, address: string): boolean {
  if (app.redirectUris !== undefined) return app.redirectUris.includes(address);
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return /^https?:$/.test(protocol) && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
