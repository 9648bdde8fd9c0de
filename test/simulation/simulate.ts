/** Plays one history to its end and says what it broke. */
import { setImmediate } from "node:timers/promises";
import type { RunReport } from "../../src/engine/context/report.ts";
import { sweepPendingSinceMs } from "../../src/engine/detect/pending-sweep.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import { retryDeadLetter } from "../../src/engine/resolve/answers.ts";
import type { SalesforceOrg } from "../../src/salesforce/port.ts";
import { withinBudget } from "../../src/service/budgeted-org.ts";
import type { StateStore } from "../../src/state/port.ts";
import { RestJudge } from "./at-rest.ts";
import { createInProcessOrg } from "./in-process-org.ts";
import { Judge, type Violation } from "./judge.ts";
import { MemoryState } from "./memory-state.ts";
import { Random } from "./random.ts";
import { type Breaking, type RunEnd, runProcess } from "./runner.ts";
import type { Scenario, Step } from "./scenario.ts";
import { SecondConnector } from "./second-connector.ts";
import { CONNECTOR, Stage } from "./stage.ts";

/** What one history came to. */
export interface Played {
  readonly violations: readonly Violation[];
  /** Edits that fell between a read and its write, and for which nobody has a pre-image. */
  readonly raced: number;
  /** Such edits that were found in pre-images. */
  readonly concurrentEdits: number;
  readonly runs: number;
  readonly crashes: number;
  readonly failures: number;
  /** Codes of documents that are held at the end for a reason that stands. */
  readonly excuses: readonly string[];
}

/** What the Salesforce port of a process needs. */
export interface OpenOrg {
  /** Waits in virtual time. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** How to play. */
export interface PlayOptions {
  readonly breaking?: Breaking;
  /** Opens the Salesforce port of a process; default: in process. */
  readonly openOrg?: (stage: Stage, needs: OpenOrg) => Promise<SalesforceOrg> | SalesforceOrg;
  readonly openState?: () => Promise<StateStore>;
  readonly trace?: (line: string) => void;
}

type RunStep = Extract<Step, { kind: "run" }>;

/** Longer than the overlap of two polls, so that nothing rests in a window any more. */
const REST_MS = 400_000;
/** Runs after which everything must be at rest; the design promises two. */
const SETTLING_RUNS = 2;

/** Plays a history. Stops at the first step that breaks an invariant. */
export async function play(scenario: Scenario, options: PlayOptions = {}): Promise<Played> {
  // A history waits for nothing outside the process: without a turn of the event loop the real timers of the dead, whose
  // last beat lets go of them, would never come to their turn in a long range of seeds.
  await setImmediate();
  const stage = await Stage.create(scenario.config);
  const judge = new Judge(stage, stage.mock.org.actor(CONNECTOR)?.userId ?? "");
  stage.people.openSalesforce(scenario.config.seed);
  const player = new Player(stage, judge, scenario, options);
  const { trace } = options;
  if (trace !== undefined) {
    stage.people.trace = trace;
    const tell = stage.erp.onChange;
    stage.erp.onChange = (change) => {
      tell(change);
      if (change.author === "clerk")
        trace(
          `    ERP: ${change.collection} ${change.key.join()} ${change.after === undefined ? "removed" : JSON.stringify([change.after.fields, Object.fromEntries(change.after.lines)])}`,
        );
    };
  }
  try {
    await player.open();
    for (const [index, step] of scenario.steps.entries()) {
      options.trace?.(`step ${index}: ${JSON.stringify(step)}`);
      await player.step(step);
      if (judge.violations.length > 0) return player.played();
    }
    await player.finish();
    return player.played();
  } finally {
    await stage.erp.close();
  }
}

class Player {
  readonly #stage: Stage;
  readonly #judge: Judge;
  readonly #options: PlayOptions;
  readonly #random: Random;
  #state: StateStore = new MemoryState();
  #ids = 0;
  #processes = 0;
  #runs = 0;
  #crashes = 0;
  #failures = 0;
  /** True from an upheaval of the ERP on until a run has gone through. */
  #isUpset = false;
  readonly #rest: RestJudge;
  readonly #secondConnector: SecondConnector;

