/** Logging in and out (reference: rest-api §3). */
import { createHash, createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { Client, NOW } from "./world.ts";

const HOST = "https://mock-org.my.salesforce.com";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

let org: MockOrg;

beforeAll(async () => {
  org = await createMockOrg({
    now: NOW,
    users: [
      { username: "gone@mock.org", isActive: false },
      { username: "no-api@mock.org", profile: "No API" },
    ],
    permissions: [
      {
        kind: "profile",
        name: "No API",
        userPermissions: [],
        grant: { objects: {}, fields: {}, otherFields: { read: true, edit: true } },
      },
    ],
    connectedApps: [
      {
        clientId: "jwt-client",
        clientSecret: "jwt-secret",
        name: "JWT",
        certificate: publicKey.export({ type: "spki", format: "pem" }).toString(),
      },
      { clientId: "nobody", clientSecret: "s", name: "Nobody" },
    ],
  });
});

afterAll(() => org.close());

async function call(
  path: string,
  form?: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return org.app.fetch(
    new Request(path.startsWith("https:") ? path : `${HOST}${path}`, {
      method: form === undefined ? "GET" : "POST",
      headers: { ...(form && { "content-type": "application/x-www-form-urlencoded" }), ...headers },
      ...(form && { body: new URLSearchParams(form).toString() }),
    }),
  );
}

const token = (form: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Response> =>
  call("/services/oauth2/token", form, headers);

const CLIENT = { client_id: "mock-client", client_secret: "mock-secret" };
const PASSWORD = { grant_type: "password", username: "admin@mock.org", password: "mock-password", ...CLIENT };

describe("the token endpoint", () => {
  it("password: the keys in their order, no scope and no refresh token", async () => {
    const response = await token(PASSWORD);
    const body = (await response.json()) as Record<string, string>;
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json;charset=UTF-8");
    expect(response.headers.get("cache-control")).toContain("no-store");
    expect(Object.keys(body)).toEqual(["access_token", "instance_url", "id", "token_type", "issued_at", "signature"]);
    expect(body["access_token"]).toMatch(/^00D\w{12,15}![.\w]+$/);
    expect(body["instance_url"]).toBe(HOST);
    expect(body["id"]).toMatch(/^https:\/\/[^/]+\/id\/00D\w{15}\/005\w{15}$/);
    expect(body["issued_at"]).toBe(String(Date.parse(NOW)));
    const signature = createHmac("sha256", "mock-secret").update(`${body["id"]}${body["issued_at"]}`).digest("base64");
    expect([body["token_type"], body["signature"]]).toEqual(["Bearer", signature]);
  });

  it("client credentials: the keys in their order", async () => {
    const response = await token({ grant_type: "client_credentials", ...CLIENT });
    expect(Object.keys((await response.json()) as object)).toEqual([
      "access_token",
      "signature",
      "scope",
      "instance_url",
      "id",
      "token_type",
      "issued_at",
      "api_instance_url",
    ]);
    const basic = Buffer.from("mock-client:mock-secret").toString("base64");
    const header = await token({ grant_type: "client_credentials" }, { authorization: `Basic ${basic}` });
    expect(header.status).toBe(200);
  });

  it("an authorization code with PKCE, then a refresh", async () => {
    const verifier = "v".repeat(43);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: "mock-client",
      redirect_uri: "http://localhost/callback",
      state: "s&1",
      code_challenge: challenge,
      login_hint: "admin@mock.org",
    });
    const answer = await call(`/services/oauth2/authorize?${query.toString()}`);
    expect(answer.status).toBe(302);
    const location = new URL(answer.headers.get("location") ?? "");
    expect(location.searchParams.get("state")).toBe("s&1");
    const code = location.searchParams.get("code") ?? "";
    const exchange = { grant_type: "authorization_code", code, redirect_uri: "http://localhost/callback", ...CLIENT };
    const wrong = await token({ ...exchange, code_verifier: "w".repeat(43) });
    expect(await wrong.json()).toEqual({ error: "invalid_grant", error_description: "invalid code verifier" });
    const again = await call(`/services/oauth2/authorize?${query.toString()}`);
    const fresh = new URL(again.headers.get("location") ?? "").searchParams.get("code") ?? "";
    const response = await token({ ...exchange, code: fresh, code_verifier: verifier });
    const body = (await response.json()) as Record<string, string>;
    expect(Object.keys(body).filter((key) => key !== "id_token" && key !== "api_instance_url")).toEqual([
      "access_token",
      "refresh_token",
      "signature",
      "scope",
      "instance_url",
      "id",
      "token_type",
      "issued_at",
    ]);
    const reused = await token({ ...exchange, code: fresh, code_verifier: verifier });
    expect(await reused.json()).toEqual({ error: "invalid_grant", error_description: "expired authorization code" });
    const refreshed = await token({
      grant_type: "refresh_token",
      refresh_token: body["refresh_token"] ?? "",
      ...CLIENT,
    });
    expect(Object.keys((await refreshed.json()) as object).filter((key) => key !== "id_token")).toEqual([
      "access_token",
      "signature",
      "scope",
      "instance_url",
      "id",
      "token_type",
      "issued_at",
    ]);
  });

  it("a JWT: the keys in their order, no issue date", async () => {
    const response = await token({ grant_type: JWT, assertion: assertion({}) });
    expect(Object.keys((await response.json()) as object)).toEqual([
      "access_token",
      "scope",
      "instance_url",
      "id",
      "token_type",
    ]);
  });

  it.each<[string, Record<string, string>, string, string]>([
    ["a wrong password", { ...PASSWORD, password: "x" }, "invalid_grant", "authentication failure"],
    ["an unknown user", { ...PASSWORD, username: "x" }, "invalid_grant", "authentication failure"],
    ["an inactive user", { ...PASSWORD, username: "gone@mock.org" }, "invalid_grant", "authentication failure"],
    ["an unknown client", { ...PASSWORD, client_id: "x" }, "invalid_client_id", "client identifier invalid"],
    ["a wrong secret", { ...PASSWORD, client_secret: "x" }, "invalid_client", "invalid client credentials"],
    ["no grant type", { ...CLIENT }, "unsupported_grant_type", "grant type not supported"],
    ["an unknown grant type", { ...CLIENT, grant_type: "x" }, "unsupported_grant_type", "grant type not supported"],
    [
      "an unknown refresh token",
      { ...CLIENT, grant_type: "refresh_token", refresh_token: "x" },
      "invalid_grant",
      "expired access/refresh token",
    ],
    [
      "an unknown code",
      { ...CLIENT, grant_type: "authorization_code", code: "x", redirect_uri: "http://localhost/callback" },
      "invalid_grant",
      "invalid authorization code",
    ],
    [
      "a client without a user",
      { grant_type: "client_credentials", client_id: "nobody", client_secret: "s" },
      "invalid_grant",
      "no client credentials user enabled",
    ],
  ])("%s", async (_, form, error, description) => {
    const response = await token(form);
    expect([response.status, await response.json()]).toEqual([400, { error, error_description: description }]);
  });

  it.each<[string, () => string, string]>([
    ["another audience", () => assertion({ aud: "https://example.com" }), "audience is invalid"],
    ["a wrong signature", () => `${assertion({}).slice(0, -8)}AAAAAAAA`, "invalid assertion"],
    ["no JWT", () => "x.y.z", "invalid assertion"],
  ])("a JWT with %s", async (_, make, description) => {
    const response = await token({ grant_type: JWT, assertion: make() });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: "invalid_grant", error_description: description },
    ]);
  });

  it("client credentials on the login host", async () => {
    const response = await call("https://login.salesforce.com/services/oauth2/token", {
      grant_type: "client_credentials",
      ...CLIENT,
    });
    expect(await response.json()).toEqual({
      error: "invalid_grant",
      error_description: "request not supported on this domain",
    });
  });
});

