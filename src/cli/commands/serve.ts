import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import type { ConfigOptions } from "../with-config.ts";

export interface ServeOptions extends ConfigOptions {
  readonly port?: number;
  readonly host?: string;
  readonly runAtStart: boolean;
}

export async function serveCommand(_options: ServeOptions, _surroundings: Surroundings): Promise<ExitCode> {
  return EXIT.done;
}
