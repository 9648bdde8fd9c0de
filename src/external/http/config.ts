/** The configuration of the HTTP adapter: how a JSON REST API is listed, read and written. */
import { z } from "zod";
import { timeZoneSchema } from "../time-zone.ts";

const pointer = z
  .string()
  .regex(/^(\/([^~/]|~[01])*)*$/, "must be a JSON pointer, for example /customer/name")
  .describe("JSON pointer (RFC 6901), for example /customer/name. The empty text is the whole document.");

const located = z
  .union([
    pointer.transform((value) => ({ pointer: value, as: undefined })),
    z.strictObject({
      pointer,
      as: z.enum(["text", "number"]).optional().describe("The JSON type to write; by default the mapping's."),
    }),
  ])
  .describe("Where a value is in the JSON, and as which type it is written.");

const fieldMap = z
  .record(z.string().min(1), located)
  .optional()
  .describe("Field name → place in the JSON. By default each simple property of the object is a field.");

const path = z.string().regex(/^\//, "must start with /, relative to external.url");

const authSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("header"), name: z.string().min(1), value: z.string().min(1) }),
  z.strictObject({ kind: z.literal("basic"), username: z.string(), password: z.string() }),
  z.strictObject({
    kind: z.literal("oauth"),
    tokenUrl: z.url(),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    scope: z.string().optional(),
    audience: z.string().optional(),
  }),
]);

const pagingSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }).describe("One answer holds all."),
  z.strictObject({
    kind: z.literal("cursor"),
    parameter: z.string().min(1).describe("Query parameter that takes the cursor."),
    next: pointer.describe("Where the answer shows the next cursor; null, empty or absent on the last page."),
    sizeParameter: z.string().optional(),
  }),
  z
    .strictObject({
      kind: z.literal("page"),
      parameter: z.string().min(1).describe("Query parameter that takes the number of the page."),
      first: z.int().min(0).default(1),
      sizeParameter: z.string().min(1).describe("Query parameter that takes the number of records per page."),
      sizeMax: z.int().min(1).max(1000).default(100).describe("Most records per page that the API gives."),
    })
    .describe("Numbered pages. Records slip between pages when others change meanwhile; a cursor is better."),
]);

const collectionSchema = z.strictObject({
  key: z.array(located).min(1).describe("Where a record shows its key. {names} in paths are the last parts of these."),
  fields: fieldMap,
  lines: z
    .strictObject({ pointer, key: z.array(located).min(1), fields: fieldMap })
    .optional()
    .describe("Lines as an array inside the record. A write sends the whole array."),
  list: z.strictObject({
    path,
    query: z.record(z.string(), z.string()).default({}),
    items: pointer.default(""),
    paging: pagingSchema.default({ kind: "none" }),
    pagesMax: z
      .int()
      .min(1)
      .default(10_000)
      .describe("A list with more pages than this counts as endless, and the run stops with its name."),
    changedSince: z
      .strictObject({
        parameter: z.string().min(1).describe("Query parameter: only records changed at or after this time."),
        pointer: pointer.describe(
          "Where a listed record shows when it changed: ISO time, or seconds or ms since 1970.",
        ),
        overlapMs: z.int().min(0).default(300_000).describe("How far each poll reaches back for late commits."),
      })
      .optional()
      .describe("Without it every poll lists everything."),
    deleted: z
      .strictObject({ pointer, equals: z.union([z.string(), z.boolean(), z.number()]) })
      .optional()
      .describe("How a listed record shows that it is deleted. Without it deletes are not seen."),
  }),
  item: z.strictObject({ path, data: pointer.default("") }).describe("One record, for example /orders/{id}."),
  create: z
    .strictObject({ method: z.enum(["POST", "PUT"]).default("POST"), path, wrap: pointer.default("") })
    .optional()
    .describe("How a record is made. The API must take our key. `wrap` is where the record is in the body."),
  update: z
    .strictObject({ method: z.enum(["PATCH", "PUT", "POST"]).default("PATCH"), path, wrap: pointer.default("") })
    .optional()
    .describe("PATCH and POST send what changes, PUT sends the whole record."),
  delete: z.strictObject({ path }).optional(),
  version: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("etag") }).describe("The ETag header, sent back as If-Match."),
      z
        .strictObject({ kind: z.literal("field"), pointer, ifMatch: z.boolean().default(false) })
        .describe("A version field, sent back in the body, or as If-Match."),
      z
        .strictObject({ kind: z.literal("content") })
        .describe("A hash of the record, compared just before the write. Leaves a window of one round trip."),
    ])
    .default({ kind: "content" }),
  changedBy: pointer.optional(),
  changedAt: pointer.optional(),
});

/** Schema of `external` with `kind: http`. */
export const httpConfigSchema = z
  .strictObject({
    kind: z.literal("http"),
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be a short name in lower case, for example shop"),
    url: z
      .url({ protocol: /^https?$/ })
      .describe("What all paths start with, for example https://shop.example.com/api/v1."),
    timeZone: timeZoneSchema,
    auth: authSchema.default({ kind: "none" }),
    headers: z.record(z.string(), z.string()).default({}),
    idempotencyHeader: z
      .string()
      .optional()
      .describe("Header for a key that is the same whenever the same write is sent; lets lost replies be repeated."),
    timeoutMs: z.int().min(1).default(30_000),
    answerBytesMax: z
      .int()
      .min(1024)
      .max(512 * 1024 * 1024)
      .default(64 * 1024 * 1024)
      .describe("The longest answer that is read, in bytes and unpacked; it has to fit into memory."),
    attempts: z.int().min(1).max(10).default(5).describe("How often a request is sent at most."),
    concurrency: z.int().min(1).max(20).default(4).describe("Reads under way at the same time."),
    collections: z.record(z.string().regex(/^[A-Za-z][\w-]*$/), collectionSchema),
  })
  .superRefine((config, context) => {
    for (const [name, collection] of Object.entries(config.collections)) {
      const known = collection.key.map((part) => keyName(part.pointer));
      for (const place of ["item", "update", "delete"] as const) {
        const unknown = placeholders(collection[place]?.path ?? "").find((one) => !known.includes(one));
        if (unknown === undefined) continue;
        const message = `{${unknown}} is no part of the key; use ${known.map((one) => `{${one}}`).join(", ")}`;
        context.addIssue({ code: "custom", path: ["collections", name, place, "path"], message });
      }
    }
  });

/** Configuration of the HTTP adapter, with defaults filled in. */
export type HttpConfig = z.infer<typeof httpConfigSchema>;
/** What a configuration file may say. */
export type HttpConfigInput = z.input<typeof httpConfigSchema>;
/** One collection of the API. */
export type HttpCollectionConfig = HttpConfig["collections"][string];
/** Where a value is in the JSON, and as which type it is written. */
export type Located = HttpCollectionConfig["key"][number];

/** The name of a key part in paths: the last token of its pointer. */
export function keyName(of: string): string {
  return of.slice(of.lastIndexOf("/") + 1);
}

/** The names in braces of a path. */
export function placeholders(of: string): readonly string[] {
  return [...of.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? "");
}
