/** The OAuth endpoints over HTTP: they read forms and headers, `auth/` decides. Source: rest-api §3.1–3.8, §3.12. */
import { allowsRedirect, type ConnectedApp, DEFAULT_SCOPE } from "../auth/connected-apps.ts";
import type { SignInService } from "../auth/login.ts";
import { readUser } from "../auth/users.ts";
import type { AnswerHeaders } from "../http/answer-headers.ts";
import { decodeText, readBody } from "../http/request-body.ts";
import type { RestResult } from "../http/rest.ts";
import { answerForm, buildResponse } from "../http/serialize.ts";
import type { WireCall } from "../http/wire-call.ts";
import { to18 } from "../schema/record-id.ts";
import { authConfiguration, identityDocument, openIdConfiguration, userInfoDocument } from "./identity.ts";
import { devicePage, loginPage, messagePage } from "./pages.ts";
import { introspectToken, revokeToken } from "./token-care.ts";
import { authenticateApp, issueToken, OAuthError } from "./token-endpoint.ts";

/** What the endpoints work with. */
export interface OAuthOptions {
  readonly signIn: SignInService;
  readonly headers: AnswerHeaders;
  readonly instanceUrl: (call: WireCall) => string;
}

/** Forms are small; more is refused. */
const FORM_BYTES_MAX = 1024 * 1024;

/** `POST /services/oauth2/token`. */
export async function answerToken(options: OAuthOptions, call: WireCall): Promise<Response> {
  const form = await readForm(call);
  return answer(options, call, () => ({
    status: 200,
    body: issueToken(options.signIn, {
      parameters: form,
      authorization: call.header("authorization"),
      instanceUrl: options.instanceUrl(call),
      atLoginHost: isLoginHost(call),
    }),
  }));
}

/** True for the two hosts where users of every org log in. */
export function isLoginHost(call: WireCall): boolean {
  return /^https:\/\/(?:login|test)\.salesforce\.com(?::443)?$/.test(call.origin);
}

/** `POST` or `GET /services/oauth2/revoke`: errors are form-encoded, unlike everywhere else. */
export async function answerRevoke(options: OAuthOptions, call: WireCall): Promise<Response> {
  const token = (await readForm(call)).get("token") ?? "";
  const headers = options.headers.standing(call.header("origin"));
  if (revokeToken(options.signIn, token)) return new Response("", { status: 200, headers });
  const error = "error=invalid_token&error_description=invalid%20token";
  headers["Content-Type"] = "application/x-www-form-urlencoded;charset=UTF-8";
  return new Response(error, { status: 400, headers });
}

/** `POST /services/oauth2/introspect`. */
export async function answerIntrospect(options: OAuthOptions, call: WireCall): Promise<Response> {
  const form = await readForm(call);
  return answer(options, call, () => {
    authenticateApp(
      options.signIn,
      { parameters: form, authorization: call.header("authorization") },
      { secret: "required" },
    );
    return { status: 200, body: introspectToken(options.signIn, form.get("token") ?? "", options.instanceUrl(call)) };
  });
}

/** `GET /services/oauth2/userinfo`. */
export function answerUserInfo(options: OAuthOptions, call: WireCall): Response {
  return answer(options, call, () => {
    const userId = userOf(options, call, new URLSearchParams(call.query));
    if (typeof userId !== "string") return userId;
    return { status: 200, body: userInfoDocument(identityContext(options, call, userId)) };
  });
}

