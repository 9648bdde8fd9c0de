/** Getting in and out through SOAP, and who one is: login, logout, getUserInfo, getServerTimestamp. Source: rest-api §3.9, §3.10. */
import { API_DISABLED, mayUseApi, type SignInService, type Visitor } from "../auth/login.ts";
import type { Session } from "../auth/sessions.ts";
import { readUser, type UserDetails } from "../auth/users.ts";
import { escapeXml } from "../http/xml-text.ts";
import type { Actor } from "../org/port.ts";
import { type SoapCall, textOf } from "./call.ts";
import { SoapFault, type SoapFlavor } from "./envelope.ts";

/** SOAP login exists up to this version. */
const LAST_LOGIN_VERSION = 64;

/** Where and how a login came in. */
export interface LoginPlace {
  readonly signIn: SignInService;
  /** Scheme and host for the addresses that the client shall use from now on. */
  readonly host: string;
  readonly version: number;
  readonly flavor: SoapFlavor;
}

/** `login`: the body of the answer. Throws `SoapFault` for every reason not to let somebody in. */
export function login(place: LoginPlace, soap: SoapCall): string {
  const { signIn, host, version, flavor } = place;
  if (version > LAST_LOGIN_VERSION) {
    throw new SoapFault("INVALID_OPERATION", `SOAP login does not exist in version ${version}.0`);
  }
  const actor = signIn.authenticate(textOf(soap.input, "username") ?? "", textOf(soap.input, "password") ?? "");
  if (actor === undefined) {
    const message = "Invalid username, password, security token; or user locked out.";
    throw new SoapFault("INVALID_LOGIN", message, "LoginFault", false);
  }
  const { userId } = actor;
  const session = signIn.sessions.open({ userId, origin: "soap", clientId: null, scope: "full", grantId: null });
  const address = (kind: string): string => `${host}/services/Soap/${kind}/${version}.0/${signIn.org.id.slice(0, 15)}`;
  const result =
    element("metadataServerUrl", address("m")) +
    element("passwordExpired", "false") +
    element("sandbox", "false") +
    element("serverUrl", address(flavor === "enterprise" ? "c" : "u")) +
    element("sessionId", session.token) +
    element("userId", userId) +
    `<userInfo>${userInfo(signIn, readUser(signIn.org, actor))}</userInfo>`;
  return `<loginResponse><result>${result}</result></loginResponse>`;
}

/** `logout`. */
export function logout(signIn: SignInService, session: Session): string {
  signIn.sessions.revoke(session.token);
  return "<logoutResponse/>";
}

/** `getServerTimestamp`: the org's time. */
export function getServerTimestamp(signIn: SignInService): string {
  const now = new Date(signIn.org.clock.nowMs()).toISOString();
  return `<getServerTimestampResponse><result><timestamp>${now}</timestamp></result></getServerTimestampResponse>`;
}

/** `getUserInfo`. */
export function getUserInfo(signIn: SignInService, actor: Actor): string {
  return `<getUserInfoResponse><result>${userInfo(signIn, readUser(signIn.org, actor))}</result></getUserInfoResponse>`;
}

/** The session of a message and its user; throws `SoapFault` where it is dead or its user may not use the API. */
export function authenticate(signIn: SignInService, soap: SoapCall): Visitor {
  const visitor = signIn.enter(soap.sessionId);
  if (visitor === undefined)
    throw new SoapFault("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session");
  if (!mayUseApi(visitor.actor)) throw new SoapFault(API_DISABLED.code, API_DISABLED.message);
  return visitor;
}

function userInfo(signIn: SignInService, user: UserDetails): string {
  const corporate = signIn.org.catalog.object("CurrencyType")?.field("IsoCode")?.picklistValues?.[0]?.value;
  return [
    element("accessibilityMode", "false"),
    element("currencySymbol", "$"),
    element("orgAttachmentFileSizeLimit", "5242880"),
    // The org's currency where there is one, the user's where there are several [memory: platform §9].
    element("orgDefaultCurrencyIsoCode", corporate === undefined ? "USD" : null),
    element("orgDefaultCurrencyLocale", "en_US"),
    element("orgDisallowHtmlAttachments", "false"),
    element("orgHasPersonAccounts", "false"),
    element("organizationId", signIn.org.id),
    element("organizationMultiCurrency", String(corporate !== undefined)),
    element("organizationName", user.organizationName),
    element("profileId", user.profileId),
    element("roleId", user.roleId),
    element("sessionSecondsValid", String(Math.floor(signIn.sessions.lifetimeMs / 1000))),
    element("userDefaultCurrencyIsoCode", corporate ?? null),
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
