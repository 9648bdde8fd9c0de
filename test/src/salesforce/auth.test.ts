import { createVerify, generateKeyPairSync } from "node:crypto";
import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { describe, expect, it } from "vitest";
import { SyncError } from "../../../src/errors.ts";
import { type KeptLogin, type Login, type LoginKeeper, signAssertion } from "../../../src/salesforce/auth.ts";
import { readCliSession } from "../../../src/salesforce/cli-session.ts";
import { AuthConfig, SalesforceConfig } from "../../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../../src/salesforce/org.ts";
import { connectTo, type ScriptedOrg, SESSION_EXPIRED, withOrg } from "./scripted-org.ts";

const ORG = "00D000000000001AAA";
const USER = "005000000000001AAA";
const PASSWORD = { kind: "password", username: "admin@example.org", password: "hunter2", securityToken: "tok" };
const ROWS = { json: { totalSize: 0, done: true, records: [] } };

function token(scripted: ScriptedOrg, extra: Record<string, unknown> = {}) {
  return {
    json: {
      access_token: "00D!access",
      instance_url: scripted.url,
      id: `https://login.salesforce.com/id/${ORG}/${USER}`,
      token_type: "Bearer",
      ...extra,
    },
  };
}

function soapSession(scripted: ScriptedOrg) {
  return {
    text: `<soapenv:Envelope><soapenv:Body><loginResponse><result><passwordExpired>false</passwordExpired><serverUrl>${scripted.url}/services/Soap/u/62.0/00D</serverUrl><sessionId>00D!session</sessionId><userId>${USER}</userId><userInfo><organizationId>${ORG}</organizationId></userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>`,
    headers: { "content-type": "text/xml;charset=UTF-8" },
  };
}

function formOf(text: string | undefined): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

const USER_INFO = {
  json: { organization_id: ORG, user_id: USER, preferred_username: "admin@example.org" },
};

