/** Sessions, passwords, refresh grants and redirect addresses, without any wire. */
import { describe, expect, it } from "vitest";
import { allowsRedirect } from "../../../mock-server/auth/connected-apps.ts";
import { Passwords } from "../../../mock-server/auth/passwords.ts";
import { RefreshGrants } from "../../../mock-server/auth/refresh-grants.ts";
import { Sessions } from "../../../mock-server/auth/sessions.ts";
import { utcOffsetMs } from "../../../mock-server/auth/users.ts";
import { frozenClock } from "../../../mock-server/org/clock.ts";

describe("passwords", () => {
  const passwords = new Passwords();
  passwords.set("Clerk@Mock.org", { password: "own", securityToken: "TOKEN" });

  it.each([
    ["a user without an own password", "any@mock.org", "mock-password", true],
    ["a well-formed security token behind it", "any@mock.org", `mock-password${"a1B2".repeat(6)}`, true],
    ["a short appendix", "any@mock.org", "mock-password1", false],
    ["an appendix of other characters", "any@mock.org", `mock-password${"-".repeat(24)}`, false],
    ["another letter case of the username", "clerk@mock.org", "own", true],
    ["the configured token", "clerk@mock.org", "ownTOKEN", true],
    ["another token", "clerk@mock.org", `own${"a1B2".repeat(6)}`, false],
    ["the default password of a user who has an own one", "clerk@mock.org", "mock-password", false],
    ["an empty password", "any@mock.org", "", false],
  ])("%s", (_, username, password, matches) => {
    expect(passwords.matches(username, password)).toBe(matches);
  });
});

describe("sessions", () => {
  const request = { userId: "005", origin: "oauth", clientId: null, scope: "full", grantId: null } as const;

  it("live until their last millisecond of inactivity", () => {
    const clock = frozenClock(0);
    const sessions = new Sessions({ orgId: "00D5e0000000001EAA", clock, lifetimeMs: 60_000 });
    const { token } = sessions.open(request);
    clock.set(59_999);
    expect(sessions.peek(token)).toBeDefined();
    clock.set(60_000);
    expect(sessions.use(token)).toBeUndefined();
  });

  it("are kept up to a bound, of which the one unused for longest goes first", () => {
    const clock = frozenClock(0);
    const sessions = new Sessions({ orgId: "00D5e0000000001EAA", clock, lifetimeMs: 1e9 });
    const first = sessions.open(request).token;
    const second = sessions.open(request).token;
    clock.set(5_000);
    sessions.use(first);
    for (let index = 0; index < 9_999; index += 1) sessions.open(request);
    expect(sessions.peek(first)).toBeDefined();
    expect(sessions.peek(second)).toBeUndefined();
  });

  it("of one user end together", () => {
    const sessions = new Sessions({ orgId: "00D5e0000000001EAA", clock: frozenClock(0) });
    const mine = sessions.open(request).token;
    const other = sessions.open({ ...request, userId: "006" }).token;
    expect(sessions.revokeAll("005")).toBe(1);
    expect([sessions.peek(mine), sessions.peek(other)?.userId]).toEqual([undefined, "006"]);
  });

  it("have tokens that begin with the org's Id", () => {
    const sessions = new Sessions({ orgId: "00D5e0000000001EAA", clock: frozenClock(0), random: (n) => "x".repeat(n) });
    expect(sessions.open(request).token).toBe(`00D5e0000000001!AQ${"x".repeat(94)}`);
  });
});

describe("refresh grants", () => {
  const approval = { userId: "005", clientId: "app", scope: "api" };

  it("stay the same without rotation", () => {
    const grants = new RefreshGrants();
    const { token } = grants.issue(approval);
    expect(grants.redeem(token, { rotate: false })).toMatchObject({ kind: "granted", rotatedTo: null });
    expect(grants.redeem(token, { rotate: false })).toMatchObject({ kind: "granted" });
  });

  it("end when a spent token comes back", () => {
    const grants = new RefreshGrants();
    const { token } = grants.issue(approval);
    const first = grants.redeem(token, { rotate: true });
    const replay = grants.redeem(token, { rotate: true });
    const after = grants.redeem(first.kind === "granted" ? (first.rotatedTo ?? "") : "", { rotate: true });
    expect([first.kind, replay.kind, after.kind]).toEqual(["granted", "replayed", "unknown"]);
  });
});

describe("redirect addresses", () => {
  const app = { clientId: "a", clientSecret: "b" };

  it.each([
    ["http://localhost:1717/back", true],
    ["https://127.0.0.1/back", true],
    ["http://[::1]:80/", true],
    ["https://localhost.evil.example/", false],
    ["javascript:alert(1)", false],
    ["nonsense", false],
  ])("%s of an app without a list: %s", (address, allowed) => {
    expect(allowsRedirect(app, address)).toBe(allowed);
  });

  it("are compared exactly with an app's list", () => {
    const strict = { ...app, redirectUris: ["https://shop.example/back"] };
    expect(allowsRedirect(strict, "https://shop.example/back")).toBe(true);
    expect(allowsRedirect(strict, "https://shop.example/back?x")).toBe(false);
  });
});

it("a time zone's distance from UTC follows the season", () => {
  expect(utcOffsetMs("America/Los_Angeles", Date.parse("2026-01-15T00:00:00Z"))).toBe(-28_800_000);
  expect(utcOffsetMs("America/Los_Angeles", Date.parse("2026-07-15T00:00:00Z"))).toBe(-25_200_000);
  expect(utcOffsetMs("Asia/Kolkata", Date.parse("2026-01-15T00:00:00Z"))).toBe(19_800_000);
  expect(utcOffsetMs("UTC", 0)).toBe(0);
});
