/** The schema of the connector's Salesforce settings; `src/config` embeds it in the configuration file's schema. */
import { z } from "zod";

const url = z.url({
  protocol: /^https?$/,
  error: "must be an http(s) address, for example https://login.salesforce.com",
});
const text = z.string().min(1);

const LOGIN_URL = "https://login.salesforce.com";

/** How to log in. Secrets come from the environment by reference; none of these values is ever logged. */
export const AuthConfig = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("password"),
    username: text,
    password: text,
    securityToken: z.string().default("").describe("Appended to the password where the org asks for it."),
    clientId: text.optional().describe("With client id and secret the OAuth password flow is used, else SOAP login."),
    clientSecret: text.optional(),
  }),
  z.strictObject({
    kind: z.literal("jwt"),
    username: text,
    clientId: text,
    privateKey: text.describe("PEM text of the RSA private key."),
    audience: url.optional().describe("`aud` of the assertion; default: the login address."),
  }),
  z.strictObject({ kind: z.literal("clientCredentials"), clientId: text, clientSecret: text }),
  z.strictObject({
    kind: z.literal("refreshToken"),
    refreshToken: text,
    clientId: text,
    clientSecret: text.optional(),
  }),
  z.strictObject({ kind: z.literal("accessToken"), accessToken: text, instanceUrl: url }),
  /** An org that the Salesforce CLI is already logged in to. */
  z.strictObject({
    kind: z.literal("cli"),
    // It is an argument of a program, so it may not look like an option.
    targetOrg: text.regex(/^[^-]/, "must be an alias or a user name").describe("Alias or user name."),
  }),
]);

/** How to log in. */
export type AuthConfig = z.infer<typeof AuthConfig>;

/** Where the org is, who we are there, and how patient we are. */
export const SalesforceConfig = z.strictObject({
  loginUrl: url
    .default(LOGIN_URL)
    .describe("Login host, or the org's My Domain address; https://test.salesforce.com for sandboxes."),
  auth: AuthConfig.describe("How to sign in. Secrets come from the environment by reference."),
  apiVersion: z
    .string()
    .regex(/^\d{2,3}\.0$/, "must look like 62.0")
    .default("62.0")
    .describe("Version of the Salesforce API."),
  client: z
    .string()
    .regex(/^[A-Za-z0-9_./-]+$/, "may hold letters, digits and _ . / - only")
    .default("order-sync")
    .describe("Shows up in change events as the origin of our writes."),
  requestTimeoutMs: z
    .int()
    .min(1_000)
    .max(600_000)
    .default(120_000)
    .describe("Milliseconds for one request; Salesforce itself gives up after ten minutes."),
  attempts: z.int().min(1).max(10).default(6).describe("Attempts of one call, the first included."),
  deadlineMs: z
    .int()
    .min(1_000)
    .default(600_000)
    .describe("Milliseconds for one call with all its attempts and waits."),
  bulkWaitMs: z
    .int()
    .min(1_000)
    .default(1_800_000)
    .describe(
      "Milliseconds to wait for one Bulk job; one that outlasts them ends the run, and the next run waits for it again.",
    ),
  bulkQueryRows: z
    .int()
    .min(2_000)
    .default(50_000)
    .describe("First loads of more rows than this go through one Bulk query job instead of pages of 2,000."),
  /** Share of the org's API requests after which this connector stops, so that others keep the rest. */
  usedShareMax: z.number().gt(0).max(1).default(0.9),
  /** API calls this process may make; no bound when absent. */
  callsMax: z.int().positive().optional(),
});

/** Settings of the connection to an org, with defaults filled in. */
export type SalesforceConfig = z.infer<typeof SalesforceConfig>;
