/** What happens to a client whose session ends. */
import { Connection, OAuth2 } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MockOrg } from "../../mock-server/index.ts";
import { refusal, testOrg } from "./fixture.ts";

describe("refreshing a session with jsforce", () => {
  let org: MockOrg;
  let url: string;

  beforeAll(async () => {
    org = await testOrg({
      connectedApps: [{ clientId: "rotating", clientSecret: "secret", rotateRefreshTokens: true }],
    });
    url = (await org.listen()).url;
  });

  afterAll(() => org.close());

  it("a client with a refresh token goes on after its session expired", async () => {
    const conn = await authorized("mock-client", "mock-secret");
    const before = conn.accessToken;
    org.clock.advance({ hours: 3 });
    const { totalSize } = await conn.query("SELECT Id FROM User");
    expect(totalSize).toBe(1);
    expect(conn.accessToken).not.toBe(before);
  });

  it("use extends the life of a session", async () => {
    const accessToken = org.openSession();
    const conn = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
    org.clock.advance({ minutes: 119 });
    await conn.query("SELECT Id FROM User");
    org.clock.advance({ minutes: 119 });
    expect((await conn.query("SELECT Id FROM User")).totalSize).toBe(1);
  });

  it("a session dies two hours after its last use", async () => {
    const accessToken = org.openSession();
    const conn = new Connection({ instanceUrl: url, accessToken, version: "62.0" });
    org.clock.advance({ hours: 2 });
    const error = await refusal(conn.query("SELECT Id FROM User"));
    expect(error.errorCode).toBe("INVALID_SESSION_ID");
    expect(error.message).toBe("Session expired or invalid");
  });

  it("with rotation each refresh gives a new token and ends the session before", async () => {
    const conn = await authorized("rotating", "secret");
    const first = await refresh(conn.refreshToken ?? "");
    expect(first["refresh_token"]).not.toBe(conn.refreshToken);
    expect(org.signIn.sessions.peek(conn.accessToken ?? "")).toBeUndefined();
    const second = await refresh(first["refresh_token"] ?? "");
    expect(second["access_token"]).toMatch(/^00D/);
  });

  it("replaying a rotated-out token revokes everything that came of it", async () => {
    const conn = await authorized("rotating", "secret");
    const first = await refresh(conn.refreshToken ?? "");
    const replay = await refresh(conn.refreshToken ?? "");
    const after = await refresh(first["refresh_token"] ?? "");
    const expired = { error: "invalid_grant", error_description: "expired access/refresh token" };
    expect(replay).toEqual(expired);
    expect(after).toEqual(expired);
    expect(org.signIn.sessions.peek(first["access_token"] ?? "")).toBeUndefined();
  });

  it("revoking a refresh token ends its sessions", async () => {
    const conn = await authorized("mock-client", "mock-secret");
    await conn.oauth2.revokeToken(conn.refreshToken ?? "");
    expect(org.signIn.sessions.peek(conn.accessToken ?? "")).toBeUndefined();
  });

  it("introspection tells whether a token lives", async () => {
    const conn = await authorized("mock-client", "mock-secret");
    const alive = await introspect(conn.accessToken ?? "");
    await conn.oauth2.revokeToken(conn.accessToken ?? "");
    expect(alive).toMatchObject({ active: true, username: "admin@mock.org", token_type: "access_token" });
    expect(await introspect(conn.accessToken ?? "")).toEqual({ active: false });
  });

  async function authorized(clientId: string, clientSecret: string): Promise<Connection> {
    const redirectUri = "http://localhost:1717/callback";
    const oauth2 = new OAuth2({ loginUrl: url, clientId, clientSecret, redirectUri });
    const address = oauth2.getAuthorizationUrl({ login_hint: "admin@mock.org" } as Record<string, string>);
    const response = await fetch(address, { redirect: "manual" });
    const conn = new Connection({ oauth2, version: "62.0" });
    await conn.authorize(new URL(response.headers.get("location") ?? "").searchParams.get("code") ?? "");
    return conn;
  }

  async function refresh(token: string): Promise<Record<string, string>> {
    return post("token", {
      grant_type: "refresh_token",
      refresh_token: token,
      client_id: "rotating",
      client_secret: "secret",
    });
  }

  function introspect(token: string): Promise<Record<string, unknown>> {
    return post("introspect", { token, client_id: "mock-client", client_secret: "mock-secret" });
  }

  async function post(endpoint: string, fields: Record<string, string>): Promise<Record<string, string>> {
    const body = new URLSearchParams(fields);
    const response = await fetch(`${url}/services/oauth2/${endpoint}`, { method: "POST", body });
    return (await response.json()) as Record<string, string>;
  }
});
