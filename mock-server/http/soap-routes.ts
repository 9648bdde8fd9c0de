/**
 * The SOAP endpoints of the partner (`/services/Soap/u/`) and enterprise (`/services/Soap/c/`) API, as far as clients
 * need them to get in and out. Source: rest-api §3.9, §3.10.
 */
import type { LoginDesk } from "../auth/login.ts";
import type { Session } from "../auth/sessions.ts";
import { readUser, type UserDetails } from "../auth/users.ts";
import { OrgError } from "../errors.ts";
import type { AnswerHeaders } from "./answer-headers.ts";
import { decodeText, decompress, readBody } from "./request-body.ts";
import { isObject } from "./rest.ts";
import { faultEnvelope, type SoapCall, SoapFault, type SoapFlavour, soapEnvelope } from "./soap-envelope.ts";
import type { VersionRange } from "./versions.ts";
import type { WireCall } from "./wire-call.ts";
import { escapeXml } from "./xml-text.ts";

/** What the endpoints work with. */
export interface SoapOptions {
  readonly desk: LoginDesk;
  readonly headers: AnswerHeaders;
  readonly versions: VersionRange;
  readonly instanceUrl: (call: WireCall) => string;
}

/** SOAP login exists up to this version. */
const LAST_LOGIN_VERSION = 64;
const MESSAGE_BYTES_MAX = 50 * 1024 * 1024;

/** Answers one call of `/services/Soap/u/…` or `/services/Soap/c/…`. */
export async function answerSoap(options: SoapOptions, call: WireCall): Promise<Response> {
  const headers = options.headers.standing(call.header("origin"));
  if (call.method !== "POST") {
    headers["Content-Type"] = "text/html;charset=UTF-8";
    return new Response("<html><body>Only POST allowed</body></html>", { status: 405, headers });
  }
  headers["Content-Type"] = "text/xml;charset=UTF-8";
  const flavour: SoapFlavour = call.path.startsWith("/services/Soap/c/") ? "enterprise" : "partner";
  try {
    const body = await execute(options, call);
    return new Response(soapEnvelope(flavour, body), { status: 200, headers });
  } catch (error) {
    const fault = asFault(error);
    if (fault === undefined) throw error;
    return new Response(faultEnvelope(flavour, fault), { status: 500, headers });
  }
}

function asFault(error: unknown): SoapFault | undefined {
  if (error instanceof SoapFault) return error;
  if (error instanceof OrgError) return new SoapFault(error.errorCode, error.faults[0].message);
  return undefined;
}

async function execute(options: SoapOptions, call: WireCall): Promise<string> {
  const version = Number(/^\/services\/Soap\/[uc]\/(\d+)\.0(?:\/|$)/.exec(call.path)?.[1]);
  if (!(version >= options.versions.oldest && version <= options.versions.newest)) {
    throw new SoapFault("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL");
  }
  const soap = await readCall(call);
  if (soap.operation === "login") return login(options, call, soap, version);
  const session = openDoor(options.desk, soap);
  switch (soap.operation) {
    case "logout":
      options.desk.sessions.revoke(session.token);
      return "<logoutResponse/>";
    case "getServerTimestamp": {
      const now = new Date(options.desk.org.clock.nowMs()).toISOString();
      const timestamp = `<result><timestamp>${now}</timestamp></result>`;
      return `<getServerTimestampResponse>${timestamp}</getServerTimestampResponse>`;
    }
    case "getUserInfo": {
      const info = userInfo(options, userOf(options.desk, session.userId));
      return `<getUserInfoResponse><result>${info}</result></getUserInfoResponse>`;
    }
    default:
      throw new SoapFault("INVALID_OPERATION", `SOAP operation ${soap.operation} is not supported by the mock org`);
  }
}

