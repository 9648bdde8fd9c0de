/** Opens everything a configuration names: the state, the external system and the org, as the ports of a run. */
import type { Config } from "../config/schema.ts";
import { openExternal } from "../external/open.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { createSalesforceOrg } from "../salesforce/org.ts";
import { openStateStore } from "../state/open.ts";
import { randomId } from "./context.ts";
import type { EngineObserver } from "./events.ts";
import { processIsGone } from "./holder.ts";
import type { EnginePorts, RunOptions } from "./ports.ts";

/** The ports of a run, to be closed by whoever opened them. */
export interface OpenPorts extends AsyncDisposable {
  readonly ports: EnginePorts;
}

/**
 * Opens the ports; the state's tables are made or brought up to date. Throws `STATE_*` and `EXTERNAL_*`; the org is only
 * met by the first call.
 */
export async function openPorts(
  config: Config,
  mapping: Mapping,
  observe: EngineObserver = () => {},
): Promise<OpenPorts> {
  const state = await openStateStore(config.state.url);
  try {
    await state.migrate();
    const external = await openExternal(config.external);
    const salesforce = createSalesforceOrg(config.salesforce);
    return {
      ports: {
        mapping,
        state,
        external,
        salesforce,
        observe,
        nowMs: Date.now,
        newId: randomId,
        holderIsGone: processIsGone,
      },
      async [Symbol.asyncDispose]() {
        await salesforce.close();
        await external.close();
        await state.close();
      },
    };
  } catch (error) {
    await state.close();
    throw error;
  }
}

/** The options of a run as a configuration sets them. */
export function runOptions(config: Config): Pick<RunOptions, "leaseTtlMs" | "deleteShare" | "bulkRows"> {
  const { leaseTtlMs, deleteShare, bulkRows } = config.run;
  return { leaseTtlMs, deleteShare, bulkRows };
}
