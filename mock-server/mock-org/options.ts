/** Settings with which a mock org starts. */
import type { ConnectedApp } from "../auth/connected-apps.ts";
import type { MockUser } from "../auth/passwords.ts";
import type { RandomText } from "../auth/tokens.ts";
import type { BulkLimits } from "../bulk/jobs/allowances.ts";
import type { Trigger, ValidationRule } from "../dml/options.ts";
import type { StreamingLimits } from "../http/streaming-usage.ts";
import type { PermissionDefinition } from "../org/permissions.ts";
import type { OrgSettings } from "../org/port.ts";
import { DEFAULT_SETTINGS } from "../org/settings.ts";
import type { SharingModels } from "../org/sharing.ts";
import type { FieldDefinition, ObjectDefinition } from "../schema/definition.ts";
import { requireCount, requireKnown } from "../setup/known-names.ts";
import type { Currencies } from "../setup/multicurrency.ts";

/** Settings with which a mock org starts. Everything has a default. */
export interface MockOrgOptions {
  readonly name?: string;
  /**
   * What the org holds at its beginning: nothing but what every org has, a small trading company, or the records of the
   * plan file of an `sf data export tree` (see `seed.ts`).
   */
  readonly seed?: "empty" | "demo" | (string & {});
  /** Folders of Salesforce metadata (SFDX source or Metadata API format) that configure the org. */
  readonly sourceDirs?: readonly string[];
  /** True where parts of `sourceDirs` that cannot be used stop the start; otherwise they are left out (`remarks`). */
  readonly strict?: boolean;
  /** A snapshot file: the org is loaded from it where it exists, and saved to it after changes and at `close`. */
  readonly persist?: string;
  /** The org's time stands still at this instant until somebody moves it. Absent: it runs with real time. */
  readonly now?: string | number | Date;
  /** Where record Ids begin: the same seed gives the same Ids. */
  readonly idSeed?: number | string;
  /** Id of the org itself, 15 or 18 characters. Absent: the one that `idSeed` gives, the same each time. */
  readonly orgId?: string;
  /** Custom objects. Their key prefixes must be free. */
  readonly customObjects?: readonly ObjectDefinition[];
  /** Custom fields by object; see `textField` and its neighbors. */
  readonly fields?: Readonly<Record<string, readonly FieldDefinition[]>>;
  /**
   * Makes it an org with several currencies: ISO codes with their rates, the corporate currency first, for example
   * `{ EUR: 1, USD: 1.08 }`.
   */
  readonly multicurrency?: Currencies;
  readonly settings?: Partial<OrgSettings>;
  /** Organization-wide defaults that differ from the standard ones. */
  readonly sharing?: SharingModels;
  readonly permissions?: readonly PermissionDefinition[];
  /** Users beside `admin@mock.org`. */
  readonly users?: readonly MockUser[];
  /** Connected apps beside `mock-client`. */
  readonly connectedApps?: readonly ConnectedApp[];
  /** Allowances of 24 hours, by their names in `/limits`. */
  readonly limits?: { readonly DailyApiRequests?: number } & BulkLimits & StreamingLimits;
  readonly validationRules?: readonly ValidationRule[];
  readonly triggers?: readonly Trigger[];
  /** Inactivity after which a session dies, in milliseconds of the org's clock. Default: two hours. */
  readonly sessionLifetimeMs?: number;
  /** The newest API version, for example 67. */
  readonly newestVersion?: number;
  /** Origins of browser pages that may call, beside those on this machine. */
  readonly corsOrigins?: readonly string[];
  /** First label of the My Domain host, for clients that come through login.salesforce.com. */
  readonly myDomain?: string;
  /** Calls that the journal keeps; 0 switches it off. */
  readonly journalEntries?: number;
  /** Makes session Ids and codes; default: the operating system's randomness. */
  readonly randomText?: RandomText;
  /** Time on the org's clock that each step of a bulk job waits for, in milliseconds; default 0: as fast as possible. */
  readonly bulkPaceMs?: number;
  /** Host names under which the admin API answers, beside localhost, addresses and Salesforce's own names. */
  readonly adminHosts?: readonly string[];
  /** Told about defects of the mock itself. */
  readonly onDefect?: (error: unknown) => void;
}

/** Which options decide, beside the seed itself, what records a seed becomes: the schema, what is allowed, and to whom. */
const TOUCHES_SEED: Readonly<Record<keyof MockOrgOptions, boolean>> = {
  sourceDirs: true,
  strict: true,
  customObjects: true,
  fields: true,
  multicurrency: true,
  settings: true,
  sharing: true,
  permissions: true,
  users: true,
  // Seeds are saved without them.
  validationRules: false,
  triggers: false,
  name: false,
  seed: false,
  persist: false,
  now: false,
  idSeed: false,
  orgId: false,
  connectedApps: false,
  limits: false,
  sessionLifetimeMs: false,
  newestVersion: false,
  corsOrigins: false,
  myDomain: false,
  journalEntries: false,
  randomText: false,
  bulkPaceMs: false,
  adminHosts: false,
  onDefect: false,
};

/** True where an option may lead to other records than the seed alone would. */
export function touchesSeed(options: MockOrgOptions): boolean {
  return Object.entries(options).some(
    ([name, value]) => TOUCHES_SEED[name as keyof MockOrgOptions] && Object.keys(Object(value)).length > 0,
  );
}

const LIMITS: Readonly<Record<keyof NonNullable<MockOrgOptions["limits"]>, true>> = {
  DailyApiRequests: true,
  DailyBulkApiBatches: true,
  DailyBulkV2QueryJobs: true,
  DailyDeliveredPlatformEvents: true,
  DurableStreamingApiConcurrentClients: true,
};

/** Throws an `Error` that names the option, setting or limit that there is not, or that cannot be a count. */
export function requireOptions(options: MockOrgOptions): void {
  requireKnown("createMockOrg", options, TOUCHES_SEED);
  const { settings = {}, limits = {} } = options;
  requireKnown("createMockOrg settings", settings, DEFAULT_SETTINGS);
  requireKnown("createMockOrg limits", limits, LIMITS);
  for (const [name, value] of Object.entries(limits)) requireCount("createMockOrg limits", name, value);
  for (const name of ["journalEntries", "sessionLifetimeMs", "bulkPaceMs"] as const)
    requireCount("createMockOrg", name, options[name]);
}
