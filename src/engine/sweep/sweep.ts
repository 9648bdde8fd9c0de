/**
 * Sweep: compares every record that is known, and every record that the feeds can name, instead of only what changed.
 *
 * Feeds lose things: a deletion log ends after 15 days, a column feed never sees deletes, somebody restores a backup.
 * A sweep is a row of ordinary runs. The first one takes what the feeds name, the next ones look at all known keys page
 * by page, as if each had been waiting, then one reads both feeds from their beginning. Where known records are missing,
 * a last one decides about those that the complete lists do not name either (see `SweepAbsence`). Whatever is written
 * after the first one is what the feeds have missed: deletions that no feed tells or that fell out of their log, formula
 * fields, which change without a stamp, tables that were filled past their triggers.
 *
 * The readings from the beginning are held against what each side counts. Where one leaves records out, the sweep has
 * proved nothing and stays pending.
 */
import { overrideExternal } from "../../external/override.ts";
import type { ExternalSystem } from "../../external/port.ts";
import { selectList } from "../../mapping/select.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Parked } from "../../sync/decision.ts";
import { withoutPositions } from "../check/same-org.ts";
import type { EnginePorts } from "../context/ports.ts";
import type { RunReport } from "../context/report.ts";
import { overrideState } from "../context/state-views.ts";
import { pollRequest } from "../detect/detect.ts";
import { settledSources } from "../detect/feed-notes.ts";
import { pendingSweep, settleSweep, sweepPendingSinceMs } from "../detect/pending-sweep.ts";
import type { Pass } from "../pass/pass.ts";
import { inProcess } from "../run/in-process.ts";
import { type RunRequest, runOnce, runWith } from "../run/run.ts";
import { SweepAbsence, type UndecidedAbsence } from "./sweep-absence.ts";
import { type CountedReading, SweepProof, unprovenOf } from "./sweep-proof.ts";
import { SweepUnlisted, type UnlistedRecords } from "./sweep-unlisted.ts";

/** Known keys that one of the runs compares: bounds the memory, and lets other processes in between. */
const SWEEP_KEYS = 10_000;

/** What a sweep found. JSON-serializable. */
export interface SweepReport {
  /** Documents that had to be written although no feed had named them. */
  readonly missed: number;
  /** Every list that was read, against the number of records that its side counts. */
  readonly counts: readonly CountedReading[];
  /** Records that are missing on a side and that this sweep does not take as deleted. */
  readonly undecided: readonly UndecidedAbsence[];
  /** Known records that the external system has and its lists do not name. */
  readonly unlisted: readonly UnlistedRecords[];
  readonly runs: readonly RunReport[];
}