async function readCall(call: WireCall): Promise<SoapCall> {
  const { parseXml } = await import("./xml-body.ts");
  const bytes = decompress(await readBody(call, MESSAGE_BYTES_MAX), call.header("content-encoding"), MESSAGE_BYTES_MAX);
  const envelope = member(parseXml(decodeText(bytes)), "Envelope");
  const body = member(envelope, "Body");
  const operation = Object.keys(body).find((name) => !name.startsWith("@") && !name.startsWith("#"));
  if (operation === undefined) throw new SoapFault("INVALID_OPERATION", "The SOAP body is empty");
  const header = member(envelope, "Header");
  return { operation, input: member(body, operation), sessionId: text(member(header, "SessionHeader"), "sessionId") };
}

function login(options: SoapOptions, call: WireCall, soap: SoapCall, version: number): string {
  if (version > LAST_LOGIN_VERSION) {
    throw new SoapFault("INVALID_OPERATION", `SOAP login does not exist in version ${version}.0`);
  }
  const actor = options.desk.authenticate(text(soap.input, "username") ?? "", text(soap.input, "password") ?? "");
  if (actor === undefined) {
    const message = "Invalid username, password, security token; or user locked out.";
    throw new SoapFault("INVALID_LOGIN", message, "LoginFault", false);
  }
  const { desk } = options;
  const session = desk.sessions.open({
    userId: actor.userId,
    origin: "soap",
    clientId: null,
    scope: "full",
    grantId: null,
  });
  const host = options.instanceUrl(call);
  const address = (kind: string): string => `${host}/services/Soap/${kind}/${version}.0/${desk.org.id.slice(0, 15)}`;
  const kind = call.path.startsWith("/services/Soap/c/") ? "c" : "u";
  const result =
    element("metadataServerUrl", address("m")) +
    element("passwordExpired", "false") +
    element("sandbox", "false") +
    element("serverUrl", address(kind)) +
    element("sessionId", session.token) +
    element("userId", actor.userId) +
    `<userInfo>${userInfo(options, userOf(desk, actor.userId))}</userInfo>`;
  return `<loginResponse><result>${result}</result></loginResponse>`;
}

function openDoor(desk: LoginDesk, soap: SoapCall): Session {
  const session = soap.sessionId === undefined ? undefined : desk.sessions.use(soap.sessionId);
  if (session !== undefined && desk.activeUser(session.userId) !== undefined) return session;
  throw new SoapFault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
}

function userOf(desk: LoginDesk, userId: string): UserDetails {
  const actor = desk.org.actor(userId);
  if (actor === undefined) throw new Error("the session's user was found a moment ago");
  return readUser(desk.org, actor);
}

function userInfo({ desk }: SoapOptions, user: UserDetails): string {
  return [
    element("accessibilityMode", "false"),
    element("currencySymbol", "$"),
    element("orgAttachmentFileSizeLimit", "5242880"),
    element("orgDefaultCurrencyIsoCode", "USD"),
    element("orgDefaultCurrencyLocale", "en_US"),
    element("orgDisallowHtmlAttachments", "false"),
    element("orgHasPersonAccounts", "false"),
    element("organizationId", desk.org.id),
    element("organizationMultiCurrency", "false"),
    element("organizationName", user.organizationName),
    element("profileId", user.profileId),
    element("roleId", user.roleId),
    element("sessionSecondsValid", String(Math.floor(desk.sessions.lifetimeMs / 1000))),
    element("userDefaultCurrencyIsoCode", null),
    element("userEmail", user.email),
    element("userFullName", user.fullName),
    element("userId", user.userId),
    element("userLanguage", user.language),
    element("userLocale", user.locale),
    element("userName", user.username),
    element("userTimeZone", user.timeZone),
    element("userType", "Standard"),
    element("userUiSkin", "Theme3"),
  ].join("");
}

function element(name: string, value: string | null): string {
  return value === null ? `<${name} xsi:nil="true"/>` : `<${name}>${escapeXml(value)}</${name}>`;
}

function member(node: unknown, name: string): Readonly<Record<string, unknown>> {
  const value = isObject(node) ? node[name] : undefined;
  return isObject(value) ? value : {};
}

function text(node: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = node[name];
  if (typeof value === "string") return value;
  return isObject(value) && typeof value["#text"] === "string" ? value["#text"] : undefined;
}
