/** Opens the external system that a configuration names. */
import type { ExternalConfig } from "./config.ts";
import { openFilesExternal } from "./files/adapter.ts";
import { openHttpExternal } from "./http/adapter.ts";
import type { ExternalSystem } from "./port.ts";
import { openSqlExternal } from "./sql/adapter.ts";

/** What tests and simulations replace. */
export interface ExternalOptions {
  /** The clock in milliseconds. */
  readonly now?: () => number;
  /** How to wait: between attempts of a request, and for a file to be whole. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/**
 * Opens the external system. Throws `EXTERNAL_UNREACHABLE` when it can be seen at once that it is not there; otherwise
 * the first call tells.
 */
export async function openExternal(config: ExternalConfig, options: ExternalOptions = {}): Promise<ExternalSystem> {
  switch (config.kind) {
    case "sql":
      return openSqlExternal(config, options.now);
    case "http":
      return openHttpExternal(config, options);
    case "files":
      return openFilesExternal(config, options);
  }
}