/** Sweeps everything; gives the reports of all its runs to `onRun` as well. Throws what a run throws. */
export async function sweep(
  ports: EnginePorts,
  request: RunRequest,
  onRun: (report: RunReport) => void = () => {},
): Promise<SweepReport> {
  const runs: RunReport[] = [];
  const run = async (part: EnginePorts, pass?: Pass): Promise<void> => {
    // Refused records have their try in the first run; they were not missed.
    const options = runs.length === 0 ? request : { ...request, retriesMax: 0 };
    const report = await (pass === undefined ? runOnce(part, options) : runWith(part, options, inProcess(pass)));
    runs.push(report);
    onRun(report);
  };
  await run(ports);
  const pendingSinceMs = sweepPendingSinceMs(await ports.state.cursors());
  for await (const keys of knownKeys(ports)) {
    const sinceMs = ports.nowMs();
    const asked = keys.map(
      ({ object, key }): Parked => ({
        object,
        key,
        obstacles: [{ code: "SWEEP", message: "it is compared by a sweep" }],
        attempts: 0,
        sinceMs,
      }),
    );
    const state = overrideState(ports.state, {
      parked: async (object) => {
        const waiting = await ports.state.parked(object);
        const names = new Set(waiting.map((entry) => `${entry.object} ${entry.key}`));
        const more = asked.filter(
          (entry) => (object === undefined || entry.object === object) && !names.has(`${entry.object} ${entry.key}`),
        );
        return [...waiting, ...more];
      },
    });
    await run({ ...ports, state });
  }
  const proof = new SweepProof();
  const absence = await SweepAbsence.load(ports.mapping, ports.state, {
    allowDeletes: request.allowDeletes === true,
  });
  const lists = new SweepUnlisted(ports.mapping);
  await run(fromTheBeginning(ports, { proof, absence, lists, pendingSinceMs }));
  await listUnwatched(ports, proof, absence);
  const { counts } = proof;
  const pass = absence.passWithEvidence(counts);
  if (pass !== null) await run(ports, pass);
  const isProven = unprovenOf(counts).length === 0;
  if (isProven && runs.every(({ stopped }) => stopped.length === 0))
    await settleSweep(ports, request, { pendingSinceMs, cursors: settledSources(absence.settled(counts)) });
  const unlisted = await lists.find(ports.state, ports.external);
  const missed = runs.slice(1).reduce((sum, report) => sum + report.writes, 0);
  return { missed, counts, undecided: absence.undecided(counts), unlisted, runs };
}

/**
 * Ports of a run that reads both feeds from their beginning, and moves no position: what falls between its readings and
 * the stored positions is reported to the next run.
 */
function fromTheBeginning(
  ports: EnginePorts,
  watch: {
    readonly proof: SweepProof;
    readonly absence: SweepAbsence;
    readonly lists: SweepUnlisted;
    readonly pendingSinceMs: number | null;
  },
): EnginePorts {
  const { proof, absence, lists, pendingSinceMs } = watch;
  const { state, external, salesforce, nowMs } = ports;
  // The run's own last commit says that a sweep is pending, so nothing that ends this process can lose it.
  const pending = (): Readonly<Record<string, string>> =>
    pendingSinceMs === null && unprovenOf(proof.counts).length > 0 ? pendingSweep(nowMs()) : {};
  return {
    ...ports,
    state: overrideState(state, {
      cursors: async () => withoutPositions(await state.cursors()),
      commit: async (lease, batch) => await state.commit(lease, { ...batch, cursors: pending() }),
    }),
    external: [proof, absence, lists].reduce<ExternalSystem>(
      (watched, watcher) => overrideExternal(watched, watcher.watchExternal(watched)),
      external,
    ),
    salesforce: absence.watchSalesforce(proof.watchSalesforce(salesforce)),
  };
}

/** Lists the Salesforce records of objects whose feed no run reads, where some are missing. Compares nothing. */
async function listUnwatched({ salesforce }: EnginePorts, proof: SweepProof, absence: SweepAbsence): Promise<void> {
  const requests = absence.unlisted.map((mapping) => pollRequest(mapping.object, selectList(mapping), {}));
  if (requests.length === 0) return;
  for (const { pages } of await absence.watchSalesforce(proof.watchSalesforce(salesforce)).poll(requests)) {
    // The watchers see each page on its way.
    for await (const _page of pages);
  }
}

async function* knownKeys(
  ports: EnginePorts,
): AsyncGenerator<readonly { readonly object: string; readonly key: BusinessKey }[]> {
  let page: { readonly object: string; readonly key: BusinessKey }[] = [];
  for (const { object } of ports.mapping.objects) {
    let after: BusinessKey | null = null;
    let more = true;
    while (more) {
      const keys: readonly BusinessKey[] = await ports.state.keys(object, after, SWEEP_KEYS - page.length);
      page.push(...keys.map((key) => ({ object, key })));
      after = keys.at(-1) ?? null;
      more = keys.length > 0;
      if (page.length >= SWEEP_KEYS) {
        yield page;
        page = [];
      }
    }
  }
  if (page.length > 0) yield page;
}
