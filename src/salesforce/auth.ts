/**
 * Logging in: seven ways to a session. Tokens and passwords never enter a message.
 *
 * Refused credentials are `SALESFORCE_LOGIN` and are never tried again by themselves, because repeated failures lock
 * the user. Unreachable hosts and server errors are `CallFailure`s, which the call policy repeats.
 */
import { createPrivateKey, createSign, type KeyObject } from "node:crypto";
import { SyncError } from "../errors.ts";
import { readCliSession } from "./cli-session.ts";
import type { AuthConfig } from "./config.ts";
import type { Session } from "./connection.ts";
import { CallFailure, isJsonObject, parseApiErrors, shorten } from "./failure.ts";
import { Connection, OAuth2 } from "./jsforce.ts";
import { type Exchange, OrgTransport } from "./transport.ts";

/** What logging in needs besides the credentials. */
export interface LoginContext {
  readonly loginUrl: string;
  /** API version, used by SOAP login. */
  readonly version: string;
  readonly timeoutMs: number;
  /** Epoch milliseconds, for the expiry of a JWT. */
  readonly nowMs: () => number;
  /** Keeps rotated refresh tokens; without it they are lost with the process. */
  readonly keeper?: LoginKeeper;
  /** Sees each answer of the login host, for the server's clock. */
  readonly onAnswer?: (exchange: Exchange) => void;
}

/** A session, with the refresh token that the next login must use. */
export interface Login {
  readonly session: Session;
  readonly refreshToken: string | null;
}

/** A login as it is kept: the newest refresh token, and the session that came with it. */
export interface KeptLogin {
  readonly refreshToken: string;
  readonly session: Session;
}

/**
 * Keeps the newest refresh token of an app that rotates them, for every process that signs in with it.
 *
 * A rotated-out token is dead at once, using it again revokes the whole grant, and every exchange ends the session before
 * (reference: rest-api §3.3). So one process at a time renews, what it got is kept before it is used, and the others take
 * over its session instead of ending it.
 */
export interface LoginKeeper {
  /** Calls `renew` with what is kept, while no other process does; keeps what it returns. */
  renewing(renew: (kept: KeptLogin | null) => Promise<Login>): Promise<Login>;
}

/** Whether the same credentials can be used for a second login. */
export function canLogInAgain(auth: AuthConfig): boolean {
  return auth.kind !== "accessToken";
}

/**
 * One attempt to log in. Rejects with `SALESFORCE_LOGIN` when the credentials are refused, with `CallFailure` when the
 * host cannot be reached or fails.
 */
export async function logIn(auth: AuthConfig, context: LoginContext): Promise<Login> {
  switch (auth.kind) {
    case "password":
      return auth.clientId !== undefined && auth.clientSecret !== undefined
        ? await oauthLogin(context, auth.username, {
            grant_type: "password",
            username: auth.username,
            password: auth.password + auth.securityToken,
            client_id: auth.clientId,
            client_secret: auth.clientSecret,
          })
        : await soapLogin(context, auth.username, auth.password + auth.securityToken);
    case "jwt":
      return await oauthLogin(context, auth.username, {
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: signAssertion({
          clientId: auth.clientId,
          username: auth.username,
          audience: auth.audience ?? context.loginUrl,
          privateKey: auth.privateKey,
          nowMs: context.nowMs(),
        }),
      });
    case "clientCredentials":
      return await oauthLogin(context, null, {
        grant_type: "client_credentials",
        client_id: auth.clientId,
        client_secret: auth.clientSecret,
      });
    case "refreshToken":
      return await oauthLogin(context, null, {
        grant_type: "refresh_token",
        refresh_token: auth.refreshToken,
        client_id: auth.clientId,
        ...(auth.clientSecret === undefined ? {} : { client_secret: auth.clientSecret }),
      });
    case "accessToken":
      return {
        session: {
          accessToken: auth.accessToken,
          instanceUrl: hostOf(auth.instanceUrl),
          organizationId: null,
          userId: null,
          username: null,
        },
        refreshToken: null,
      };
    case "cli":
      return { session: await readCliSession(auth.targetOrg), refreshToken: null };
  }
}

/** How long an assertion may be used; Salesforce allows a few minutes (rest-api §3.1). */
const ASSERTION_LIFE_S = 180;

/** A signed JWT bearer assertion (RS256). Throws `SALESFORCE_LOGIN` when the key is not an RSA private key. */
export function signAssertion(claims: {
  readonly clientId: string;
  readonly username: string;
  readonly audience: string;
  readonly privateKey: string;
  readonly nowMs: number;
}): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = encode({ alg: "RS256" });
  const payload = encode({
    iss: claims.clientId,
    sub: claims.username,
    aud: claims.audience,
    exp: Math.floor(claims.nowMs / 1_000) + ASSERTION_LIFE_S,
  });
  const signature = createSign("RSA-SHA256")
    .update(`${header}.${payload}`)
    .sign(parsePrivateKey(claims.privateKey))
    .toString("base64url");
  return `${header}.${payload}.${signature}`;
}

function parsePrivateKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    // The original error is left out: it may quote parts of the key.
    throw new SyncError("SALESFORCE_LOGIN", "salesforce.auth.privateKey is not a PEM private key");
  }
  if (key.asymmetricKeyType !== "rsa") {
    throw new SyncError("SALESFORCE_LOGIN", "salesforce.auth.privateKey must be an RSA key: JWT bearer uses RS256");
  }
  return key;
}