/** `GET /id/{org}/{user}`. */
export function answerIdentity(options: OAuthOptions, call: WireCall): Response {
  return answer(options, call, () => {
    const query = new URLSearchParams(call.query);
    const caller = userOf(options, call, query);
    if (typeof caller !== "string") return caller;
    const [, , orgId = "", userId = ""] = call.path.split("/");
    const { org } = options.signIn;
    if (orgId.slice(0, 15) !== org.id.slice(0, 15)) return plainRefusal(403, "Wrong_Org");
    const user = org.actor(to18(userId) ?? "");
    if (user === undefined) return plainRefusal(404, "Bad_Id");
    const version = query.get("version");
    const document = identityDocument(
      identityContext(options, call, user.userId),
      version === "latest" ? "67.0" : version,
    );
    const format = query.get("format");
    if (format === "jsonp") {
      const callback = /^[\w.$]+$/.exec(query.get("callback") ?? "")?.[0] ?? "callback";
      const headers = { "Content-Type": "text/javascript;charset=UTF-8" };
      return { status: 200, headers, body: `${callback}(${JSON.stringify(document)});` };
    }
    return { status: 200, body: document };
  });
}

/** `GET /.well-known/openid-configuration`. */
export function answerOpenIdConfiguration(options: OAuthOptions, call: WireCall): Response {
  return answer(options, call, () => ({ status: 200, body: openIdConfiguration(options.instanceUrl(call)) }));
}

/** `GET /.well-known/auth-configuration`. */
export function answerAuthConfiguration(options: OAuthOptions, call: WireCall): Response {
  const { org } = options.signIn;
  return answer(options, call, () => ({ status: 200, body: authConfiguration(org.id, options.instanceUrl(call)) }));
}

/**
 * `GET` and `POST /services/oauth2/authorize`: the login page, then back to the client with a code.
 * A `login_hint` that names a user is taken for the approval, so that tests need no browser.
 */
export async function answerAuthorize(options: OAuthOptions, call: WireCall): Promise<Response> {
  const query = new URLSearchParams(call.query);
  const form = call.method === "POST" ? await readForm(call) : new URLSearchParams();
  const parameter = (name: string): string | null => form.get(name) ?? query.get(name);
  const headers = options.headers.standing(call.header("origin"));
  const app = options.signIn.app(parameter("client_id") ?? "");
  const redirectUri = parameter("redirect_uri") ?? "";
  if (app === undefined)
    return page(headers, 400, messagePage("error=invalid_client_id&error_description=client identifier invalid"));
  if (!allowsRedirect(app, redirectUri)) {
    return page(
      headers,
      400,
      messagePage("error=redirect_uri_mismatch&error_description=redirect_uri must match configuration"),
    );
  }
  const back = (values: Record<string, string>): Response => redirect(headers, redirectUri, parameter("state"), values);
  const refusal = requestRefusal(app, parameter);
  if (refusal !== undefined) return back(refusal);
  const approve = (userId: string): Response => {
    const scope = parameter("scope") ?? app.scope ?? DEFAULT_SCOPE;
    const codeChallenge = parameter("code_challenge");
    const nonce = parameter("nonce");
    return back({
      code: options.signIn.codes.issue({ userId, clientId: app.clientId, redirectUri, scope, codeChallenge, nonce }),
    });
  };
  if (call.method === "POST") {
    if (form.get("decision") === "deny") {
      return back({ error: "access_denied", error_description: "end-user denied authorization" });
    }
    const actor = options.signIn.authenticate(form.get("username") ?? "", form.get("password") ?? "");
    if (actor !== undefined) return approve(actor.userId);
    return page(
      headers,
      200,
      loginPage({ app, failed: true, parameters: query, username: form.get("username") ?? "" }),
    );
  }
  const hinted = options.signIn.activeUser(parameter("login_hint") ?? "");
  if (hinted !== undefined) return approve(hinted.userId);
  if (parameter("prompt") === "none" || parameter("immediate") === "true") {
    return back({ error: "immediate_unsuccessful", error_description: "immediate mode needs a session" });
  }
  return page(headers, 200, loginPage({ app, failed: false, parameters: query, username: "" }));
}

/**
 * `GET` and `POST /setup/connect`: where a user types the code that a device shows him. As for the authorization page, a
 * `login_hint` that names a user is taken for the approval.
 */
