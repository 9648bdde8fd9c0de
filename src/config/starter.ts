/**
 * A commented starter configuration, made from the tables of the external database.
 *
 * Only what is sure is mapped; everything else is in comments with the reason and the tables that come nearest. Pure.
 */
import type { SurveyedTable } from "../external/sql/survey.ts";
import { starterMapping, yamlText } from "./starter-objects.ts";
import { type Cast, castRoles } from "./starter-roles.ts";

/** Ways to sign in that a starter can be written for. */
export type StarterAuth = "password" | "jwt" | "clientCredentials" | "refreshToken" | "accessToken" | "cli";

/** What a starter is made from. */
export interface StarterFacts {
  readonly name: string;
  readonly loginUrl: string;
  readonly auth: StarterAuth;
  readonly externalUrl: string;
  readonly tables: readonly SurveyedTable[];
}

const SCHEMA_ADDRESS = "./node_modules/salesforce-order-sync/schema/order-sync.schema.json";

/** The file's text, YAML, and what was judged to come to it. */
export function starterConfig(facts: StarterFacts): { readonly text: string; readonly cast: Cast } {
  const cast = castRoles(facts.tables);
  const { collections, objects } = starterMapping(cast);
  const text = `# yaml-language-server: $schema=${SCHEMA_ADDRESS}
# order-sync: what to keep the same, and how. Every setting: docs/configuration.md of the package.
# Secrets are never written here: \${NAME} is taken from the environment.

salesforce:
  loginUrl: ${facts.loginUrl}
${authText(facts)}
external:
  kind: sql
  name: ${facts.name} # starts every business key; never change it
  url: ${yamlText(facts.externalUrl)}
  collections:
${collections}
state:
  url: file:.order-sync/state.db # or postgres://user:\${STATE_PASSWORD}@host/database

schedule: # for order-sync serve
  every: 5m # or cron: "*/10 6-20 * * 1-5" with timeZone: Europe/Berlin

limits:
  reserveShare: 0.1 # of the org's API requests stays for other applications
  deleteShare: 0.2 # a run that would delete more of an object stops

mapping:
  source: ${facts.name}
  objects:
${objects}`;
  return { text, cast };
}

function authText({ auth, loginUrl }: StarterFacts): string {
  const settings: Readonly<Record<StarterAuth, readonly string[]>> = {
    password: isLoopback(loginUrl)
      ? [
          "username: admin@mock.org # the mock org's own; an org on this machine needs no secrets kept",
          "password: mock-password",
          "clientId: mock-client",
          "clientSecret: mock-secret",
        ]
      : [
          "username: ${SF_USERNAME}",
          "password: ${SF_PASSWORD}",
          "securityToken: ${SF_SECURITY_TOKEN}",
          "# with a connected app: clientId: ${SF_CLIENT_ID} and clientSecret: ${SF_CLIENT_SECRET}",
        ],
    jwt: ["username: ${SF_USERNAME}", "clientId: ${SF_CLIENT_ID}", "privateKey: ${SF_PRIVATE_KEY} # PEM text"],
    clientCredentials: ["clientId: ${SF_CLIENT_ID}", "clientSecret: ${SF_CLIENT_SECRET}"],
    refreshToken: ["refreshToken: ${SF_REFRESH_TOKEN}", "clientId: ${SF_CLIENT_ID}"],
    accessToken: ["accessToken: ${SF_ACCESS_TOKEN}", "instanceUrl: ${SF_INSTANCE_URL}"],
    cli: ["targetOrg: my-org # alias of an org that the Salesforce CLI is logged in to"],
  };
  return ["  auth:", `    kind: ${auth}`, ...settings[auth].map((line) => `    ${line}`), ""].join("\n");
}

function isLoopback(url: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
}