  constructor(stage: Stage, judge: Judge, scenario: Scenario, options: PlayOptions) {
    this.#stage = stage;
    this.#judge = judge;
    this.#rest = new RestJudge(stage, judge);
    this.#options = options;
    this.#random = new Random(scenario.config.seed);
    this.#secondConnector = new SecondConnector({
      stage,
      feeds: judge.feeds,
      fail: (invariant, what) => judge.fail(invariant, what),
      breaking: options.breaking ?? ((ports) => ports),
      newId: () => this.#newId(),
    });
  }

  async open(): Promise<void> {
    if (this.#options.openState !== undefined) this.#state = await this.#options.openState();
    await this.#state.migrate();
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "edit":
        return this.#stage.people.edit(step.seed);
      case "habit":
        return this.#stage.people.habit(step.seed);
      case "secondConnector":
        return await this.#secondConnector.run(step.limit);
      case "late":
        return this.#stage.people.openLate(step.seed);
      case "refuse":
        return this.#stage.refuseRows(step.seed);
      case "others":
        return this.#stage.callByOthers(step.calls);
      case "commitLate":
        return this.#stage.people.commitLate();
      case "advance":
        return this.#stage.advance(step.seconds * 1_000);
      case "upheaval":
        if (!(await this.#stage.suffer(step.what))) return;
        this.#isUpset = Object.entries(await this.#state.cursors()).some(([feed, cursor]) => {
          const [side, collection = ""] = feed.split(":");
          return side === "external" && this.#judge.feeds.isForeign(collection, cursor);
        });
        return;
      case "sweep":
        this.#options.trace?.(`  ended: ${describeEnd(await this.#sweep())}`);
        return;
      case "run": {
        const end = await this.#run(step);
        this.#options.trace?.(`  ended: ${describeEnd(end)}`);
        this.#stage.people.unlock();
        return;
      }
      default:
        return step satisfies never;
    }
  }

  async #sweep(): Promise<RunEnd> {
    const end = await this.#process({ disturbances: [], wire: [], work: "sweep" });
    this.#stage.advance(REST_MS);
    return end;
  }

  /**
   * Where something may have passed that no feed tells: deletions in a column feed, and a restore of the ERP to a copy that
   * is younger than the position, which took back writes of the connector's that its feeds had not come to yet.
   */
  get #mustSweep(): boolean {
    return this.#stage.config.world?.feed === "column" || this.#stage.isUpset;
  }

  /** Edits and faults stop: two runs make both sides equal (three for a chain of deletions), the next writes nothing. */
  async finish(): Promise<void> {
    const judge = this.#judge;
    this.#stage.settle();
    const calm = { kind: "run", disturbances: [], wire: [] } as const;
    this.#stage.advance(REST_MS);
    const refused = (await this.#state.deadLetters()).length > 0;
    let isParentHeld = false;
    // An account waits for its contracts, and these for their orders: deleted together they take a run each.
    for (let run = 0; run < SETTLING_RUNS || (run === SETTLING_RUNS && isParentHeld); run += 1) {
      const planned = run === 0 ? await this.#plan(calm) : null;
      const end = await this.#run(calm);
      if (planned !== null && end.kind === "done") this.#compareCalls(planned, end.report);
      this.#options.trace?.(`settling: ${describeEnd(end)}`);
      if (end.kind !== "done") judge.fail("I7", `an undisturbed run ended: ${describeEnd(end)}`);
      isParentHeld =
        end.kind === "done" && end.report.unsynced.some(({ obstacles }) => obstacles[0]?.code === "CHILDREN_EXIST");
      this.#stage.advance(REST_MS);
    }
    if (this.#mustSweep || sweepPendingSinceMs(await this.#state.cursors()) !== null) {
      const end = await this.#sweep();
      this.#options.trace?.(`sweep: ${describeEnd(end)}`);
      if (end.kind !== "swept") judge.fail("I7", `an undisturbed sweep ended: ${describeEnd(end)}`);
      if (sweepPendingSinceMs(await this.#state.cursors()) !== null)
        judge.fail("I15", "a sweep stays pending after a sweep");
      for (let run = 0; run < SETTLING_RUNS; run += 1) {
        await this.#run(calm);
        this.#stage.advance(REST_MS);
      }
    }
    if (judge.view.openConflicts().length > 0) await this.#answerConflicts(calm);
    await this.#retryDeadLetters(calm, refused);
    const writes = judge.ledger.connectorWrites;
    const last = await this.#run(calm);
    this.#options.trace?.(`at rest: ${describeEnd(last)}`);
    if (judge.ledger.connectorWrites !== writes)
      judge.fail("I5", `a run at rest made ${judge.ledger.connectorWrites - writes} commits`);
    if (last.kind === "done" && last.report.writes > 0)
      judge.fail("I5", `a run at rest wrote ${last.report.writes} times what was there already`);
    if (last.kind !== "done") return judge.fail("I7", `an undisturbed run ended: ${describeEnd(last)}`);
    const intents = await this.#state.intents();
    if (intents.length > 0) judge.fail("I10", `${intents.length} intents are left, of ${intents[0]?.key}`);
    const unsynced = new Map(last.report.unsynced.map((document) => [`${document.object} ${document.key}`, document]));
    for (const deadLetter of await this.#state.deadLetters()) {
      unsynced.set(`${deadLetter.object} ${deadLetter.key}`, { ...deadLetter, how: "rejected" });
    }
    this.#checkDoubles();
    const rest = this.#rest;
    const prices = this.#stage.config.watchPrices ? ["Product2", "PricebookEntry"] : [];
    const contracts = this.#stage.config.contracts ? ["Contract"] : [];
    for (const object of ["Account", ...contracts, ...prices, "Order"]) {
      for (const key of judge.ledger.keys(object)) {
        const codes = unsynced.get(`${object} ${key}`)?.obstacles.map(({ code }) => code);
        rest.compare(object, key, codes);
      }
    }
    const waiting = new Set<string>([...unsynced.values()].map(({ key }) => key));
    judge.losses.check((key) => waiting.has(key));
  }

  /** Texts are never entered twice: two accounts of one name are one customer, whom nobody has adopted (I3). */
  #checkDoubles(): void {
    const names = new Set<unknown>();
    for (const { Id: id, Name: name } of this.#stage.live("Account")) {
      // Who merges another customer's account into a record without a key takes it away from the customer of its name.
      if (this.#stage.hasMergedInto(String(id))) continue;
      if (names.has(name)) this.#judge.fail("I3", `${String(name)} is in Salesforce as two accounts`);
      names.add(name);
    }
  }

  /** A rehearsal, which must change nothing anywhere. */
  async #plan(calm: RunStep): Promise<Plan | null> {
    const seq = this.#judge.seq;
    const end = await this.#process({ ...calm, work: "plan" });
    if (this.#judge.seq !== seq) this.#judge.fail("I12", "a plan wrote something");
    if (end.kind === "planned") return end.plan;
    this.#judge.fail("I12", `an undisturbed plan ended: ${describeEnd(end)}`);
    return null;
  }

  /** What was planned is what it takes; a row that Salesforce refuses costs calls of its own, which nobody can foresee. */
  #compareCalls({ calls, unsynced, writes }: Plan, report: RunReport): void {
    // A record that is made or removed in the ERP shifts the pages of its feed: one more pass, which reads and writes.
    // In a feed by stamps every write does, for it moves the record's; so does one that a trigger rewrites.
    const { feed, unruly } = this.#stage.config.world ?? {};
    const isStamped = feed === "column" || unruly?.trigger === "rewrites";
    const shifts = writes.filter(
      ({ side, actions }) => side === "external" && (isStamped || actions.some((action) => SHIFTING.includes(action))),
    ).length;
    const pass = this.#stage.config.activation === "after" ? 4 : 2;
    const planned = calls.reading + calls.writing + pass * shifts + SECOND_LOOK;
    const expected = new Set(unsynced.map((document) => `${document.object} ${document.key}`));
    const refused = report.unsynced.some((document) => !expected.has(`${document.object} ${document.key}`));
    this.#options.trace?.(`  ${report.apiCalls} calls, planned ${calls.reading} + ${calls.writing}`);
    // After a merge what stands for a record is looked up once more; a rehearsal has merged nothing.
    if (refused || this.#stage.hasMerged() || report.apiCalls <= planned) return;
    this.#judge.fail(
      "I12",
      `an undisturbed run took ${report.apiCalls} calls instead of the ${planned} that were planned`,
    );
  }

  /** A person settles every conflict that waits, one way or the other. */
  async #answerConflicts(calm: RunStep): Promise<void> {
    for (let round = 0; round < ANSWER_ROUNDS_MAX && this.#judge.view.openConflicts().length > 0; round += 1) {
      const lease = await this.#state.acquireLease({
        name: "run:erp",
        holder: "person",
        ttlMs: 1_000,
        nowMs: this.#stage.nowMs,
      });
      if (lease === undefined) throw new Error("nobody else runs while a person answers");
      this.#judge.leased(lease);
      const conflicts = this.#judge.view
        .openConflicts()
        .map((conflict) => ({ ...conflict, winner: this.#random.pick(["salesforce", "external"] as const) }));
      await this.#state.commit(lease, { conflicts });
      this.#judge.committed(lease, { conflicts });
      await this.#state.releaseLease(lease);
      for (let run = 0; run < SETTLING_RUNS; run += 1) {
        await this.#run(calm);
        this.#stage.advance(REST_MS);
      }
    }
  }

  /** A person asks for another try of everything that was refused. What tried again by itself needs its two runs too. */
  async #retryDeadLetters(calm: RunStep, refused: boolean): Promise<void> {
    const deadLetters = await this.#state.deadLetters();
    if (deadLetters.length === 0 && !refused) return;
    const nowMs = (): number => this.#stage.nowMs;
    const ports = { state: this.#state, nowMs, source: "erp", holder: "person", newId: () => this.#newId() };
    for (const deadLetter of deadLetters) await retryDeadLetter(ports, deadLetter);
    for (let run = 0; run < SETTLING_RUNS; run += 1) {
      await this.#run(calm);
      this.#stage.advance(REST_MS);
    }
  }

  #newId(): string {
    this.#ids += 1;
    return `id${String(this.#ids).padStart(6, "0")}`;
  }

  async #run(step: RunStep): Promise<RunEnd> {
    const end = await this.#process(step);
    this.#runs += 1;
    if (end.kind === "done" && end.report.stopped.length === 0) await this.#checkUpset();
    if (end.kind === "crashed") {
      this.#crashes += 1;
      // Somebody notices and starts it again when its lease has run out.
      this.#stage.advance(LEASE_WAIT_MS);
    }
    if (end.kind === "failed") {
      this.#failures += 1;
      this.#stage.advance(LEASE_WAIT_MS);
    }
    return end;
  }

  /** The ERP is not what it was: deletions may have been missed, so that a sweep is pending (I15). */
  async #checkUpset(): Promise<void> {
    if (!this.#isUpset) return;
    this.#isUpset = false;
    if (sweepPendingSinceMs(await this.#state.cursors()) === null)
      this.#judge.fail(
        "I15",
        "the ERP was put back, moved or swapped, and no sweep is pending after the run that met it",
      );
  }

  async #process(
    step: Pick<RunStep, "disturbances" | "wire"> & { readonly work?: "run" | "plan" | "sweep" },
  ): Promise<RunEnd> {
    const { openOrg = inProcess } = this.#options;
    this.#processes += 1;
    const opened: { org?: SalesforceOrg; sleep?: (ms: number) => Promise<void> } = {};
    const sleep = async (ms: number): Promise<void> => await opened.sleep?.(ms);
    opened.org = await openOrg(this.#stage, { sleep });
    const { org } = opened;
    return await runProcess({
      stage: this.#stage,
      judge: this.#judge,
      state: this.#state,
      openOrg: (sleep) => {
        opened.sleep = sleep;
        return org;
      },
      holder: `process ${this.#processes}`,
      work: step.work ?? "run",
      disturbances: step.disturbances,
      wire: step.wire,
      rival: async () => {
        const end = await this.#process({ disturbances: [], wire: [] });
        this.#options.trace?.(`  rival: ${describeEnd(end)}`);
      },
      newId: () => this.#newId(),
      breaking: this.#options.breaking ?? ((ports) => ports),
    });
  }

  played(): Played {
    return {
      violations: this.#judge.violations,
      raced: this.#judge.losses.raced,
      concurrentEdits: this.#judge.losses.concurrentEdits,
      runs: this.#runs,
      crashes: this.#crashes,
      failures: this.#failures,
      excuses: this.#rest.excuses,
    };
  }
}

