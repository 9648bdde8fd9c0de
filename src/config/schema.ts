/** The configuration file as one zod schema: what may be written, what it means, and what holds where nothing is said. */
import { z } from "zod";
import { serverSchema, withUrl } from "../database/server.ts";
import { externalConfigSchema } from "../external/config.ts";
import { webhookConfigSchema } from "../external/http/webhook.ts";
import { mappingSchema } from "../mapping/spec.ts";
import { SalesforceConfig } from "../salesforce/config.ts";
import { DURATION_PATTERN } from "./duration.ts";
import { isLoopbackHost } from "./loopback.ts";

/** Days, or `forever`. Zero could be meant either way, so it is refused. */
const days = z.union([z.int().min(1), z.literal("forever")], {
  error: "must be a whole number of days from 1 on, or forever",
});

const retentionSchema = z
  .strictObject({
    journalDays: days
      .default(400)
      .describe("Days for which the journal is kept: what was written, overwritten and refused, and why."),
    conflictsDays: days.default(400).describe("Days for which settled conflicts are kept, with both values."),
    runsDays: days.default(90).describe("Days for which runs are remembered; the newest hundred always are."),
  })
  .prefault({})
  .describe(
    "When history is removed, after each run. What is open stays whatever its age, with the history of its record.",
  );

/** Where the connector remembers when nobody says otherwise. */
const STATE_URL = "file:.order-sync/state.db";

const stateSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .optional()
      .describe(
        `Where the connector remembers: file:path of an SQLite file, or postgres://user:password@host/database. By default ${STATE_URL}.`,
      ),
    server: serverSchema.optional(),
    retention: retentionSchema,
  })
  .prefault({})
  .transform(withUrl(STATE_URL))
  .describe("The connector's memory.");

const duration = z.string().regex(DURATION_PATTERN, "must be a time such as 30s, 5m or 2h");

const runSchema = z
  .strictObject({
    leaseTtlMs: z
      .int()
      .min(10_000)
      .default(120_000)
      .describe("How long a silent run keeps its right to run, in milliseconds."),
    bulkRows: z
      .int()
      .min(1_000)
      .nullable()
      .default(null)
      .describe("Number of rows of one kind from which a Bulk 2.0 job is used; null never uses one."),
    retryRefused: z
      .array(duration)
      .max(20)
      .default(["0s", "15m", "1h", "6h", "24h"])
      .describe(
        "Times after which a refused record is tried again by itself, one after the other; the last one repeats. 0s is the next run; an empty list waits for a person, for the source record to change, or for what it refers to.",
      ),
    retriesMax: z
      .int()
      .min(0)
      .default(1_000)
      .describe("Refused records that one run tries again, so that hopeless ones cannot use up the API calls."),
    preImages: z
      .boolean()
      .default(true)
      .describe(
        "The call that updates or deletes records also reads them right before, so that an edit made since they were compared is found and kept. Costs no call as such, but room in it: 800 updated rows a call instead of 1,000, and one node of a graph for each record. Bulk jobs read nothing.",
      ),
    conditionalWrites: z
      .boolean()
      .default(false)
      .describe(
        "A record that is updated by itself is not written when it was modified since it was compared (If-Unmodified-Since, to the second). Costs one request per row, 25 rows a call. Orders written together with their lines go without a condition.",
      ),
  })
  .prefault({})
  .describe("How one run works.");

const limitsSchema = z
  .strictObject({
    dailyCalls: z
      .int()
      .positive()
      .nullable()
      .default(null)
      .describe("API calls that this connector may make in 24 hours; null sets no limit of its own."),
    reserveShare: z
      .number()
      .min(0)
      .lt(1)
      .default(0.1)
      .describe("Share of the org's API requests that is left for other applications, 0 to 1."),
    deleteShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe("A run stops when it would delete more than this share of an object's records, 0 to 1."),
    deleteLineShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe(
        "A run stops when it would delete more than this share of the known lines, of documents that stay, 0 to 1; 50 lines are always allowed.",
      ),
  })
  .prefault({})
  .describe("What a run may use up and take away.");