describe("logging in", () => {
  it("with a password uses SOAP and appends the security token", () =>
    withOrg(async (scripted) => {
      scripted.on(/Soap\/u\/62.0/, soapSession(scripted));

      const identity = await connectTo(scripted, { config: { auth: PASSWORD } }).connect();

      expect(identity).toEqual({
        organizationId: ORG,
        userId: USER,
        username: "admin@example.org",
        instanceUrl: scripted.url,
      });
      expect(scripted.requests[0]?.text).toContain("<password>hunter2tok</password>");
      expect(scripted.requests).toHaveLength(1);
    }));

  it("with a password and a connected app uses OAuth", () =>
    withOrg(async (scripted) => {
      scripted.on(/oauth2\/token/, token(scripted));

      const auth = { ...PASSWORD, clientId: "client", clientSecret: "hidden" };
      const org = connectTo(scripted, { config: { auth } });

      expect(await org.connect()).toMatchObject({ organizationId: ORG, userId: USER });
      expect(formOf(scripted.requests[0]?.text)).toEqual({
        grant_type: "password",
        username: "admin@example.org",
        password: "hunter2tok",
        client_id: "client",
        client_secret: "hidden",
      });
      expect(org.usage().calls).toBe(0);
    }));

  it("with client credentials asks the identity service who it is, which is not a counted call", () =>
    withOrg(async (scripted) => {
      scripted.on(/oauth2\/token/, token(scripted)).on(/userinfo/, USER_INFO);

      const auth = { kind: "clientCredentials", clientId: "client", clientSecret: "hidden" };
      const org = connectTo(scripted, { config: { auth } });

      expect(await org.connect()).toMatchObject({ username: "admin@example.org" });
      expect(org.usage().calls).toBe(0);
    }));

  it("with a key signs an assertion that the org can verify", () =>
    withOrg(async (scripted) => {
      const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      scripted.on(/oauth2\/token/, token(scripted));
      const auth = {
        kind: "jwt",
        username: "admin@example.org",
        clientId: "client",
        privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
        audience: "https://login.salesforce.com",
      };

      await connectTo(scripted, { config: { auth }, surroundings: { wallClockMs: () => 1_000_000 } }).connect();

      const { grant_type, assertion = "" } = formOf(scripted.requests[0]?.text);
      const [header = "", payload = "", signature = ""] = assertion.split(".");
      const decoded = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
      expect(grant_type).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
      expect(decoded(header)).toEqual({ alg: "RS256" });
      expect(decoded(payload)).toEqual({
        iss: "client",
        sub: "admin@example.org",
        aud: "https://login.salesforce.com",
        exp: 1_180,
      });
      const verify = createVerify("RSA-SHA256").update(`${header}.${payload}`);
      expect(verify.verify(publicKey, signature, "base64url")).toBe(true);
    }));

  it("with an access token falls back to the resource map when the session may not ask who it is", () =>
    withOrg(async (scripted) => {
      scripted
        .on(/v62.0$/, { json: { identity: `https://login.salesforce.com/id/${ORG}/${USER}` } })
        .on(/query/, { json: { totalSize: 1, done: true, records: [{ Username: "admin@example.org" }] } })
        .on(/userinfo/, { status: 403, text: "Missing_OAuth_Token" });

      expect(await connectTo(scripted).connect()).toEqual({
        organizationId: ORG,
        userId: USER,
        username: "admin@example.org",
        instanceUrl: scripted.url,
      });
    }));

  it("against the real host names works without a port of our own", async () => {
    const server = setupServer(
      http.post("https://login.salesforce.com/services/oauth2/token", () =>
        HttpResponse.json({
          access_token: "00D!access",
          instance_url: "https://acme.my.salesforce.com",
          id: `https://login.salesforce.com/id/${ORG}/${USER}`,
        }),
      ),
      http.get("https://acme.my.salesforce.com/services/data/v62.0/query", ({ request }) =>
        HttpResponse.json({
          totalSize: 1,
          done: true,
          records: [{ Id: request.headers.get("authorization") }],
        }),
      ),
    );
    server.listen({ onUnhandledRequest: "error" });
    try {
      const org = createSalesforceOrg(
        SalesforceConfig.parse({ auth: { ...PASSWORD, clientId: "client", clientSecret: "hidden" } }),
      );

      expect(await org.query("SELECT Id FROM Account")).toEqual([{ Id: "Bearer 00D!access" }]);
    } finally {
      server.close();
    }
  });
});

describe("a rotated refresh token", () => {
  const auth = { kind: "refreshToken", refreshToken: "first", clientId: "client" };

  /** Keeps in memory, as a store would; `kept` may be changed as if another process had renewed. */
  class MemoryKeeper implements LoginKeeper {
    kept: KeptLogin | null = null;
    readonly stored: string[] = [];
    async renewing(renew: (kept: KeptLogin | null) => Promise<Login>): Promise<Login> {
      const login = await renew(this.kept);
      if (login.refreshToken !== null && login.session !== this.kept?.session) {
        this.kept = { refreshToken: login.refreshToken, session: login.session };
        this.stored.push(login.refreshToken);
      }
      return login;
    }
  }

  it("is kept before it is used, and used for the next login", () =>
    withOrg(async (scripted) => {
      const keeper = new MemoryKeeper();
      scripted
        .on(/oauth2\/token/, token(scripted, { refresh_token: "second" }), token(scripted, { refresh_token: "third" }))
        .on(/query/, SESSION_EXPIRED, ROWS);
      const org = connectTo(scripted, { config: { auth }, surroundings: { keeper } });

      await org.query("SELECT Id FROM Account");

      expect(keeper.stored).toEqual(["second", "third"]);
      expect(scripted.seen(/token/).map(({ text }) => formOf(text)["refresh_token"])).toEqual(["first", "second"]);
    }));

  it("is not kept when the org does not rotate", () =>
    withOrg(async (scripted) => {
      const keeper = new MemoryKeeper();
      scripted.on(/oauth2\/token/, token(scripted)).on(/userinfo/, USER_INFO);

      await connectTo(scripted, { config: { auth }, surroundings: { keeper } }).connect();

      expect(keeper.stored).toEqual([]);
    }));

  it("of another process serves with its session, so that no session is ended that is in use", () =>
    withOrg(async (scripted) => {
      const keeper = new MemoryKeeper();
      scripted.on(/oauth2\/token/, token(scripted, { refresh_token: "second" })).on(/query/, SESSION_EXPIRED, ROWS);
      const org = connectTo(scripted, { config: { auth }, surroundings: { keeper } });
      await org.connect().catch(() => undefined);
      const mine = keeper.kept;
      if (mine === null) throw new Error("the first login was kept");
      keeper.kept = { refreshToken: "third", session: { ...mine.session, accessToken: "00D!theirs" } };

      await org.query("SELECT Id FROM Account");

      expect(scripted.seen(/token/)).toHaveLength(1);
      expect(scripted.seen(/query/).at(-1)?.headers["authorization"]).toBe("Bearer 00D!theirs");
    }));
});

