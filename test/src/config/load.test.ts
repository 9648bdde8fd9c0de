import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { durationMs } from "../../../src/config/duration.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { findSecrets, literalSecrets, redactorOf } from "../../../src/config/secrets.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-config-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SETTINGS = {
  salesforce: { auth: { kind: "clientCredentials", clientId: "app", clientSecret: "${SECRET}" } },
  external: { kind: "sql", name: "erp", url: "file:erp.db", collections: { customers: { table: "c", key: ["no"] } } },
  mapping: {
    source: "erp",
    objects: { Account: { collection: "customers", keyField: "K__c", naturalKey: ["no"], fields: { Name: "name" } } },
  },
};

describe("a configuration file", () => {
  it("may be JSON, with defaults filled in and paths taken from its folder", async () => {
    const file = join(folder, "a.json");
    writeFileSync(file, JSON.stringify(SETTINGS));

    const { config } = await loadConfig(file, { SECRET: "swordfish" });

    expect(config.salesforce.auth).toMatchObject({ clientSecret: "swordfish" });
    expect(config.limits).toEqual({ dailyCalls: null, reserveShare: 0.1, deleteShare: 0.2, deleteLineShare: 0.2 });
    expect(config.state.url).toBe(`file:${join(folder, ".order-sync/state.db")}`);
    expect(config.external).toMatchObject({ url: `file:${join(folder, "erp.db")}` });
  });

  it("may be a module that takes secrets from the environment and brings its own conversions", async () => {
    const file = join(folder, "b.mjs");
    const settings = JSON.stringify(SETTINGS)
      .replace('"${SECRET}"', "process.env.ORDER_SYNC_TEST_SECRET")
      .replace(
        '"Name":"name"',
        '"Name":{"from":"name","convert":{"function":{"toSalesforce":"up","toExternal":"down"}}}',
      );
    writeFileSync(
      file,
      `export default { ...${settings}, functions: { up: (value) => String(value).toUpperCase(), down: (value) => value } };`,
    );
    process.env["ORDER_SYNC_TEST_SECRET"] = "swordfish";
    try {
      const { config } = await loadConfig(file, process.env);
      expect(config.salesforce.auth).toMatchObject({ clientSecret: "swordfish" });
    } finally {
      delete process.env["ORDER_SYNC_TEST_SECRET"];
    }
  });

  it.each(["p@ss/w:rd", "100% #1?", "a+b=c&d", "pässwörd", "%40"])(
    "fills a password with any character into an address: %s",
    async (password) => {
      const file = join(folder, "address.json");
      const url = "postgres://${ERP_USER}:${ERP_PASSWORD}@db.example.com:5432/shop?sslmode=require";
      writeFileSync(file, JSON.stringify({ ...SETTINGS, external: { ...SETTINGS.external, url } }));

      const { config, redact } = await loadConfig(file, {
        SECRET: "swordfish",
        ERP_USER: "erp@sales",
        ERP_PASSWORD: password,
      });

      const read = new URL(config.external.kind === "files" ? "" : config.external.url);
      expect([decodeURIComponent(read.username), decodeURIComponent(read.password)]).toEqual(["erp@sales", password]);
      expect([read.host, read.pathname, read.search]).toEqual(["db.example.com:5432", "/shop", "?sslmode=require"]);
      if (password.length >= 4) expect(redact(`cannot open ${read.href}`)).not.toContain(read.password);
    },
  );

  it("takes an address as it is where a reference is the whole of it", async () => {
    const file = join(folder, "whole.json");
    writeFileSync(file, JSON.stringify({ ...SETTINGS, external: { ...SETTINGS.external, url: "${ERP_URL}" } }));

    const { config } = await loadConfig(file, { SECRET: "swordfish", ERP_URL: "postgres://erp:p%40ss@host/shop" });

    expect(config.external).toMatchObject({ url: "postgres://erp:p%40ss@host/shop" });
  });

  it("takes host, database, user and password as settings of their own, for both databases", async () => {
    const file = join(folder, "server.json");
    const server = { host: "db.example.com", database: "shop 2", user: "erp", password: "${ERP_PASSWORD}" };
    const { url: _none, ...external } = SETTINGS.external;
    writeFileSync(
      file,
      JSON.stringify({
        ...SETTINGS,
        external: { ...external, server },
        state: { server: { ...server, port: 6000, sslmode: "require" } },
      }),
    );

    const { config } = await loadConfig(file, { SECRET: "swordfish", ERP_PASSWORD: "p@ss/word" });

    expect(config.external).toMatchObject({ url: "postgres://erp:p%40ss%2Fword@db.example.com:5432/shop%202" });
    expect(config.state.url).toBe("postgres://erp:p%40ss%2Fword@db.example.com:6000/shop%202?sslmode=require");
  });

  it.each([
    [
      { url: "file:erp.db", server: { host: "h", database: "d", user: "u" } },
      'external.url is "file:erp.db"; is given beside server',
    ],
    [{}, "external.url is missing; it is required, or server in its place"],
    [
      { server: { host: "h", database: "d", user: "u", password: "plain" } },
      "external.server.password holds a secret in the file",
    ],
  ])("refuses an unclear database: %j", async (part, message) => {
    const file = join(folder, "unclear.json");
    const { url: _none, ...external } = SETTINGS.external;
    writeFileSync(file, JSON.stringify({ ...SETTINGS, external: { ...external, ...part } }));

    await expect(loadConfig(file, { SECRET: "swordfish" })).rejects.toThrow(message);
  });

  it("gives a redactor for its secrets", async () => {
    const file = join(folder, "c.json");
    writeFileSync(file, JSON.stringify(SETTINGS));

    const { redact } = await loadConfig(file, { SECRET: 'sword"fish/ä' });

    expect(redact('plain sword"fish/ä')).toBe("plain [secret]");
    expect(redact(JSON.stringify({ a: 'sword"fish/ä' }))).toBe('{"a":"[secret]"}');
    expect(redact(`x=${encodeURIComponent('sword"fish/ä')}`)).toBe("x=[secret]");
  });
});

