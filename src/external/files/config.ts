/** The configuration of the files adapter: folders in which two systems exchange CSV or NDJSON files. */
import { z } from "zod";
import { timeZoneSchema } from "../time-zone.ts";
import { FILE_ENCODINGS } from "./encoding.ts";

const columns = z.array(z.string().min(1)).min(1);

const completeSchema = z.discriminatedUnion("kind", [
  z
    .strictObject({ kind: z.literal("settled"), ms: z.int().min(0).max(60_000).default(2000) })
    .describe("A file whose size and time stay the same for this long. The default."),
  z
    .strictObject({ kind: z.literal("marker"), suffix: z.string().min(1).default(".done") })
    .describe("A file beside which there is an (empty) file with this suffix, for example orders.csv.done."),
  z
    .strictObject({ kind: z.literal("rename") })
    .describe("Every file: the writer makes it elsewhere or under a temporary name and renames it when it is whole."),
]);

const collectionSchema = z
  .strictObject({
    format: z.enum(["csv", "ndjson"]),
    delimiter: z.string().length(1).default(",").describe("CSV: between values."),
    encoding: z
      .enum(FILE_ENCODINGS)
      .default("utf-8")
      .describe("Of the files in both folders; windows-1252 reads Latin-1 as well. Files of another one are rejected."),
    key: columns.describe("The columns that name a record. They can be mapped like the others."),
    columns: columns.describe("The other columns of a record."),
    optional: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Columns, of records, lines or `operation`, that a CSV file may lack: their values stay as they were. A file that lacks any other one is rejected. NDJSON records may lack all but the key and `operation`.",
      ),
    lines: z
      .strictObject({
        property: z.string().min(1).default("lines").describe("NDJSON: the property that holds the array of lines."),
        key: columns.describe("The columns that name a line inside its record."),
        columns: columns.describe("The other columns of a line."),
      })
      .optional()
      .describe("CSV: one row per line, with the record's columns repeated. All lines of a record are in one file."),
    operation: z
      .strictObject({
        column: z.string().min(1),
        delete: z.string().min(1).default("delete"),
        put: z.string().default("put"),
      })
      .optional()
      .describe("A column that says whether a record is deleted. Without it deletes are neither seen nor written."),
  })
  // A column of the key that is named once more among the others is one column all the same.
  .transform((config) => ({
    ...config,
    columns: config.columns.filter((name) => !config.key.includes(name)),
    ...(config.lines && {
      lines: {
        ...config.lines,
        columns: config.lines.columns.filter((name) => config.lines?.key.includes(name) !== true),
      },
    }),
  }))
  .superRefine((config, context) => {
    const root = [...config.key, ...config.columns, ...(config.operation ? [config.operation.column] : [])];
    const line = config.lines ? [...config.lines.key, ...config.lines.columns] : [];
    const inRoot = repeated(root);
    if (inRoot !== undefined) {
      const message = `column "${inRoot}" is named twice; name it once, in key, columns or operation`;
      context.addIssue({ code: "custom", message, path: ["columns"] });
    }
    const inLine = repeated(line);
    if (inLine !== undefined) {
      const message = `column "${inLine}" is named twice; name it once, in key or columns of the lines`;
      context.addIssue({ code: "custom", message, path: ["lines", "columns"] });
    }
    const strange = config.optional.find((name) => config.key.includes(name) || ![...root, ...line].includes(name));
    if (strange !== undefined) {
      const message = config.key.includes(strange)
        ? `column "${strange}" names the record, so no file may lack it; take it out of optional`
        : `column "${strange}" is in none of columns, lines and operation; correct it, or take it out of optional`;
      context.addIssue({ code: "custom", message, path: ["optional"] });
    }
    // A CSV row has one name space for the record, its line and the operation.
    const shared = config.format === "csv" ? line.find((name) => root.includes(name)) : undefined;
    if (shared !== undefined) {
      const message = `column "${shared}" is named for the record and for its lines; a CSV row has it once: name it in one place`;
      context.addIssue({ code: "custom", message, path: ["lines"] });
    }
  });

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}

/** Schema of `external` with `kind: files`. */
export const filesConfigSchema = z.strictObject({
  kind: z.literal("files"),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be a short name in lower case, for example erp"),
  path: z.string().min(1).describe("A folder that holds one folder per collection with in, out, archive and rejected."),
  index: z
    .string()
    .min(1)
    .optional()
    .describe("SQLite file that knows the records; by default .order-sync-index.db in path."),
  timeZone: timeZoneSchema,
  complete: completeSchema.default({ kind: "settled", ms: 2000 }),
  collections: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), collectionSchema),
});

/** Configuration of the files adapter, with defaults filled in. */
export type FilesConfig = z.infer<typeof filesConfigSchema>;
/** What a configuration file may say. */
export type FilesConfigInput = z.input<typeof filesConfigSchema>;
/** One collection: one set of folders. */
export type FilesCollectionConfig = FilesConfig["collections"][string];
