/** Opens everything a configuration names: the state, the external system and the org, as the ports of a run. */
import { existsSync } from "node:fs";
import { durationMs } from "../config/duration.ts";
import type { Config } from "../config/schema.ts";
import type { Redactor } from "../config/secrets.ts";
import { randomId } from "../engine/context/context.ts";
import type { EngineObserver } from "../engine/context/events.ts";
import type { EnginePorts, RunOptions } from "../engine/context/ports.ts";
import { processHolder, processIsGone } from "../engine/lease/holder.ts";
import { SyncError } from "../errors.ts";
import { openExternal } from "../external/open.ts";
import type { Mapping } from "../mapping/mapping.ts";
import type { RetryEvent } from "../salesforce/call-policy.ts";
import { createSalesforceOrg, type JsforceOrg } from "../salesforce/org.ts";
import { type OpenState, openStateStore } from "../state/open.ts";
import { stateFile, statePlace } from "../state/place.ts";
import type { StateUpkeep } from "../state/upkeep.ts";
import { withinBudget } from "./budgeted-org.ts";
import { createLoginKeeper } from "./login-keeper.ts";

/** The ports of a run, to be closed by whoever opened them. */
export interface OpenPorts extends AsyncDisposable {
  readonly ports: EnginePorts;
  /** The upkeep of the ports' state. */
  readonly upkeep: StateUpkeep;
  /** Listens for change events of Salesforce until `stop` is aborted; never rejects. */
  readonly listen: JsforceOrg["listen"];
}

/** Who listens while the ports are used. */
export interface PortListeners {
  readonly observe?: EngineObserver;
  /** Hears of each repeated call to Salesforce. */
  readonly onRetry?: (event: RetryEvent) => void;
}

/** What is opened: a loaded configuration, or its two parts. */
export interface PortSettings {
  readonly config: Config;
  readonly mapping: Mapping;
  /** Receives secrets that come up later; absent where nobody prints anything. */
  readonly redact?: Pick<Redactor, "hide">;
}

/**
 * Opens the ports; the state's tables are made or brought up to date. Throws `STATE_*` and `EXTERNAL_*`; the org is only
 * met by the first call.
 */
export async function openPorts(settings: PortSettings, listeners: PortListeners = {}): Promise<OpenPorts> {
  const state = await openStateStore(settings.config.state.url);
  return await openAround(state, settings, listeners, () => state.migrate());
}

/**
 * The same for whoever only looks: the state is not made, and not brought up to date. A state file that does not exist
 * yet is an empty memory, as it is for a first run. Rejects with `SyncError` as `openPorts` does.
 */
export async function openPortsReadOnly(settings: PortSettings, listeners: PortListeners = {}): Promise<OpenPorts> {
  const { url } = settings.config.state;
  if (stateExists(url)) return await openAround(await openStateStore(url), settings, listeners, async () => {});
  const empty = await openStateStore(":memory:");
  return await openAround(empty, settings, listeners, () => empty.migrate());
}

/** Opens the state alone, for commands that neither need the org nor the external system; it must exist. */
export async function openExistingState(config: Config): Promise<OpenState> {
  const { url } = config.state;
  if (!stateExists(url)) {
    throw new SyncError(
      "STATE_UNREADABLE",
      `State file ${statePlace(url)} does not exist yet; the first order-sync run makes it. If it should be there, correct state.url`,
    );
  }
  return await openStateStore(url);
}

function openSalesforce({ config, mapping, redact }: PortSettings, listeners: PortListeners): JsforceOrg {
  const { auth } = config.salesforce;
  const keeper =
    auth.kind !== "refreshToken" || config.state.url === ":memory:"
      ? {}
      : {
          keeper: createLoginKeeper({
            openState: () => openStateStore(config.state.url),
            source: mapping.source,
            holder: `${processHolder(Date.now())}:${randomId()}`,
            holderIsGone: processIsGone,
            nowMs: Date.now,
            configured: auth.refreshToken,
            hide: (secret) => redact?.hide(secret),
          }),
        };
  return createSalesforceOrg(
    { ...config.salesforce, usedShareMax: 1 - config.limits.reserveShare },
    { ...keeper, ...(listeners.onRetry === undefined ? {} : { onRetry: listeners.onRetry }) },
  );
}

function stateExists(url: string): boolean {
  const file = stateFile(url);
  return file === null || file === ":memory:" || existsSync(file);
}

async function openAround(
  state: OpenState,
  settings: PortSettings,
  listeners: PortListeners,
  prepare: () => Promise<void>,
): Promise<OpenPorts> {
  const { config, mapping } = settings;
  try {
    await prepare();
    const external = await openExternal(config.external);
    const { dailyCalls, reserveShare } = config.limits;
    const org = openSalesforce(settings, listeners);
    const salesforce = withinBudget(org, {
      limits: { dailyCalls, reserveShare },
      upkeep: state.upkeep,
      nowMs: Date.now,
    });
    return {
      ports: {
        mapping,
        state,
        external,
        salesforce,
        observe: listeners.observe ?? (() => {}),
        nowMs: Date.now,
        newId: randomId,
        holderIsGone: processIsGone,
      },
      upkeep: state.upkeep,
      listen: (request, stop) => org.listen(request, stop),
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
export function runOptions(
  config: Config,
): Omit<RunOptions, "holder" | "passDocuments" | "passOrders" | "allowDeletes" | "signal"> {
  const { retryRefused, ...run } = config.run;
  const { deleteShare, deleteLineShare } = config.limits;
  return { ...run, deleteShare, deleteLineShare, retryWaitsMs: retryRefused.map(durationMs) };
}
