/** The configuration file as one zod schema: what may be written, what it means, and what holds where nothing is said. */
import { z } from "zod";
import { externalConfigSchema } from "../external/config.ts";
import { mappingSchema } from "../mapping/spec.ts";
import { SalesforceConfig } from "../salesforce/config.ts";

const stateSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .default("file:.order-sync/state.db")
      .describe(
        "Where the connector remembers: file:path of an SQLite file, or postgres://user:password@host/database.",
      ),
  })
  .prefault({});

const runSchema = z
  .strictObject({
    leaseTtlMs: z
      .int()
      .min(10_000)
      .default(120_000)
      .describe("How long a silent run keeps its right to run, in milliseconds."),
    deleteShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe("A run stops when it would delete more than this share of an object's records."),
    bulkRows: z
      .int()
      .min(1_000)
      .nullable()
      .default(null)
      .describe("From so many rows of one kind on a Bulk 2.0 job is used; null never uses one."),
  })
  .prefault({});

/** The configuration file: `order-sync.yaml`, `.json` or `.mjs`. */
export const configSchema = z.strictObject({
  salesforce: SalesforceConfig,
  external: externalConfigSchema,
  state: stateSchema,
  run: runSchema,
  mapping: mappingSchema,
});

/** What a configuration file may say. */
export type ConfigInput = z.input<typeof configSchema>;
/** A configuration with defaults filled in. */
export type Config = z.output<typeof configSchema>;
