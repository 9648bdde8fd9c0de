/** jsforce's ways into the org. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { Connection, OAuth2 } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MockOrg } from "../../mock-server/index.ts";
import { refusal, testOrg } from "./fixture.ts";

const KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
const CERTIFICATE = KEYS.publicKey.export({ type: "spki", format: "pem" }).toString();

describe("logging in with jsforce", () => {
  let org: MockOrg;
  let url: string;

  beforeAll(async () => {
    org = await testOrg({
      users: [{ username: "clerk@mock.org", password: "clerk-1", securityToken: "TOKEN" }],
      connectedApps: [
        { clientId: "jwt-app", clientSecret: "jwt-secret", certificate: CERTIFICATE },
        { clientId: "rotating", clientSecret: "secret", rotateRefreshTokens: true },
        { clientId: "careful", clientSecret: "secret", requirePkce: true },
      ],
    });
    url = (await org.listen()).url;
  });

  afterAll(() => org.close());

  it("SOAP login gives a session that answers queries", async () => {
    const conn = new Connection({ loginUrl: url, version: "62.0" });
    const user = await conn.login("admin@mock.org", "mock-password");
    const { totalSize } = await conn.query("SELECT Id FROM User");
    expect(user.organizationId).toBe(org.org.id);
    expect(conn.instanceUrl).toBe(url);
    expect(totalSize).toBe(2);
  });

  it("SOAP login takes the password with the security token behind it", async () => {
    const conn = new Connection({ loginUrl: url, version: "62.0" });
    await conn.login("clerk@mock.org", "clerk-1TOKEN");
    expect(conn.accessToken).toMatch(/^00D\w{12}![.\w]+$/);
  });

  it.each([
    ["a wrong password", "admin@mock.org", "wrong"],
    ["a wrong security token", "clerk@mock.org", "clerk-1WRONG"],
    ["an unknown user", "nobody@mock.org", "mock-password"],
  ])("SOAP login refuses %s", async (_, username, password) => {
    const conn = new Connection({ loginUrl: url, version: "62.0" });
    const error = await refusal(conn.login(username, password));
    expect(error.message).toBe("INVALID_LOGIN: Invalid username, password, security token; or user locked out.");
  });

  it("SOAP login does not exist from version 65.0 on", async () => {
    const conn = new Connection({ loginUrl: url, version: "65.0" });
    const error = await refusal(conn.login("admin@mock.org", "mock-password"));
    expect(error.message).toContain("INVALID_OPERATION");
  });

  it("SOAP logout ends the session", async () => {
    const conn = new Connection({ loginUrl: url, version: "62.0" });
    await conn.login("admin@mock.org", "mock-password");
    const { accessToken } = conn;
    await conn.logout();
    const stale = new Connection({ instanceUrl: url, accessToken: accessToken ?? "", version: "62.0" });
    expect((await refusal(stale.query("SELECT Id FROM User"))).errorCode).toBe("INVALID_SESSION_ID");
  });

  it("the OAuth password flow logs in and out", async () => {
    const oauth2 = new OAuth2({ loginUrl: url, clientId: "mock-client", clientSecret: "mock-secret" });
    const conn = new Connection({ oauth2, version: "62.0" });
    const user = await conn.login("admin@mock.org", "mock-password");
    const identity = await conn.identity();
    expect(identity.user_id).toBe(user.id);
    expect(identity.organization_id).toBe(org.org.id);
    const { accessToken } = conn;
    await conn.logout();
    expect(org.signIn.sessions.peek(accessToken ?? "")).toBeUndefined();
  });

  it.each([
    ["a wrong password", { password: "wrong" }, "invalid_grant", "authentication failure"],
    ["an unknown app", { client_id: "other" }, "invalid_client_id", "client identifier invalid"],
    ["a wrong secret", { client_secret: "wrong" }, "invalid_client", "invalid client credentials"],
    ["an unknown grant", { grant_type: "magic" }, "unsupported_grant_type", "grant type not supported"],
  ])("the token endpoint refuses %s", async (_, change, code, description) => {
    const parameters = {
      grant_type: "password",
      username: "admin@mock.org",
      password: "mock-password",
      client_id: "mock-client",
      client_secret: "mock-secret",
      ...change,
    };
    const response = await fetch(`${url}/services/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams(parameters),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: code, error_description: description });
  });

  it("the token endpoint answers the password flow with the recorded keys in their order", async () => {
    const response = await fetch(`${url}/services/oauth2/token`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from("mock-client:mock-secret").toString("base64")}` },
      body: new URLSearchParams({ grant_type: "password", username: "ADMIN@mock.org", password: "mock-password" }),
    });
    const body = (await response.json()) as Record<string, string>;
    expect(Object.keys(body)).toEqual(["access_token", "instance_url", "id", "token_type", "issued_at", "signature"]);
    expect(body["issued_at"]).toBe(String(Date.parse("2026-03-01T08:00:00Z")));
  });

  it("the client credentials flow runs as the app's user", async () => {
    const oauth2 = new OAuth2({ loginUrl: url, clientId: "mock-client", clientSecret: "mock-secret" });
    const conn = new Connection({ oauth2, version: "62.0" });
    await conn.authorize({ grant_type: "client_credentials" });
    expect((await conn.identity()).username).toBe("admin@mock.org");
  });

  it("the JWT bearer flow accepts an assertion signed by the app's key", async () => {
    const conn = new Connection({ oauth2: { loginUrl: url }, version: "62.0" });
    await conn.authorize({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: assertion({ aud: "https://login.salesforce.com" }),
    });
    expect((await conn.identity()).username).toBe("clerk@mock.org");
  });

  it.each([
    ["a foreign audience", { aud: "https://example.com" }, "audience is invalid"],
    ["an expired assertion", { exp: 1_000_000 }, "invalid assertion"],
    ["an unknown user", { sub: "nobody@mock.org" }, "user hasn't approved this consumer"],
    ["an app without a certificate", { iss: "mock-client" }, "invalid assertion"],
  ])("the JWT bearer flow refuses %s", async (_, claims, description) => {
    const conn = new Connection({ oauth2: { loginUrl: url }, version: "62.0" });
    const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const error = await refusal(conn.authorize({ grant_type, assertion: assertion(claims) }));
    expect(error.message).toBe(description);
  });

  it("the JWT bearer flow refuses an assertion whose content was changed after signing", async () => {
    const [head, , signature] = assertion({}).split(".");
    const payload = assertion({ sub: "admin@mock.org" }).split(".")[1];
    const conn = new Connection({ oauth2: { loginUrl: url }, version: "62.0" });
    const error = await refusal(
      conn.authorize({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: `${head}.${payload}.${signature}`,
      }),
    );
    expect(error.message).toBe("invalid assertion");
  });

  it("the authorization code flow with PKCE leads from the hint to tokens", async () => {
    const oauth2 = pkceClient("careful");
    const code = await authorizationCode(oauth2, { login_hint: "admin@mock.org", state: "s 1" });
    const conn = new Connection({ oauth2, version: "62.0" });
    await conn.authorize(code);
    expect((await conn.identity()).username).toBe("admin@mock.org");
    expect(conn.refreshToken).toMatch(/^5Aep/);
  });

  it("an authorization code is good for one use", async () => {
    const oauth2 = pkceClient("careful");
    const code = await authorizationCode(oauth2, { login_hint: "admin@mock.org" });
    await oauth2.requestToken(code);
    expect((await refusal(oauth2.requestToken(code))).message).toBe("expired authorization code");
  });

  it("an authorization code does not fit another verifier", async () => {
    const code = await authorizationCode(pkceClient("careful"), { login_hint: "admin@mock.org" });
    expect((await refusal(pkceClient("careful").requestToken(code))).message).toBe("invalid code verifier");
  });

  it("an app that requires PKCE sends a client without challenge back with an error", async () => {
    const oauth2 = new OAuth2({ loginUrl: url, clientId: "careful", clientSecret: "secret", redirectUri: REDIRECT });
    const response = await fetch(oauth2.getAuthorizationUrl({}), { redirect: "manual" });
    expect(new URL(response.headers.get("location") ?? "").searchParams.get("error")).toBe("invalid_request");
  });

  it("the login page asks for a password and sends the code back", async () => {
    const oauth2 = new OAuth2({ loginUrl: url, clientId: "mock-client", redirectUri: REDIRECT });
    const address = oauth2.getAuthorizationUrl({ state: "here" });
    const page = await fetch(address);
    expect(page.headers.get("content-type")).toBe("text/html;charset=UTF-8");
    expect(await page.text()).toContain('name="password"');
    const wrong = await postForm(address, { username: "admin@mock.org", password: "wrong" });
    expect(await wrong.text()).toContain("Please check your username and password");
    const right = await postForm(address, { username: "admin@mock.org", password: "mock-password" });
    const back = new URL(right.headers.get("location") ?? "");
    expect(right.status).toBe(302);
    expect(back.searchParams.get("state")).toBe("here");
    expect(back.searchParams.get("code")).toMatch(/^aPrx.*==$/);
  });

  it("the login page shows an error instead of redirecting to a foreign address", async () => {
    const oauth2 = new OAuth2({ loginUrl: url, clientId: "mock-client", redirectUri: "https://evil.example/" });
    const response = await fetch(oauth2.getAuthorizationUrl({}), { redirect: "manual" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("redirect_uri_mismatch");
  });

  const REDIRECT = "http://localhost:1717/callback";

  function pkceClient(clientId: string): OAuth2 {
    return new OAuth2({ loginUrl: url, clientId, clientSecret: "secret", redirectUri: REDIRECT, useVerifier: true });
  }

  async function authorizationCode(oauth2: OAuth2, parameters: Record<string, string>): Promise<string> {
    const response = await fetch(oauth2.getAuthorizationUrl(parameters), { redirect: "manual" });
    return new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "";
  }

  function postForm(address: string, fields: Record<string, string>): Promise<Response> {
    return fetch(address, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  }

  function assertion(claims: Record<string, unknown>): string {
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const exp = Math.floor(Date.now() / 1000) + 120;
    const text = `${part({ alg: "RS256" })}.${part({ iss: "jwt-app", sub: "clerk@mock.org", aud: url, exp, ...claims })}`;
    return `${text}.${createSign("RSA-SHA256").update(text).sign(KEYS.privateKey, "base64url")}`;
  }
});