describe("tokens", () => {
  it("die by revocation, and everybody is told so as text", async () => {
    const { access_token: access = "" } = (await (await token(PASSWORD)).json()) as Record<string, string>;
    const introspect = async (): Promise<Record<string, unknown>> =>
      (await (await call("/services/oauth2/introspect", { token: access, ...CLIENT })).json()) as Record<
        string,
        unknown
      >;
    const alive = await introspect();
    expect(Object.keys(alive)).toEqual([
      "active",
      "scope",
      "client_id",
      "username",
      "sub",
      "token_type",
      "exp",
      "iat",
      "nbf",
    ]);
    expect([alive["active"], alive["username"]]).toEqual([true, "admin@mock.org"]);
    expect(Number(alive["exp"])).toBeLessThan(1e11);
    const revoked = await call("/services/oauth2/revoke", { token: access });
    expect([revoked.status, await revoked.text()]).toEqual([200, ""]);
    expect(await introspect()).toEqual({ active: false });
    const again = await call("/services/oauth2/revoke", { token: access });
    expect([again.status, (await again.text()).startsWith("error=")]).toEqual([400, true]);
    const rest = await call("/services/data/v62.0/limits", undefined, { authorization: `Bearer ${access}` });
    expect([rest.status, rest.headers.get("www-authenticate"), await rest.json()]).toEqual([
      401,
      "Token",
      [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }],
    ]);
    const info = await call("/services/oauth2/userinfo", undefined, { authorization: `Bearer ${access}` });
    expect([info.status, await info.text()]).toEqual([403, "Bad_OAuth_Token"]);
  });

  it("of a user show who it is", async () => {
    const answer = (await (await token(PASSWORD)).json()) as Record<string, string>;
    const headers = { authorization: `Bearer ${answer["access_token"]}` };
    const identityPath = new URL(answer["id"] ?? "").pathname;
    const identity = (await (await call(identityPath, undefined, headers)).json()) as Record<string, unknown>;
    expect(Object.keys(identity)).toEqual(
      (
        "id asserted_user user_id organization_id username nick_name display_name email email_verified first_name " +
        "last_name timezone photos addr_street addr_city addr_state addr_country addr_zip mobile_phone " +
        "mobile_phone_verified is_lightning_login_user status urls active user_type language locale utcOffset " +
        "last_modified_date is_app_installed"
      ).split(" "),
    );
    expect(identity).toMatchObject({ username: "admin@mock.org", user_type: "STANDARD", addr_street: null });
    const byParameter = await call(`${identityPath}?format=json&oauth_token=${answer["access_token"]}`);
    expect(byParameter.status).toBe(200);
    const info = (await (await call("/services/oauth2/userinfo", undefined, headers)).json()) as Record<
      string,
      unknown
    >;
    expect(Object.keys(info)).toEqual(
      (
        "sub user_id organization_id preferred_username nickname name email email_verified given_name family_name " +
        "zoneinfo photos profile picture address is_salesforce_integration_user urls active user_type language " +
        "locale utcOffset updated_at is_app_installed"
      ).split(" "),
    );
    const none = await call(identityPath);
    expect([none.status, await none.text()]).toEqual([403, "Missing_OAuth_Token"]);
    const wrong = await call("/id/00D000000000001AAA/005000000000001AAA", undefined, headers);
    expect([403, 404]).toContain(wrong.status);
  });

  it("of a session die after two hours of inactivity, not before", async () => {
    const client = new Client(org);
    org.clock.advance({ hours: 1, minutes: 59 });
    expect((await client.get("/limits")).status).toBe(200);
    org.clock.advance({ hours: 1, minutes: 59 });
    expect((await client.get("/limits")).status).toBe(200);
    org.clock.advance({ hours: 2 });
    const dead = await client.get("/limits");
    expect([dead.status, dead.headers.get("sforce-limit-info")]).toEqual([401, null]);
  });

  it("of a user without API Enabled do not open the API", async () => {
    const answer = await new Client(org, "no-api@mock.org").get("/sobjects");
    expect([answer.status, answer.body[0].errorCode]).toEqual([403, "API_CURRENTLY_DISABLED"]);
  });
});

const JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer";

function assertion(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg: "RS256" })}.${encode({
    iss: "jwt-client",
    sub: "admin@mock.org",
    aud: "https://login.salesforce.com",
    exp: Math.floor(Date.now() / 1000) + 120,
    ...claims,
  })}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey).toString("base64url")}`;
}
