/** The configuration of the SQL adapter: which tables are collections, and how their changes are found. */
import { z } from "zod";
import { serverSchema, withUrl } from "../../database/server.ts";
import { timeZoneSchema } from "../time-zone.ts";

const columnName = z.string().min(1);
const columnList = z.array(columnName).min(1);

const changesSchema = z
  .discriminatedUnion("kind", [
    z
      .strictObject({ kind: z.literal("changeLog") })
      .describe("Triggers write each change to a table of our own. Sees deletes and loses nothing. The default."),
    z
      .strictObject({
        kind: z.literal("column"),
        column: columnName.describe("A timestamp or version column that grows with every insert and update."),
        overlapMs: z
          .int()
          .min(0)
          .default(300_000)
          .describe("Longer than the longest writing transaction. Changes committed later than that are missed."),
      })
      .describe(
        "Reads what a column shows as newer. Does not see deletes, nor changes of lines that leave the column.",
      ),
  ])
  .default({ kind: "changeLog" });

const linesSchema = z.strictObject({
  table: z.string().min(1).describe("The table of the lines, for example order_lines or sales.order_lines."),
  parentKey: columnList.describe("Columns of the line table that hold the record's key, in the order of `key`."),
  key: columnList.describe("Columns that name a line inside its record."),
  orderBy: columnList.optional().describe("Order of the lines; by default their key."),
  columns: columnList.optional().describe("Columns to read; by default all that are not binary."),
});

const collectionSchema = z
  .strictObject({
    table: z.string().min(1).describe("Table or view, with its schema where it has one: sales.customers."),
    key: columnList.describe("The columns that name a record; unique and never empty."),
    columns: columnList.optional().describe("Columns to read; by default all that are not binary."),
    lines: linesSchema.optional(),
    changes: changesSchema,
    version: z
      .strictObject({
        column: columnName,
        increment: z.boolean().default(false).describe("Add one to it with every write, as the owner's programs do."),
      })
      .optional()
      .describe(
        "A column that changes with every write of the record and its lines; by default a hash of the content.",
      ),
    changedBy: columnName.optional(),
    changedAt: columnName.optional(),
  })
  .refine((value) => value.lines === undefined || value.lines.parentKey.length === value.key.length, {
    message: "lines.parentKey must have as many columns as key",
    path: ["lines", "parentKey"],
  });

/** Schema of `external` with `kind: sql`. Its output always has `url`, also where `server` was given. */
export const sqlConfigSchema = z
  .strictObject({
    kind: z.literal("sql"),
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "must be a short name in lower case, for example erp")
      .describe("Starts every business key, for example erp. Changing it makes all records new."),
    url: z
      .string()
      .min(1)
      .optional()
      .describe(
        "file:path of an SQLite file, or postgres://user:password@host:5432/database. Either this or `server`.",
      ),
    server: serverSchema.optional(),
    timeZone: timeZoneSchema,
    lockWaitMs: z.int().min(0).default(10_000).describe("How long to wait for another program's lock."),
    emptyForNull: z
      .boolean()
      .default(true)
      .describe("Write '' where a text is empty and its column is NOT NULL; false leaves the refusal to the database."),
    collections: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), collectionSchema),
  })
  .transform(withUrl(undefined));

/** Configuration of the SQL adapter, with defaults filled in. */
export type SqlConfig = z.infer<typeof sqlConfigSchema>;
/** What a configuration file may say. */
export type SqlConfigInput = z.input<typeof sqlConfigSchema>;
/** One collection: a table, with its lines in a second one. */
export type SqlCollectionConfig = SqlConfig["collections"][string];