describe("a login that fails", () => {
  const oauth = { ...PASSWORD, clientId: "client", clientSecret: "hidden" };
  const soapFault = (code: string, text: string) => ({
    status: 500,
    text: `<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${code}: ${text}</faultstring></soapenv:Fault>`,
    headers: { "content-type": "text/xml" },
  });

  it.each([
    [
      "a wrong password (OAuth)",
      oauth,
      { status: 400, json: { error: "invalid_grant", error_description: "authentication failure" } },
    ],
    [
      "a wrong client",
      oauth,
      { status: 400, json: { error: "invalid_client_id", error_description: "client identifier invalid" } },
    ],
    ["a wrong password (SOAP)", PASSWORD, soapFault("INVALID_LOGIN", "Invalid username, password, security token")],
    ["a locked user", PASSWORD, soapFault("PASSWORD_LOCKOUT", "locked")],
  ])("because of %s is said once and never repeated", (_, auth, answer) =>
    withOrg(async (scripted) => {
      scripted.on(/token|Soap/, answer);

      const error: unknown = await connectTo(scripted, { config: { auth } })
        .connect()
        .catch((reason: unknown) => reason);

      expect(error).toMatchObject({ code: "SALESFORCE_LOGIN", retry: "never" });
      expect(scripted.requests).toHaveLength(1);
      expect(JSON.stringify([error, String(error)])).not.toMatch(/hunter2|hidden/);
    }),
  );

  it("because of an expired password says so", () =>
    withOrg(async (scripted) => {
      scripted.on(/Soap/, { text: "<passwordExpired>true</passwordExpired>", headers: { "content-type": "text/xml" } });

      await expect(connectTo(scripted, { config: { auth: PASSWORD } }).connect()).rejects.toMatchObject({
        code: "SALESFORCE_LOGIN",
        message: expect.stringContaining("expired"),
      });
    }));

  it.each([
    ["OAuth", oauth],
    ["SOAP", PASSWORD],
  ])("at a host that is no login host says which (%s)", (_, auth) =>
    withOrg(async (scripted) => {
      scripted.on(/token|Soap/, { text: "<html>Welcome</html>", headers: { "content-type": "text/html" } });

      await expect(connectTo(scripted, { config: { auth } }).connect()).rejects.toMatchObject({
        code: "SALESFORCE_UNREACHABLE",
        message: expect.stringContaining(scripted.url),
      });
    }),
  );

  it("for the moment is repeated", () =>
    withOrg(async (scripted) => {
      scripted.on(/token/, { status: 503, text: "" }, "lost", token(scripted));

      await connectTo(scripted, { config: { auth: oauth } }).connect();

      expect(scripted.requests).toHaveLength(3);
    }));

  it("because too many logins were made asks for patience", () =>
    withOrg(async (scripted) => {
      scripted.on(/Soap/, soapFault("LOGIN_RATE_EXCEEDED", "too many"));

      await expect(connectTo(scripted, { config: { auth: PASSWORD } }).connect()).rejects.toMatchObject({
        code: "SALESFORCE_LIMIT",
      });
    }));

  it("because nobody listens is unreachable", async () => {
    const scripted = { url: "http://127.0.0.1:9" } as ScriptedOrg;

    await expect(connectTo(scripted, { config: { auth: oauth, attempts: 2 } }).connect()).rejects.toMatchObject({
      code: "SALESFORCE_UNREACHABLE",
    });
  });

  it("can be tried again by connecting again", () =>
    withOrg(async (scripted) => {
      scripted.on(/token/, { status: 400, json: { error: "invalid_grant" } }, token(scripted));
      const org = connectTo(scripted, { config: { auth: oauth } });
      await expect(org.connect()).rejects.toBeInstanceOf(SyncError);

      await expect(org.connect()).resolves.toMatchObject({ userId: USER });
    }));

  it("because an access token has expired cannot be cured by us", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, SESSION_EXPIRED);

      await expect(connectTo(scripted).query("SELECT Id FROM Account")).rejects.toMatchObject({
        code: "SALESFORCE_LOGIN",
      });
      expect(scripted.requests).toHaveLength(1);
    }));
});

