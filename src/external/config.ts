/** The configuration of the external system, by kind. */
import { z } from "zod";
import { filesConfigSchema } from "./files/config.ts";
import { httpConfigSchema } from "./http/config.ts";
import { sqlConfigSchema } from "./sql/config.ts";

/** Schema of the configuration's `external` part. */
export const externalConfigSchema = z.discriminatedUnion("kind", [
  sqlConfigSchema,
  httpConfigSchema,
  filesConfigSchema,
]);

/** The configuration of the external system, with defaults filled in. */
export type ExternalConfig = z.infer<typeof externalConfigSchema>;
/** What a configuration file may say. */
export type ExternalConfigInput = z.input<typeof externalConfigSchema>;
