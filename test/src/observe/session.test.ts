import { describe, expect, it } from "vitest";
import { SessionKeeper } from "../../../src/observe/session.ts";

const TOKEN = "a-token-of-enough-letters";
const OWN = { origin: "http://127.0.0.1:4890", host: "127.0.0.1:4890", authorization: undefined };

describe("sessions", () => {
  it("a cookie with its mark from our own page may change something", () => {
    const sessions = new SessionKeeper(TOKEN);
    const cookie = sessions.signIn(TOKEN) ?? "";
    const mark = sessions.markFor(cookie) ?? "";

    expect(sessions.mayChange({ ...OWN, cookie, mark })).toBe(true);
  });

  it.each([
    ["no mark", { mark: undefined }],
    ["a wrong mark", { mark: "x" }],
    ["another origin", { origin: "http://evil.example" }],
    ["the same host on another port", { origin: "http://127.0.0.1:9999" }],
    ["no origin", { origin: undefined }],
    ["no cookie", { cookie: undefined }],
    ["a made-up cookie", { cookie: "abc.def" }],
  ])("a cookie with %s may not", (_name, changed) => {
    const sessions = new SessionKeeper(TOKEN);
    const cookie = sessions.signIn(TOKEN) ?? "";
    const mark = sessions.markFor(cookie) ?? "";

    expect(sessions.mayChange({ ...OWN, cookie, mark, ...changed })).toBe(false);
  });

  it("the token as a header may change something without a mark", () => {
    const sessions = new SessionKeeper(TOKEN);
    const script = {
      authorization: `Bearer ${TOKEN}`,
      cookie: undefined,
      mark: undefined,
      origin: undefined,
      host: "x",
    };

    expect(sessions.mayChange(script)).toBe(true);
    expect(sessions.mayChange({ ...script, authorization: "Bearer wrong" })).toBe(false);
  });

  it("a wrong token gives no session, and a session of another token is none", () => {
    expect(new SessionKeeper(TOKEN).signIn("wrong")).toBeNull();
    const foreign = new SessionKeeper("another-token-altogether").signIn("another-token-altogether") ?? "";
    expect(new SessionKeeper(TOKEN).markFor(foreign)).toBeNull();
  });

  it("without a token nobody may change anything", () => {
    const sessions = new SessionKeeper(null);

    expect(sessions.canSignIn).toBe(false);
    expect(sessions.signIn("")).toBeNull();
    expect(sessions.mayChange({ ...OWN, authorization: "Bearer ", cookie: "a.b", mark: "c" })).toBe(false);
  });
});
