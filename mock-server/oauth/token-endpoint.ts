/**
 * The OAuth 2.0 token endpoint: form parameters in, token response out.
 *
 * Keys of the answers are in the order in which real orgs send them. Source: rest-api §3.1–3.3.
 */
import { createHmac } from "node:crypto";
import { verifierFits } from "../auth/authorization-codes.ts";
import { type ConnectedApp, DEFAULT_SCOPE } from "../auth/connected-apps.ts";
import { DEVICE_INTERVAL_SECONDS } from "../auth/device-codes.ts";
import type { SignInService } from "../auth/login.ts";
import type { Session } from "../auth/sessions.ts";
import type { Actor } from "../org/port.ts";
import { parseAssertion, signatureFits } from "./jwt-bearer.ts";

/** A refusal of an OAuth endpoint. `message` is the `error_description`. */
export class OAuthError extends Error {
  /** The `error` code, for example `invalid_grant`. */
  readonly code: string;
  readonly statusCode: number;

  constructor(code: string, description: string, statusCode = 400) {
    super(description);
    this.name = "OAuthError";
    this.code = code;
    this.statusCode = statusCode;
  }
}

/** What the token endpoint answers, in the order of the real answer. */
export type TokenResponse = Readonly<Record<string, string | number>>;

/** One call of the token endpoint. */
export interface TokenRequest {
  readonly parameters: URLSearchParams;
  /** The `Authorization` header, for clients that authenticate themselves there. */
  readonly authorization: string | undefined;
  /** Scheme and host of the org as the client reaches it, without a slash at the end. */
  readonly instanceUrl: string;
  /** True where the request came to login.salesforce.com or test.salesforce.com. */
  readonly atLoginHost: boolean;
}

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Answers one token request; throws `OAuthError`. */
export function issueToken(signIn: SignInService, request: TokenRequest): TokenResponse {
  if (request.parameters.get("response_type") === "device_code") return deviceCode(signIn, request);
  switch (request.parameters.get("grant_type")) {
    case "password":
      return byPassword(signIn, request);
    case "refresh_token":
      return byRefreshToken(signIn, request);
    case "authorization_code":
      return byAuthorizationCode(signIn, request);
    case "client_credentials":
      return byClientCredentials(signIn, request);
    case JWT_BEARER:
      return byAssertion(signIn, request);
    case "device":
      return byDevice(signIn, request);
    default:
      throw new OAuthError("unsupported_grant_type", "grant type not supported");
  }
}

function byPassword(signIn: SignInService, request: TokenRequest): TokenResponse {
  const app = authenticateApp(signIn, request, { secret: "required" });
  const { parameters } = request;
  const actor = signIn.authenticate(parameters.get("username") ?? "", parameters.get("password") ?? "");
  if (actor === undefined || app.blockPasswordFlow === true) {
    throw new OAuthError("invalid_grant", "authentication failure");
  }
  const session = openSession(signIn, app, actor, null);
  const core = coreFields(signIn, request, session);
  return {
    access_token: session.token,
    ...core,
    token_type: "Bearer",
    ...signedFields(app, core.id, session),
  };
}

function byRefreshToken(signIn: SignInService, request: TokenRequest): TokenResponse {
  const app = authenticateApp(signIn, request, { secret: "if given" });
  const presented = request.parameters.get("refresh_token") ?? "";
  const known = signIn.refreshGrants.find(presented);
  if (known !== undefined && known.clientId !== app.clientId) throw expiredToken();
  const redemption = signIn.refreshGrants.redeem(presented, { rotate: app.rotateRefreshTokens === true });
  if (redemption.kind === "replayed") signIn.sessions.revokeGrant(redemption.grant.id);
  if (redemption.kind !== "granted") throw expiredToken();
  const { grant, rotatedTo } = redemption;
  const actor = signIn.activeUser(grant.userId);
  if (actor === undefined) throw expiredToken();
  if (rotatedTo !== null) signIn.sessions.revokeGrant(grant.id);
  const session = openSession(signIn, app, actor, grant.id, grant.scope);
  const core = coreFields(signIn, request, session);
  const { issued_at, signature } = signedFields(app, core.id, session);
  return {
    access_token: session.token,
    ...(rotatedTo === null ? {} : { refresh_token: rotatedTo }),
    signature,
    scope: grant.scope,
    ...idTokenOf(signIn, request, session),
    ...core,
    token_type: "Bearer",
    issued_at,
  };
}

