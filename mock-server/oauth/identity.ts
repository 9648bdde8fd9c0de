/** Documents about the user and the org: identity URL, userinfo, OpenID discovery. Source: rest-api §3.7, §3.8, §3.12. */
import { type UserDetails, utcOffsetMs } from "../auth/users.ts";

/** Where and for whom a document is written. */
export interface IdentityContext {
  readonly orgId: string;
  readonly user: UserDetails;
  /** Scheme and host of the org, without a slash at the end. */
  readonly instanceUrl: string;
  readonly nowMs: number;
}

/** The document behind the identity URL. `version` fills the place of `{version}` in the addresses; null leaves it. */
export function identityDocument(context: IdentityContext, version: string | null): Record<string, unknown> {
  const { user, orgId, instanceUrl } = context;
  return {
    id: `${instanceUrl}/id/${orgId}/${user.userId}`,
    asserted_user: true,
    user_id: user.userId,
    organization_id: orgId,
    username: user.username,
    nick_name: user.nickname,
    display_name: user.fullName,
    email: user.email,
    email_verified: true,
    first_name: user.firstName,
    last_name: user.lastName,
    timezone: user.timeZone,
    photos: photos(instanceUrl),
    addr_street: null,
    addr_city: null,
    addr_state: null,
    addr_country: null,
    addr_zip: null,
    mobile_phone: null,
    mobile_phone_verified: false,
    is_lightning_login_user: false,
    status: { created_date: null, body: null },
    urls: serviceAddresses(context, version ?? "{version}"),
    active: user.active,
    user_type: "STANDARD",
    language: user.language,
    locale: user.locale,
    utcOffset: utcOffsetMs(user.timeZone, context.nowMs),
    last_modified_date: user.lastModifiedDate.replace(/\.000\+0000$/, "Z"),
    is_app_installed: true,
  };
}

/** The OpenID Connect userinfo document. */
export function userInfoDocument(context: IdentityContext): Record<string, unknown> {
  const { user, orgId, instanceUrl } = context;
  return {
    sub: `${instanceUrl}/id/${orgId}/${user.userId}`,
    user_id: user.userId,
    organization_id: orgId,
    preferred_username: user.username,
    nickname: user.nickname,
    name: user.fullName,
    email: user.email,
    email_verified: true,
    given_name: user.firstName,
    family_name: user.lastName,
    zoneinfo: user.timeZone,
    photos: photos(instanceUrl),
    profile: `${instanceUrl}/${user.userId}`,
    picture: photos(instanceUrl).picture,
    address: {},
    is_salesforce_integration_user: false,
    urls: { ...serviceAddresses(context, "{version}"), custom_domain: instanceUrl },
    active: user.active,
    user_type: "STANDARD",
    language: user.language,
    locale: user.locale,
    utcOffset: utcOffsetMs(user.timeZone, context.nowMs),
    updated_at: user.lastModifiedDate.replace(/\.000\+0000$/, "Z"),
    is_app_installed: true,
  };
}

/** `/.well-known/openid-configuration`. */
export function openIdConfiguration(instanceUrl: string): Record<string, unknown> {
  const oauth = `${instanceUrl}/services/oauth2`;
  return {
    issuer: instanceUrl,
    authorization_endpoint: `${oauth}/authorize`,
    token_endpoint: `${oauth}/token`,
    revocation_endpoint: `${oauth}/revoke`,
    userinfo_endpoint: `${oauth}/userinfo`,
    introspection_endpoint: `${oauth}/introspect`,
    jwks_uri: `${instanceUrl}/id/keys`,
    scopes_supported: ["api", "web", "full", "id", "profile", "email", "address", "phone", "openid", "refresh_token"],
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256"],
    display_values_supported: ["page", "popup", "touch"],
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
  };
}

/** `/.well-known/auth-configuration`. */
export function authConfiguration(orgId: string, instanceUrl: string): Record<string, unknown> {
  return {
    OrgId: orgId,
    Url: instanceUrl,
    MobileSDK: { UseAndroidNativeBrowserForAuthentication: false, UseiOSNativeBrowserForAuthentication: false },
    LoginPage: null,
    SamlProviders: [],
    AuthProviders: [],
  };
}

function photos(instanceUrl: string): { picture: string; thumbnail: string } {
  return {
    picture: `${instanceUrl}/profilephoto/005/F`,
    thumbnail: `${instanceUrl}/profilephoto/005/T`,
  };
}

function serviceAddresses({ orgId, user, instanceUrl }: IdentityContext, version: string): Record<string, string> {
  const rest = `${instanceUrl}/services/data/v${version}`;
  const orgKey = orgId.slice(0, 15);
  return {
    enterprise: `${instanceUrl}/services/Soap/c/${version}/${orgKey}`,
    metadata: `${instanceUrl}/services/Soap/m/${version}/${orgKey}`,
    partner: `${instanceUrl}/services/Soap/u/${version}/${orgKey}`,
    rest: `${rest}/`,
    sobjects: `${rest}/sobjects/`,
    search: `${rest}/search/`,
    query: `${rest}/query/`,
    recent: `${rest}/recent/`,
    tooling_soap: `${instanceUrl}/services/Soap/T/${version}/${orgKey}`,
    tooling_rest: `${rest}/tooling/`,
    profile: `${instanceUrl}/${user.userId}`,
    feeds: `${rest}/chatter/feeds`,
    groups: `${rest}/chatter/groups`,
    users: `${rest}/chatter/users`,
    feed_items: `${rest}/chatter/feed-items`,
    feed_elements: `${rest}/chatter/feed-elements`,
  };
}
