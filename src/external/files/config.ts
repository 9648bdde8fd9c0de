/** The configuration of the files adapter: folders in which two systems exchange CSV or NDJSON files. */
import { z } from "zod";
import { timeZoneSchema } from "../time-zone.ts";

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
    key: columns.describe("The columns that name a record."),
    columns: columns.describe(
      "All columns of a record apart from its key. A file may lack some: they stay as they were.",
    ),
    lines: z
      .strictObject({
        property: z.string().min(1).default("lines").describe("NDJSON: the property that holds the array of lines."),
        key: columns.describe("The columns that name a line inside its record."),
        columns: columns.describe("All columns of a line apart from its key."),
      })
      .optional()
      .describe("CSV: one row per line, with the record's columns repeated. All lines of a record stand in one file."),
    operation: z
      .strictObject({
        column: z.string().min(1),
        delete: z.string().min(1).default("delete"),
        put: z.string().default("put"),
      })
      .optional()
      .describe("A column that says whether a record is deleted. Without it deletes are neither seen nor written."),
  })
  .superRefine((config, context) => {
    // A CSV row has one name space for the record, its line and the operation.
    const names = [
      ...config.key,
      ...config.columns,
      ...(config.operation ? [config.operation.column] : []),
      ...(config.format === "csv" && config.lines ? [...config.lines.key, ...config.lines.columns] : []),
    ];
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined)
      context.addIssue({ code: "custom", message: `column "${twice}" is named twice`, path: ["columns"] });
  });

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