async function oauthLogin(
  context: LoginContext,
  username: string | null,
  parameters: { readonly grant_type: string; readonly [name: string]: string },
): Promise<Login> {
  const oauth2 = new OAuth2({ loginUrl: context.loginUrl });
  const answer: unknown = await withLoginTransport(context, refuseFailedTokenAnswer, async (transport) => {
    oauth2._transport = transport;
    return await oauth2.requestToken({ ...parameters });
  });
  if (!isJsonObject(answer)) throw notALoginHost(context);
  const accessToken = answer["access_token"];
  const instanceUrl = answer["instance_url"];
  if (typeof accessToken !== "string" || typeof instanceUrl !== "string") throw notALoginHost(context);
  const refreshToken = answer["refresh_token"];
  return {
    session: { accessToken, instanceUrl: hostOf(instanceUrl), ...identityIds(answer["id"]), username },
    refreshToken: typeof refreshToken === "string" ? refreshToken : null,
  };
}

/** The last two segments of an identity address are the org and the user (rest-api §3.1 [client]). */
export function identityIds(identityUrl: unknown): {
  readonly organizationId: string | null;
  readonly userId: string | null;
} {
  const segments = typeof identityUrl === "string" ? identityUrl.split("/").slice(-2) : [];
  return { organizationId: segments[0] ?? null, userId: segments[1] ?? null };
}

async function soapLogin(context: LoginContext, username: string, password: string): Promise<Login> {
  const connection = new Connection({ loginUrl: context.loginUrl, version: context.version, logLevel: "NONE" });
  const user = await withLoginTransport(context, refuseFailedSoapAnswer, async (transport) => {
    connection._transport = transport;
    try {
      return await connection.loginBySoap(username, password);
    } catch (error) {
      if (error instanceof CallFailure || error instanceof SyncError) throw error;
      // jsforce: an expired password, or an answer without session (rest-api §3.9).
      const reason = error instanceof Error ? error.message : "no session in the answer";
      throw new SyncError("SALESFORCE_LOGIN", `${context.loginUrl}: ${shorten(reason)}`, { context: { username } });
    }
  });
  return {
    session: {
      accessToken: connection.accessToken ?? "",
      instanceUrl: hostOf(connection.instanceUrl),
      organizationId: user.organizationId,
      userId: user.id,
      username,
    },
    refreshToken: null,
  };
}

async function withLoginTransport<T>(
  context: LoginContext,
  refuse: (exchange: Exchange, context: LoginContext) => void,
  use: (transport: OrgTransport) => Promise<T>,
): Promise<T> {
  const transport = new OrgTransport({
    timeoutMs: context.timeoutMs,
    onExchange: (exchange) => {
      context.onAnswer?.(exchange);
      refuse(exchange, context);
    },
  });
  try {
    return await use(transport);
  } finally {
    transport.close();
  }
}

function refuseFailedTokenAnswer(exchange: Exchange, context: LoginContext): void {
  if (exchange.status < 400) return;
  const [apiError] = parseApiErrors(parseJson(exchange.body));
  if (apiError === undefined) throw serverOrHostFailure(exchange, context);
  if (/rate_limit/i.test(apiError.code)) {
    throw new SyncError("SALESFORCE_LIMIT", `${context.loginUrl}: too many logins (${apiError.code})`);
  }
  if (exchange.status >= 500) throw serverOrHostFailure(exchange, context);
  throw new SyncError("SALESFORCE_LOGIN", `${context.loginUrl}: ${apiError.code}: ${shorten(apiError.message)}`, {
    context: { code: apiError.code },
  });
}

/** SOAP faults that say nothing about the credentials. */
const TRANSIENT_SOAP_FAULTS: readonly string[] = [
  "SERVER_UNAVAILABLE",
  "UNKNOWN_EXCEPTION",
  "REQUEST_RUNNING_TOO_LONG",
];

function refuseFailedSoapAnswer(exchange: Exchange, context: LoginContext): void {
  if (exchange.status < 400) {
    if (!/<(sessionId|passwordExpired)>/.test(exchange.body)) throw notALoginHost(context);
    return;
  }
  const apiError = /<faultstring>([^<]+)<\/faultstring>/.exec(exchange.body)?.[1];
  const code = /<faultcode>(?:\w+:)?(\w+)<\/faultcode>/.exec(exchange.body)?.[1];
  if (apiError === undefined || code === undefined || TRANSIENT_SOAP_FAULTS.includes(code)) {
    throw serverOrHostFailure(exchange, context);
  }
  if (code === "LOGIN_RATE_EXCEEDED") {
    throw new SyncError("SALESFORCE_LIMIT", `${context.loginUrl}: ${shorten(apiError)}`, { context: { code } });
  }
  throw new SyncError("SALESFORCE_LOGIN", `${context.loginUrl}: ${shorten(apiError)}`, { context: { code } });
}

/** 4xx without a login error means that this host is not a login host; 5xx may pass. */
function serverOrHostFailure(exchange: Exchange, context: LoginContext): Error {
  if (exchange.status < 500 && exchange.status !== STATUS_NO_ROUTE) return notALoginHost(context);
  return new CallFailure({ kind: "http", status: exchange.status, apiErrors: [], html: false, retryAfterMs: null });
}

/** 420: the edge has no route for this host (rest-api §2.1 [doc]). */
const STATUS_NO_ROUTE = 420;

function notALoginHost(context: LoginContext): SyncError {
  return new SyncError(
    "SALESFORCE_UNREACHABLE",
    `${context.loginUrl} answers, but not like a Salesforce login host; check salesforce.loginUrl`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A web page or plain text: whoever asks sees that no fault can be found in it.
    return undefined;
  }
}

function hostOf(address: string): string {
  return new URL(address).origin;
}