export async function answerDeviceApproval(options: OAuthOptions, call: WireCall): Promise<Response> {
  const parameters = await readForm(call);
  const { signIn } = options;
  const headers = options.headers.standing(call.header("origin"));
  const userCode = parameters.get("user_code") ?? "";
  const grant = signIn.devices.waiting(userCode);
  const username = parameters.get("username") ?? "";
  const form = (failed: boolean): Response => page(headers, 200, devicePage({ userCode, username, failed }));
  const hinted = signIn.activeUser(parameters.get("login_hint") ?? "");
  if (call.method === "GET" && hinted === undefined) return form(false);
  if (grant === undefined) return form(true);
  if (parameters.get("decision") === "deny") {
    grant.decision = "denied";
    return page(headers, 200, messagePage("The device was not allowed in."));
  }
  const actor = hinted ?? signIn.authenticate(username, parameters.get("password") ?? "");
  if (actor === undefined) return form(true);
  grant.decision = { userId: actor.userId };
  return page(headers, 200, messagePage("The device is connected."));
}

/** `GET /id/keys`: the key that signs Id tokens. */
export function answerKeys(options: OAuthOptions, call: WireCall): Response {
  return answer(options, call, () => ({ status: 200, body: options.signIn.idTokens.keySet() }));
}

function requestRefusal(
  app: ConnectedApp,
  parameter: (name: string) => string | null,
): Record<string, string> | undefined {
  if (parameter("response_type") !== "code") {
    return { error: "unsupported_response_type", error_description: "response type not supported" };
  }
  if (app.requirePkce === true && parameter("code_challenge") === null) {
    return { error: "invalid_request", error_description: "missing required code challenge" };
  }
  const method = parameter("code_challenge_method");
  if (method !== null && method !== "S256") {
    return { error: "invalid_request", error_description: "invalid code challenge method" };
  }
  return undefined;
}

function redirect(
  headers: Record<string, string>,
  address: string,
  state: string | null,
  values: Record<string, string>,
): Response {
  const target = new URL(address);
  for (const [name, value] of Object.entries(values)) target.searchParams.set(name, value);
  if (state !== null) target.searchParams.set("state", state);
  return new Response(null, { status: 302, headers: { ...headers, Location: target.href } });
}

function page(headers: Record<string, string>, status: number, html: string): Response {
  return new Response(html, { status, headers: { ...headers, "Content-Type": "text/html;charset=UTF-8" } });
}

/** The caller's user, or the plain-text refusal that these endpoints give instead of 401. */
function userOf(options: OAuthOptions, call: WireCall, query: URLSearchParams): string | RestResult {
  const bearer = /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
  const token = bearer ?? query.get("oauth_token") ?? query.get("access_token");
  if (token === null) return plainRefusal(403, "Missing_OAuth_Token");
  return options.signIn.enter(token)?.actor.userId ?? plainRefusal(403, "Bad_OAuth_Token");
}

function plainRefusal(status: number, text: string): RestResult {
  return { status, body: text, headers: { "Content-Type": "text/html;charset=UTF-8" } };
}

function identityContext(options: OAuthOptions, call: WireCall, userId: string) {
  const { org } = options.signIn;
  const actor = org.actor(userId);
  if (actor === undefined) throw new Error("the user was found a moment ago");
  return {
    orgId: org.id,
    user: readUser(org, actor),
    instanceUrl: options.instanceUrl(call),
    nowMs: org.clock.nowMs(),
  };
}

function answer(options: OAuthOptions, call: WireCall, work: () => RestResult): Response {
  const headers = options.headers.standing(call.header("origin"));
  const form = answerForm(call.method, call.header);
  try {
    return buildResponse(work(), form, headers);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const body = { error: error.code, error_description: error.message };
    return buildResponse({ status: error.statusCode, body }, form, headers);
  }
}

/** The parameters of a form: from the body, and from the query string where the body lacks them. */
async function readForm(call: WireCall): Promise<URLSearchParams> {
  const parameters = new URLSearchParams(call.query);
  if (call.method === "GET" || call.method === "HEAD") return parameters;
  const text = decodeText(await readBody(call, FORM_BYTES_MAX));
  for (const [name, value] of new URLSearchParams(text)) parameters.set(name, value);
  return parameters;
}