/** Change events and platform events, as CometD names them. */
const CHANNEL = /^\/(data|event)\/\w+$/;

const scheduleSchema = z
  .strictObject({
    every: duration.optional().describe("Time between the starts of two runs, for example 5m. Default: 5m."),
    cron: z
      .string()
      .min(1)
      .optional()
      .describe("A cron expression instead, for example */10 6-20 * * 1-5; with six fields the first is seconds."),
    timeZone: z.string().min(1).default("UTC").describe("IANA zone in which the cron expression is meant."),
    sweep: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        "A cron expression, in the same zone, for a comparison of all records after the run that follows it, for example 0 3 * * 0 (serve and worker). A run that may have missed deletions is followed by one at once, also without it.",
      ),
    changeEvents: z
      .union([
        z.boolean(),
        z.array(z.string().regex(CHANNEL, "must be a channel such as /data/OrderChangeEvent")).min(1),
      ])
      .default(false)
      .describe(
        "True: a Salesforce change event starts a run at once. Listens to /data/ChangeEvents, which brings the objects that Setup, Change Data Capture selects, or to the channels of a list. The schedule goes on beside it.",
      ),
    jitter: duration
      .default("0s")
      .describe("Each start is put off by a random time up to this one, so that many connectors do not start at once."),
  })
  .refine((value) => value.every === undefined || value.cron === undefined, {
    message: "says both every and cron; keep one of them",
  })
  .prefault({})
  .describe("When `order-sync serve` runs.");

const serveSchema = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").describe("Address to listen on; keep it behind a proxy with TLS."),
    port: z.int().min(0).max(65_535).default(4890).describe("Port to listen on; 0 takes a free one."),
    hosts: z
      .array(z.string().min(1))
      .default([])
      .describe("Further host names by which a proxy asks for the pages, for example sync.example.com."),
    token: z
      .string()
      .min(16, "must have at least 16 characters")
      .optional()
      .describe(
        "Whoever changes something over HTTP must know it. Without it the pages only show. Required where host is not this machine's own, and then for looking, too.",
      ),
    webhookSecret: z
      .string()
      .min(16, "must have at least 16 characters")
      .optional()
      .describe("Key of the HMAC-SHA256 in X-Signature-256 of POST /webhook, which starts a run at once."),
    webhook: webhookConfigSchema
      .optional()
      .describe("The same for systems that sign in another way; instead of webhookSecret."),
  })
  .refine((value) => value.webhookSecret === undefined || value.webhook === undefined, {
    message: "says the same as webhookSecret; keep one of them",
    path: ["webhook"],
  })
  .refine((value) => isLoopbackHost(value.host) || value.token !== undefined, {
    message: "must be set where serve.host is open to other machines; for example ${ORDER_SYNC_TOKEN}",
    path: ["token"],
  })
  .prefault({})
  .describe("The web pages and metrics of `order-sync serve`.");

const logSchema = z
  .strictObject({
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("The least that is logged."),
  })
  .prefault({})
  .describe("The log of `order-sync serve`, one JSON object a line.");

/** The configuration file: `order-sync.yaml`, `.json` or `.mjs`. */
export const configSchema = z.strictObject({
  $schema: z.string().optional().describe("Address of this file's JSON Schema, for editors."),
  // What the connector may use of the org stands under `limits`.
  salesforce: SalesforceConfig.omit({ usedShareMax: true, callsMax: true }).describe("The org and how to sign in."),
  external: externalConfigSchema.describe("The external system."),
  state: stateSchema,
  run: runSchema,
  limits: limitsSchema,
  schedule: scheduleSchema,
  serve: serveSchema,
  log: logSchema,
  mapping: mappingSchema.describe("Which records and fields belong together."),
});

/** What a configuration file may say. */
export type ConfigInput = z.input<typeof configSchema>;
/** A configuration with defaults filled in. */
export type Config = z.output<typeof configSchema>;
