/** A PostgreSQL server in a configuration: host, database, user and password as settings of their own. */
import { z } from "zod";
import { urlOfServer } from "./url.ts";

/** The settings that may appear in place of a `url`. Each may hold any character. */
export const serverSchema = z
  .strictObject({
    host: z.string().min(1).describe("Name or address of the PostgreSQL server."),
    port: z.int().min(1).max(65_535).default(5432),
    database: z.string().min(1),
    user: z.string().min(1),
    password: z
      .string()
      .optional()
      .describe("Any character may appear in it; write ${NAME} and set it in the environment."),
    sslmode: z
      .enum(["disable", "prefer", "require", "verify-ca", "verify-full"])
      .optional()
      .describe("As in a URL; by default as the server asks."),
  })
  .describe("A PostgreSQL server in parts, in place of `url`.");

/** Settings that give a database by `url` or by `server`. */
interface DatabaseSettings {
  readonly url?: string | undefined;
  readonly server?: z.output<typeof serverSchema> | undefined;
}

/** A step behind such a schema: exactly one of both is given, or none where there is a default; the result has `url`. */
export function withUrl<T extends DatabaseSettings>(otherwise: string | undefined) {
  return ({ server, ...rest }: T, context: z.core.$RefinementCtx<T>): Omit<T, "server"> & { readonly url: string } => {
    const refuse = (message: string): void => {
      context.issues.push({ code: "custom", message, path: ["url"], input: rest.url });
    };
    if (server !== undefined && rest.url !== undefined) refuse("is given beside server; remove one of them");
    const url = rest.url ?? (server === undefined ? otherwise : urlOfServer(server));
    if (url === undefined) refuse("it is required, or server in its place");
    return { ...rest, url: url ?? "" };
  };
}