function byAuthorizationCode(signIn: SignInService, request: TokenRequest): TokenResponse {
  const app = authenticateApp(signIn, request, { secret: "if given" });
  const { parameters } = request;
  const approval = signIn.codes.redeem(parameters.get("code") ?? "");
  if (typeof approval === "string") throw new OAuthError("invalid_grant", approval);
  if (approval.clientId !== app.clientId) throw new OAuthError("invalid_grant", "invalid authorization code");
  if (approval.redirectUri !== parameters.get("redirect_uri")) {
    throw new OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration");
  }
  const verifier = parameters.get("code_verifier");
  if (approval.codeChallenge !== null && (verifier === null || !verifierFits(approval.codeChallenge, verifier))) {
    throw new OAuthError("invalid_grant", "invalid code verifier");
  }
  return { ...approved(signIn, request, { ...approval, app }), api_instance_url: request.instanceUrl };
}

/** The tokens for what a user has approved in a browser. */
function approved(
  signIn: SignInService,
  request: TokenRequest,
  approval: {
    readonly app: ConnectedApp;
    readonly userId: string;
    readonly scope: string;
    readonly nonce: string | null;
  },
): TokenResponse {
  const { app, userId, scope, nonce } = approval;
  const actor = signIn.activeUser(userId);
  if (actor === undefined) throw new OAuthError("inactive_user", "user is inactive");
  const issued = refreshGrant(signIn, app, actor, scope);
  const session = openSession(signIn, app, actor, issued?.grant.id ?? null, scope);
  const core = coreFields(signIn, request, session);
  const { issued_at, signature } = signedFields(app, core.id, session);
  return {
    access_token: session.token,
    ...(issued === undefined ? {} : { refresh_token: issued.token }),
    signature,
    scope,
    ...idTokenOf(signIn, request, session, nonce),
    ...core,
    token_type: "Bearer",
    issued_at,
  };
}

/** Begins the device flow: the codes, and where the user types his. */
function deviceCode(signIn: SignInService, request: TokenRequest): TokenResponse {
  const app = authenticateApp(signIn, request, { secret: "if given" });
  const scope = request.parameters.get("scope") ?? app.scope ?? DEFAULT_SCOPE;
  const grant = signIn.devices.issue({ clientId: app.clientId, scope });
  return {
    device_code: grant.deviceCode,
    user_code: grant.userCode,
    verification_uri: `${request.instanceUrl}/setup/connect`,
    interval: DEVICE_INTERVAL_SECONDS,
  };
}

/** The device asks whether its user has approved. Descriptions are from memory. */
function byDevice(signIn: SignInService, request: TokenRequest): TokenResponse {
  const app = authenticateApp(signIn, request, { secret: "if given" });
  const grant = signIn.devices.ask(request.parameters.get("code") ?? "");
  if (grant === undefined || grant.clientId !== app.clientId)
    throw new OAuthError("invalid_grant", "expired or invalid device code");
  const { decision, scope } = grant;
  if (decision === undefined) throw new OAuthError("authorization_pending", "User has not yet been verified");
  signIn.devices.forget(grant);
  if (decision === "denied") throw new OAuthError("access_denied", "end-user denied authorization");
  return approved(signIn, request, { app, userId: decision.userId, scope, nonce: null });
}

function byClientCredentials(signIn: SignInService, request: TokenRequest): TokenResponse {
  if (request.atLoginHost) throw new OAuthError("invalid_grant", "request not supported on this domain");
  const app = authenticateApp(signIn, request, { secret: "required" });
  const actor = app.runAs === undefined ? undefined : signIn.activeUser(app.runAs);
  if (actor === undefined) throw new OAuthError("invalid_grant", "no client credentials user enabled");
  const session = openSession(signIn, app, actor, null);
  const core = coreFields(signIn, request, session);
  const { issued_at, signature } = signedFields(app, core.id, session);
  return {
    access_token: session.token,
    signature,
    scope: session.scope,
    ...core,
    token_type: "Bearer",
    issued_at,
    api_instance_url: request.instanceUrl,
  };
}