const LEASE_WAIT_MS = 121_000;
/** The call by which a run may look once more at what waited or moved while it was written. */
const SECOND_LOOK = 1;
/** What a run does to records of the ERP that changes how many of them its feed has to tell. */
const SHIFTING: readonly string[] = ["create", "revive", "delete"];
const ANSWER_ROUNDS_MAX = 3;

function inProcess(stage: Stage, { sleep }: OpenOrg): SalesforceOrg {
  return withinBudget(unguarded(stage, stage.config.reserveShare, sleep), {
    limits: { dailyCalls: null, reserveShare: stage.config.reserveShare },
    upkeep: UNCOUNTED,
    nowMs: () => stage.nowMs + stage.config.skewMs,
  });
}

/** There is no limit for a day, so nothing has to be remembered. */
const UNCOUNTED = { bookCalls: () => Promise.resolve({ booked: true, counted: 0 }) };

/** An org without the guard before its calls; only the connection keeps the reserve. */
export function unguarded(stage: Stage, reserveShare: number, sleep: OpenOrg["sleep"]): SalesforceOrg {
  const random = new Random(stage.config.seed);
  return createInProcessOrg({
    mock: stage.mock,
    username: CONNECTOR,
    wallClockMs: () => stage.nowMs + stage.config.skewMs,
    sleep,
    random: () => random.next(),
    reserveShare,
  });
}

function describeEnd(end: RunEnd): string {
  switch (end.kind) {
    case "done":
      return `done, ${end.report.writes} written, held ${end.report.unsynced
        .map((document) => `${document.key} (${document.obstacles.map(({ code }) => code).join()})`)
        .join(" ")}`;
    case "failed":
      return `${end.error.code} ${end.error.message}`;
    case "swept":
      return `swept, ${end.missed} missed`;
    case "planned":
      return `planned ${end.plan.writes.length} writes`;
    case "crashed":
      return "crashed";
    default:
      return end satisfies never;
  }
}
