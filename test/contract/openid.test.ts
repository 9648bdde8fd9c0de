/** OpenID Connect and the device flow, as their clients use them. */
import { createHash, createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { Connection } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MockOrg } from "../../mock-server/index.ts";
import { testOrg } from "./fixture.ts";

let org: MockOrg;
let url: string;

beforeAll(async () => {
  org = await testOrg({
    connectedApps: [{ clientId: "portal", clientSecret: "secret", scope: "openid api refresh_token" }],
  });
  url = (await org.listen()).url;
});

afterAll(() => org.close());

type Answer = Readonly<Record<string, string>>;

async function post(path: string, values: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(url + path, { method: "POST", body: new URLSearchParams(values) });
  return (await response.json()) as Answer;
}

const token = (values: Readonly<Record<string, string>>) => post("/services/oauth2/token", values);

describe("an Id token", () => {
  const app = { client_id: "portal", client_secret: "secret", redirect_uri: "http://localhost/back" };

  async function signIn(scope: string): Promise<Answer> {
    const query = new URLSearchParams({
      ...app,
      response_type: "code",
      scope,
      nonce: "n-1",
      login_hint: "admin@mock.org",
    });
    const answer = await fetch(`${url}/services/oauth2/authorize?${query.toString()}`, { redirect: "manual" });
    const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? "";
    return token({ ...app, grant_type: "authorization_code", code });
  }

  /** The claims, after the signature was checked with the key that discovery leads to. */
  async function verified(jwt: string): Promise<Record<string, unknown>> {
    const discovery = (await (await fetch(`${url}/.well-known/openid-configuration`)).json()) as Answer;
    const { keys } = (await (await fetch(discovery["jwks_uri"] ?? "")).json()) as { keys: readonly JsonWebKey[] };
    const [head = "", body = "", signature = ""] = jwt.split(".");
    const decode = (text: string) =>
      JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Record<string, unknown>;
    const key = keys.find(({ kid }) => kid === decode(head)["kid"]) ?? {};
    const publicKey = createPublicKey({ key, format: "jwk" });
    expect(verify("RSA-SHA256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url"))).toBe(
      true,
    );
    expect(discovery["issuer"]).toBe(decode(body)["iss"]);
    return decode(body);
  }

  it("comes with the scope openid, signed with the key of the discovery document", async () => {
    const answer = await signIn("openid api");
    const claims = await verified(answer["id_token"] ?? "");
    const hash = createHash("sha256")
      .update(answer["access_token"] ?? "")
      .digest()
      .subarray(0, 16);
    expect(claims).toEqual({
      iss: url,
      sub: answer["id"],
      aud: "portal",
      nonce: "n-1",
      at_hash: hash.toString("base64url"),
      iat: expect.any(Number),
      exp: Number(claims["iat"]) + 120,
    });
  });

  it("comes again with a refresh, and not without the scope", async () => {
    const first = await signIn("openid refresh_token");
    const again = await token({
      ...app,
      grant_type: "refresh_token",
      refresh_token: first["refresh_token"] ?? "",
    });
    expect(await verified(again["id_token"] ?? "")).not.toHaveProperty("nonce");
    expect(await signIn("api")).not.toHaveProperty("id_token");
  });
});

describe("the device flow", () => {
  const device = { client_id: "mock-client" };

  function begin(): Promise<Answer> {
    return token({ ...device, response_type: "device_code", scope: "api refresh_token" });
  }

  const ask = (code: string) => token({ ...device, grant_type: "device", code });

  function approve(values: Readonly<Record<string, string>>): Promise<string> {
    return fetch(`${url}/setup/connect`, { method: "POST", body: new URLSearchParams(values) }).then((answer) =>
      answer.text(),
    );
  }

  it("gives codes, waits for the user, then gives tokens once", async () => {
    const { device_code = "", user_code = "", ...rest } = await begin();
    expect(rest).toEqual({ verification_uri: `${url}/setup/connect`, interval: 5 });
    expect(user_code).toMatch(/^[A-Z2-9-]{8}$/);
    expect(await ask(device_code)).toMatchObject({ error: "authorization_pending" });
    const page = await approve({ user_code, username: "admin@mock.org", password: "mock-password" });
    const tokens = await ask(device_code);
    const conn = new Connection({
      instanceUrl: tokens["instance_url"] ?? "",
      accessToken: tokens["access_token"] ?? "",
    });
    expect(page).toContain("The device is connected.");
    expect((await conn.identity()).username).toBe("admin@mock.org");
    expect(tokens["refresh_token"]).toMatch(/^5Aep/);
    expect(await ask(device_code)).toMatchObject({ error: "invalid_grant" });
  });

  it("is refused where the user refuses", async () => {
    const { device_code = "", user_code = "" } = await begin();
    await approve({ user_code, decision: "deny" });
    expect(await ask(device_code)).toEqual({
      error: "access_denied",
      error_description: "end-user denied authorization",
    });
  });

  it("says what is wrong with a code or a password, and keeps waiting", async () => {
    const { device_code = "", user_code = "" } = await begin();
    expect(await approve({ user_code: "NOPE", username: "admin@mock.org", password: "mock-password" })).toContain(
      "is not valid",
    );
    expect(await approve({ user_code, username: "admin@mock.org", password: "wrong" })).toContain("is not valid");
    expect(await ask(device_code)).toMatchObject({ error: "authorization_pending" });
  });

  it("ends after ten minutes of the org's clock", async () => {
    const { device_code = "" } = await begin();
    org.clock.advance({ minutes: 10 });
    expect(await ask(device_code)).toMatchObject({ error: "invalid_grant" });
  });

  it("shows its form, and takes a login_hint for the approval", async () => {
    const { device_code = "", user_code = "" } = await begin();
    const form = await (await fetch(`${url}/setup/connect?user_code=${user_code}`)).text();
    await fetch(`${url}/setup/connect?user_code=${user_code}&login_hint=admin@mock.org`);
    expect(form).toContain(`name="user_code" value="${user_code}"`);
    expect(await ask(device_code)).toHaveProperty("access_token");
  });
});