describe("secrets", () => {
  it("are found in settings and inside addresses", () => {
    const raw = {
      salesforce: { auth: { password: "a", username: "u" } },
      external: { url: "postgres://me:b@db/erp", auth: { kind: "header", value: "c" }, headers: { "X-Api-Key": "d" } },
      serve: { token: "e" },
      mapping: { objects: { Account: { fields: { Token__c: "token" } } } },
    };

    expect(findSecrets(raw).map((secret) => secret.written)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it.each([
    ["a reference", "${PASSWORD}", []],
    ["a value that the environment holds", "from-env", []],
    ["a literal", "literal", [expect.stringContaining("salesforce.auth.password")]],
    ["a reference with something added", "${PASSWORD}x", [expect.stringContaining("salesforce.auth.password")]],
  ])("%s", (_name, password, problems) => {
    const raw = { salesforce: { loginUrl: "https://x.my.salesforce.com", auth: { password } } };

    expect(literalSecrets(raw, { PASSWORD: "p", OTHER: "from-env" })).toEqual(problems);
  });

  it("that open a system on this machine may appear in the file", () => {
    expect(literalSecrets({ salesforce: { loginUrl: "http://127.0.0.1:4880", auth: { password: "x" } } }, {})).toEqual(
      [],
    );
    expect(
      literalSecrets({ salesforce: { loginUrl: "http://127.0.0.1.evil.com", auth: { password: "x" } } }, {}),
    ).toHaveLength(1);
  });

  it("short ones are left alone, or they would blot out words", () => {
    expect(redactorOf(["a", "long-one"])("a cat and a long-one")).toBe("a cat and a [secret]");
  });
});

describe("times", () => {
  it.each([
    ["250ms", 250],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
  ])("%s", (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(["5", "m", "5 m", "-5m", "1.5h", "5minutes"])("%s is none", (text) => {
    expect(() => durationMs(text)).toThrow(TypeError);
  });
});
