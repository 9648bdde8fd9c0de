/** `defineConfig`: a configuration as a module, with the editor's help and functions for conversions. */
import type { UserFunction } from "../mapping/convert.ts";
import type { ConfigInput } from "./schema.ts";

/** A configuration module's default export: the settings, and the functions that `convert: {function}` names. */
export interface ConfigModule extends ConfigInput {
  readonly functions?: Readonly<Record<string, UserFunction>>;
}

/**
 * Gives its argument back with its type checked by the editor; for `order-sync.mjs`:
 *
 * ```js
 * import { defineConfig } from "salesforce-order-sync";
 * export default defineConfig({ salesforce: {…}, external: {…}, mapping: {…}, functions: { upper: (value) => … } });
 * ```
 *
 * Nothing is validated here; loading the file does that.
 */
export function defineConfig(config: ConfigModule): ConfigModule {
  return config;
}