function byAssertion(signIn: SignInService, request: TokenRequest): TokenResponse {
  const assertion = parseAssertion(request.parameters.get("assertion") ?? "");
  if (assertion === undefined) throw new OAuthError("invalid_grant", "invalid assertion");
  const { iss, sub, aud, exp } = assertion.claims;
  const app = signIn.app(iss);
  if (app === undefined) throw new OAuthError("invalid_client_id", "client identifier invalid");
  if (app.certificate === undefined || !signatureFits(assertion, app.certificate)) {
    throw new OAuthError("invalid_grant", "invalid assertion");
  }
  const audiences = ["https://login.salesforce.com", "https://test.salesforce.com", request.instanceUrl];
  if (!audiences.includes(aud.replace(/\/$/, ""))) throw new OAuthError("invalid_grant", "audience is invalid");
  // Clients date assertions by the machine's clock, whatever the org's clock says.
  if (exp * 1000 <= signIn.wallNowMs()) throw new OAuthError("invalid_grant", "invalid assertion");
  const actor = signIn.activeUser(sub);
  const approved = app.approvedUsers?.some((name) => name.toLowerCase() === sub.toLowerCase()) ?? true;
  if (actor === undefined || !approved) {
    throw new OAuthError("invalid_grant", "user hasn't approved this consumer");
  }
  const session = openSession(signIn, app, actor, null);
  return {
    access_token: session.token,
    scope: session.scope,
    ...coreFields(signIn, request, session),
    token_type: "Bearer",
  };
}

/**
 * The connected app that sends the request, known by its id and secret in the form or in a Basic header.
 * Public clients (refresh and code flow) may leave the secret out; a wrong one is always refused.
 */
export function authenticateApp(
  signIn: SignInService,
  request: Pick<TokenRequest, "parameters" | "authorization">,
  { secret }: { readonly secret: "required" | "if given" },
): ConnectedApp {
  const basic = basicCredentials(request.authorization);
  const clientId = basic?.clientId ?? request.parameters.get("client_id") ?? "";
  const given = basic?.clientSecret ?? request.parameters.get("client_secret");
  const app = signIn.app(clientId);
  if (app === undefined) throw new OAuthError("invalid_client_id", "client identifier invalid");
  if (given === null ? secret === "required" : given !== app.clientSecret) {
    throw new OAuthError("invalid_client", "invalid client credentials");
  }
  return app;
}

function basicCredentials(header: string | undefined): { clientId: string; clientSecret: string } | undefined {
  const encoded = /^basic\s+(\S+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [clientId = "", ...secret] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { clientId, clientSecret: secret.join(":") };
}

function openSession(
  signIn: SignInService,
  app: ConnectedApp,
  actor: Actor,
  grantId: string | null,
  scope: string = app.scope ?? DEFAULT_SCOPE,
): Session {
  return signIn.sessions.open({ userId: actor.userId, origin: "oauth", clientId: app.clientId, scope, grantId });
}

function coreFields(
  signIn: SignInService,
  request: TokenRequest,
  session: Session,
): { instance_url: string; id: string } {
  return { instance_url: request.instanceUrl, id: `${request.instanceUrl}/id/${signIn.org.id}/${session.userId}` };
}

/** `issued_at` is text of milliseconds (documents say seconds, recordings say otherwise); the signature covers it. */
function signedFields(app: ConnectedApp, id: string, session: Session): { issued_at: string; signature: string } {
  const issued_at = String(session.issuedMs);
  const signature = createHmac("sha256", app.clientSecret).update(`${id}${issued_at}`).digest("base64");
  return { issued_at, signature };
}

/** The grant of a refresh token, where the scope asks for one. */
function refreshGrant(signIn: SignInService, app: ConnectedApp, { userId }: Actor, scope: string) {
  const wanted = scope.split(" ").includes("refresh_token");
  return wanted ? signIn.refreshGrants.issue({ userId, clientId: app.clientId, scope }) : undefined;
}

/** The Id token, where the scope asks for one. */
function idTokenOf(
  signIn: SignInService,
  request: TokenRequest,
  session: Session,
  nonce: string | null = null,
): { id_token?: string } {
  if (!session.scope.split(" ").includes("openid")) return {};
  const token = signIn.idTokens.issue({
    issuer: request.instanceUrl,
    subject: coreFields(signIn, request, session).id,
    audience: session.clientId ?? "",
    accessToken: session.token,
    nonce,
    nowMs: signIn.wallNowMs(),
  });
  return { id_token: token };
}

function expiredToken(): OAuthError {
  return new OAuthError("invalid_grant", "expired access/refresh token");
}