describe("a private key", () => {
  const claims = { clientId: "c", username: "u", audience: "https://login.salesforce.com", nowMs: 0 };

  it("that is no PEM text is refused without quoting it", () => {
    expect(() => signAssertion({ ...claims, privateKey: "-----BEGIN SECRET" })).toThrow(/not a PEM private key$/);
  });

  it("that is no RSA key is refused", () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();

    expect(() => signAssertion({ ...claims, privateKey: pem })).toThrow(/must be an RSA key/);
  });
});

describe("the Salesforce CLI's session", () => {
  it("is taken from its JSON", async () => {
    const calls: unknown[] = [];

    const session = await readCliSession("dev", (program, args) => {
      calls.push([program, ...args]);
      return Promise.resolve(
        JSON.stringify({
          status: 0,
          result: { id: ORG, accessToken: "00D!x", instanceUrl: "https://acme.my.salesforce.com/", username: "a@b.c" },
        }),
      );
    });

    expect(calls).toEqual([["sf", "org", "display", "--target-org", "dev", "--json"]]);
    expect(session).toEqual({
      accessToken: "00D!x",
      instanceUrl: "https://acme.my.salesforce.com",
      organizationId: ORG,
      userId: null,
      username: "a@b.c",
    });
  });

  it("of an unknown org is refused with what the CLI says", async () => {
    const run = () =>
      Promise.resolve(JSON.stringify({ status: 1, message: "No authorization information found for dev." }));

    await expect(readCliSession("dev", run)).rejects.toMatchObject({
      code: "SALESFORCE_LOGIN",
      message: expect.stringContaining("No authorization information found for dev."),
    });
  });

  it("without the CLI says that it is not installed", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/nonexistent";
    try {
      await expect(readCliSession("dev")).rejects.toThrow(/`sf`\) is not installed/);
    } finally {
      process.env["PATH"] = path;
    }
  });
});

describe("the settings of a login", () => {
  it.each([
    [{ kind: "password", username: "u" }],
    [{ kind: "accessToken", accessToken: "t", instanceUrl: "ftp://x" }],
    [{ kind: "cli", targetOrg: "--json" }],
    [{ kind: "magic" }],
    [{ kind: "jwt", username: "u", clientId: "c", privateKey: "" }],
    [{ kind: "clientCredentials", clientId: "c", clientSecret: "s", extra: 1 }],
  ])("refuse %j", (auth) => {
    expect(AuthConfig.safeParse(auth).success).toBe(false);
  });
});
