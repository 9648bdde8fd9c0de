/**
 * Secrets in a whole life of the connector: nothing that it prints, remembers or serves holds one, and a refresh token
 * that the org rotates is kept for the next start.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStateStore } from "../../../src/state/open.ts";
import { unseal } from "../../../src/state/seal.ts";
import { type Instruction, openShop, type Shop, say } from "./shop.ts";

const CLIENT_SECRET = "secret-of-the-app";
const REDIRECT = "http://localhost:1717/callback";
const PASSWORD_AUTH = 'auth: { kind: password, username: admin@mock.org, password: "${SF_PASSWORD}" }';
const TOKEN_AUTH =
  'auth: { kind: refreshToken, refreshToken: "${SF_TOKEN}", clientId: rotating, clientSecret: "${SF_CLIENT_SECRET}" }';

let shop: Shop;
let configured: string;
let said: string;

beforeEach(async () => {
  shop = await openShop({
    connectedApps: [{ clientId: "rotating", clientSecret: CLIENT_SECRET, rotateRefreshTokens: true }],
  });
  shop.configure({ [PASSWORD_AUTH]: TOKEN_AUTH });
  configured = await approve();
  said = "";
});
afterEach(async () => {
  await shop[Symbol.asyncDispose]();
});

/** What a person does once in a browser: approves the app, and gets its first refresh token. */
async function approve(): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: "rotating",
    redirect_uri: REDIRECT,
    login_hint: "admin@mock.org",
  });
  const approval = await fetch(`${shop.orgUrl}/services/oauth2/authorize?${query.toString()}`, { redirect: "manual" });
  const code = new URL(approval.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const answer = await fetch(`${shop.orgUrl}/services/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT,
      client_id: "rotating",
      client_secret: CLIENT_SECRET,
    }),
  });
  return ((await answer.json()) as { refresh_token: string }).refresh_token;
}

async function order(...args: readonly string[]): Promise<Instruction> {
  const answer = await say([...args, "--config", shop.config], {
    SF_TOKEN: configured,
    SF_CLIENT_SECRET: CLIENT_SECRET,
  });
  said += answer.out + answer.err;
  return answer;
}

/** The newest login, as the state keeps it for whoever has the configured token. */
async function kept(): Promise<{ refreshToken: string; session: { accessToken: string } } | null> {
  const state = await openStateStore(join(shop.folder, "state.db"));
  const text = unseal((await state.upkeep.sealed("refresh-token:erp")) ?? "", configured);
  await state.close();
  return text === null ? null : JSON.parse(text);
}

describe("a refresh token that the org rotates", () => {
  it("is kept, so that each later command signs in with the newest one", async () => {
    expect((await order("run")).exit).toBe(0);
    const first = await kept();
    await endSessions();
    expect((await order("run")).exit).toBe(0);

    expect(first?.refreshToken).not.toBe(configured);
    expect((await kept())?.refreshToken).not.toBe(first?.refreshToken);
  });

  it("is kept by a command that only looks, too", async () => {
    expect((await order("check")).exit).toBe(0);
    expect((await order("plan")).exit).toBe(0);
    await endSessions();
    expect((await order("check")).exit).toBe(0);
  });

  it("gives way to a new one in the configuration", async () => {
    await order("run");
    await revoke();
    const refused = await order("run");
    configured = await approve();

    expect(refused).toMatchObject({ exit: 3, err: expect.stringContaining("SALESFORCE_LOGIN") });
    expect((await order("run")).exit).toBe(0);
  });

  it("is used by two processes that start together, without revoking each other's", async () => {
    await order("migrate");
    const both = await Promise.all([order("check"), order("check")]);
    await endSessions();
    const again = await Promise.all([order("check"), order("check")]);

    expect([...both, ...again].map(({ exit }) => exit)).toEqual([0, 0, 0, 0]);
  });
});

describe("secrets", () => {
  it("are in nothing that is printed or remembered", async () => {
    shop.erp("INSERT INTO orders VALUES ('O-3', 'C-1', '2026-03-04', 'lost')");
    for (const command of ["check", "plan", "run", "status", "report", "journal"]) {
      await order(command);
      await order(command, "--json");
    }
    await order("dead-letters", "list");
    const login = await kept();
    await revoke();
    await order("run");

    const files = readdirSync(shop.folder)
      .filter((name) => name.startsWith("state.db"))
      .map((name) => readFileSync(join(shop.folder, name), "latin1"));
    const everything = [said, ...files].join("\n");
    const secrets = [configured, CLIENT_SECRET, login?.refreshToken, login?.session.accessToken];
    expect(secrets.filter((secret) => secret === undefined || everything.includes(secret))).toEqual([]);
    expect(said).toContain("erp:Order:O-3");
  });
});

/** Ends the connector's session, as hours without use do. */
async function endSessions(): Promise<void> {
  shop.org.signIn.sessions.revoke((await kept())?.session.accessToken ?? "");
}

async function revoke(): Promise<void> {
  const token = (await kept())?.refreshToken ?? "";
  await fetch(`${shop.orgUrl}/services/oauth2/revoke`, { method: "POST", body: new URLSearchParams({ token }) });
}
