/**
 * Reads a fault that came from outside: every member is checked, and a wrong one is named with what would be right.
 *
 * The validation library is loaded with the first fault: most orgs never see one, and it costs more than the org.
 */
import { createRequire } from "node:module";
import type * as zod from "zod";
import { CALL_OPERATIONS, type Fault, ROW_OPERATIONS } from "./fault.ts";

/** Longer delays are typing errors. */
const DELAY_MS_MAX = 600_000;

/** Reads a fault; throws an `Error` whose message names each wrong member. */
export function parseFault(value: unknown): Fault {
  const { schema, z } = load();
  const act = typeof value === "object" && value !== null && "act" in value ? value.act : undefined;
  const one = typeof act === "string" ? schema.get(act) : undefined;
  if (one === undefined) {
    const got = act === undefined ? "a fault needs an act" : `there is no act ${JSON.stringify(act)}`;
    throw new Error(`${got}; choose one of ${[...schema.keys()].join(", ")}`);
  }
  const read = one.safeParse(value);
  // Each schema yields the members of its act; the map cannot say which.
  if (read.success) return read.data as Fault;
  const faults = read.error.issues.map((issue) => [issue.path.join("."), issue.message].filter(Boolean).join(": "));
  throw new Error(`the fault ${String(act)} is not right: ${faults.join("; ") || z.prettifyError(read.error)}`);
}

interface Loaded {
  readonly z: typeof zod.z;
  readonly schema: ReadonlyMap<string, zod.ZodType>;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded !== undefined) return loaded;
  // A require and not an import, because adding a fault is synchronous. Its type is the one of the import.
  const { z } = createRequire(import.meta.url)("zod") as typeof zod;
  loaded = { z, schema: schemas(z) };
  return loaded;
}

function schemas(z: typeof zod.z): ReadonlyMap<string, zod.ZodType> {
  const whole = z.number().int().min(1);
  const count = {
    name: z.string().min(1).optional(),
    nth: whole.optional(),
    times: whole.optional(),
    chance: z.number().min(0).max(1).optional(),
    seed: z.number().int().optional(),
  };
  const text = z.string().min(1).optional();
  const call = {
    ...count,
    operation: z.enum(CALL_OPERATIONS).optional(),
    method: text,
    path: z.string().startsWith("/", "a path begins with a slash").optional(),
    object: text,
    user: text,
  };
  const field = z.union([z.string(), z.number(), z.boolean(), z.null()]);
  const row = {
    ...count,
    operation: z.enum(ROW_OPERATIONS).optional(),
    object: text,
    user: text,
    record: z.record(z.string(), field).optional(),
    account: z
      .string()
      .regex(/^001(?:\w{12}|\w{15})$/, "an account's Id begins with 001")
      .optional(),
  };
  const bulk = { ...count, operation: text, object: text, user: text };
  const one = (
    match: Readonly<Record<string, zod.ZodType>>,
    act: string,
    members: Readonly<Record<string, zod.ZodType>> = {},
  ) => [act, z.strictObject({ ...match, act: z.literal(act), ...members })] as const;
  const late = z.strictObject({ object: z.string(), id: text, values: z.record(z.string(), z.unknown()) });
  return new Map<string, zod.ZodType>([
    one(call, "request-limit", { remaining: z.number().int().min(0).optional() }),
    one(call, "concurrent-limit"),
    one(call, "session-expired"),
    one(call, "maintenance"),
    one(call, "delay", { ms: z.number().min(0).max(DELAY_MS_MAX) }),
    one(call, "cut-before"),
    one(call, "lost-reply"),
    one(call, "duplicate-delivery"),
    one(call, "status", {
      status: z.number().int().min(200).max(599),
      errorCode: text,
      message: text,
      body: z.unknown().optional(),
      headers: z.record(z.string(), z.string()).optional(),
    }),
    one(call, "locator-lost"),
    one(call, "long-transaction", { holdMs: whole.optional(), write: z.array(late).optional() }),
    one(row, "row-lock"),
    one(row, "partial-failure", { code: text, message: text, fields: z.array(z.string()).optional() }),
    one(row, "rewrite-field", { field: z.string().min(1), value: field }),
    one(row, "validation-rule", { message: z.string().min(1), field: text }),
    one(bulk, "bulk-stuck"),
    one(bulk, "bulk-failed-batch", { message: text }),
  ]);
}
