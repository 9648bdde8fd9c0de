/** `order-sync serve`: runs on the schedule, with web pages and metrics, until the process is told to stop. */
import type { LoadedConfig } from "../../config/load.ts";
import { isLoopbackHost } from "../../config/loopback.ts";
import type { Config } from "../../config/schema.ts";
import { checkBeforeFirstRun } from "../../engine/check/check.ts";
import type { EnginePorts } from "../../engine/context/ports.ts";
import { processHolder } from "../../engine/lease/holder.ts";
import { makePlan } from "../../engine/plan/plan.ts";
import { answerConflict, discardDeadLetter, findDeadLetter, retryDeadLetter } from "../../engine/resolve/answers.ts";
import { SyncError } from "../../errors.ts";
import { refuseWebhook, webhookConfigSchema } from "../../external/http/webhook.ts";
import type { Mapping } from "../../mapping/mapping.ts";
import { type AppOptions, createApp, type Service } from "../../observe/app.ts";
import { openLog } from "../../observe/log.ts";
import { SyncMetrics } from "../../observe/metrics.ts";
import { ChannelWatch } from "../../service/channel-watch.ts";
import { openPorts, runOptions } from "../../service/open.ts";
import { pruneAfterRun } from "../../service/retention.ts";
import { nextStartOf, sweepTimesOf } from "../../service/schedule.ts";
import { SyncService } from "../../service/serve.ts";
import { readStatus } from "../../service/status.ts";
import { telemetry } from "../../service/telemetry.ts";
import { watchStateFile } from "../../state/place.ts";
import { listen } from "../listen.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";
import { requestOf } from "./run.ts";

/** Options of `serve`; they win over the configuration. */
export interface ServeOptions extends ConfigOptions {
  readonly port?: number;
  readonly host?: string;
  /** False: wait for the schedule instead of running at once. */
  readonly runAtStart: boolean;
}

/** A day of runs at one a minute, for the chart. */
const RUNS_READ = 1_500;

/** Brings the events of every object that the org has selected. */
const ALL_CHANGE_EVENTS = "/data/ChangeEvents";

/** The objects whose changes a run would look at, lines included. */
function watchedObjects(mapping: Mapping): ReadonlySet<string> {
  const watched = mapping.objects.filter(({ watch }) => watch);
  return new Set(watched.flatMap(({ object, lines }) => (lines === null ? [object] : [object, lines.object])));
}

/** Serves until `surroundings.signal` is aborted. Throws what makes a start impossible; failures of runs are logged. */
export async function serveCommand(options: ServeOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    const { config, redact } = loaded;
    const host = options.host ?? config.serve.host;
    if (!isLoopbackHost(host) && config.serve.token === undefined) {
      throw new SyncError("USAGE", `--host ${host} is open to other machines; set serve.token first`);
    }
    const stop = surroundings.signal ?? new AbortController().signal;
    const metrics = new SyncMetrics();
    const log = openLog({
      level: config.log.level,
      write: (line) => surroundings.stdout.write(line),
      redact,
      base: { source: config.mapping.source },
    });
    const { observe, onRetry } = telemetry(log, metrics);
    await using open = await openPorts(loaded, { observe, onRetry });
    const checkStateFile = watchStateFile(config.state.url);
    const { signal: _unused, ...request } = requestOf(config, {}, surroundings);
    const watch = new ChannelWatch(log, metrics);
    const sync = new SyncService({
      ports: open.ports,
      request,
      next: nextStartOf(config.schedule, Math.random),
      sweepTimes: sweepTimesOf(config.schedule),
      log,
      metrics,
      dailyCalls: config.limits.dailyCalls,
      runAtStart: options.runAtStart,
      beforeRun: async () => {
        checkStateFile();
        await checkBeforeFirstRun(open.ports);
      },
      channels: () => watch.states,
      afterRun: () => pruneAfterRun(open, config, (text) => log.warn(text)),
    });
    const app = createApp(serviceOf(loaded, open.ports, sync, metrics), {
      token: config.serve.token ?? null,
      refuseWebhook: webhookOf(config),
      readersSignIn: !isLoopbackHost(host),
      hosts: isLoopbackHost(host) ? ["127.0.0.1", "localhost", "[::1]", host, ...config.serve.hosts] : null,
    });
    await using server = await listen(app.fetch, host, options.port ?? config.serve.port);
    log.info({ url: server.url }, `serving ${server.url}`);
    const { changeEvents } = config.schedule;
    if (changeEvents !== false) {
      void open.listen(
        {
          channels: changeEvents === true ? [ALL_CHANGE_EVENTS] : changeEvents,
          objects: watchedObjects(loaded.mapping),
          onChange: () => sync.nudge(),
          onState: (channel, state) => watch.saw(channel, state),
        },
        stop,
      );
    }
    await sync.run(stop);
    return EXIT.done;
  });
}

function serviceOf(
  { config, mapping }: LoadedConfig,
  ports: EnginePorts,
  sync: SyncService,
  metrics: SyncMetrics,
): Service {
  const holder = processHolder(Date.now());
  const { holderIsGone } = ports;
  const held = {
    state: ports.state,
    nowMs: ports.nowMs,
    source: mapping.source,
    holder,
    ...(holderIsGone === undefined ? {} : { holderIsGone }),
  };
  return {
    source: mapping.source,
    state: ports.state,
    metrics,
    status: () =>
      readStatus(ports.state, mapping, { nowMs: Date.now(), dailyCalls: config.limits.dailyCalls, runs: RUNS_READ }),
    service: () => sync.state,
    wake: () => sync.wake(),
    nudge: () => sync.nudge(),
    answerConflict: (id, winner) =>
      sync.between(async () => {
        await answerConflict(held, id, winner);
      }),
    settleDeadLetter: (how, key, object) =>
      sync.between(async () => {
        const deadLetter = await findDeadLetter(ports.state, key, object === "" ? undefined : object);
        await (how === "retry" ? retryDeadLetter(held, deadLetter) : discardDeadLetter(held, deadLetter));
      }),
    makePlan: () => sync.between(() => makePlan({ ...ports, observe: () => {} }, { holder, ...runOptions(config) })),
  };
}

/** The check of webhook calls, as the configuration describes them. */
function webhookOf({ serve }: Config): AppOptions["refuseWebhook"] {
  const { webhookSecret, webhook } = serve;
  const described = webhookSecret === undefined ? webhook : webhookConfigSchema.parse({ secret: webhookSecret });
  if (described === undefined) return null;
  return (call) => refuseWebhook(described, { ...call, nowMs: Date.now() });
}
