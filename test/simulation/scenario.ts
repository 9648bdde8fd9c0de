/** A history as plain data, drawn from a seed. Steps and disturbances can be dropped one by one to shrink it. */
import type { Upheaval } from "./erp.ts";
import { Random } from "./random.ts";
import type { StageConfig } from "./stage-config.ts";
import type { Unruly, World } from "./world.ts";

/** What happens to a run at the n-th place where it waits. */
export interface Disturbance {
  readonly at: number;
  readonly act:
    | { readonly kind: "edit" | "late" | "lock" | "refuse" | "habit"; readonly seed: number }
    /** The next call that writes to Salesforce meets an edit of something that it writes. */
    | { readonly kind: "race"; readonly seed: number }
    /** The process is gone; nothing of it runs any more. */
    | { readonly kind: "crash" }
    /** So it is when the next write has landed, before anybody could take note of it. */
    | { readonly kind: "crashAfterWrite" }
    /** The port's call fails; at the second place of a call after it has taken effect. */
    | { readonly kind: "error" }
    | { readonly kind: "advance"; readonly seconds: number }
    /** Other applications use up calls of the org. */
    | { readonly kind: "others"; readonly calls: number }
    | { readonly kind: "commitLate" }
    /** A second runner starts; with `late` after the first one's lease has run out. */
    | { readonly kind: "rival"; readonly late: boolean };
}

/** What the wire does to the n-th call of a run. */
export interface WireFault {
  readonly at: number;
  readonly act: WireAct;
}

/** Faults at the wire; those that end in `After` come when the org has done the work. */
export type WireAct =
  | "drop"
  | "dropAfter"
  | "twice"
  | "expired"
  | "busy"
  | "throttled"
  | "html"
  | "htmlAfter"
  | "error"
  | "errorAfter"
  | "limit";

const WIRE_ACTS: readonly WireAct[] = [
  "drop",
  "dropAfter",
  "dropAfter",
  "twice",
  "expired",
  "busy",
  "throttled",
  "html",
  "htmlAfter",
  "error",
  "errorAfter",
  "limit",
];

/** One step of a history. */
export type Step =
  | { readonly kind: "edit" | "late" | "refuse" | "habit"; readonly seed: number }
  | { readonly kind: "others"; readonly calls: number }
  | { readonly kind: "commitLate" }
  | { readonly kind: "advance"; readonly seconds: number }
  | { readonly kind: "sweep" }
  /** A second connector on the same ERP runs, this many records at a time. */
  | { readonly kind: "secondConnector"; readonly limit: number }
  | { readonly kind: "upheaval"; readonly what: Upheaval }
  | {
      readonly kind: "run";
      readonly disturbances: readonly Disturbance[];
      readonly wire: readonly WireFault[];
    };

/** What there may be more of in a history. */
export const EMPHASES = ["lostReplies", "editsInside", "crashes"] as const;
/** One of `EMPHASES`. */
export type Emphasis = (typeof EMPHASES)[number];

/**
 * How far from tidy the world of a history may be. `upset`: its ERP is also put back to older states, moved and rebuilt.
 * `unruly`: its people swap and renumber lines, its triggers rewrite and refuse values, its numbers are long, its tables are
 * emptied and loaded again, and a second connector reads it.
 */
export const UNTIDINESSES = ["messy", "upset", "unruly"] as const;
/** One of `UNTIDINESSES`. */
export type Untidiness = (typeof UNTIDINESSES)[number];

/** A whole history. */
export interface Scenario {
  readonly seed: number;
  /** Absent in a history as it was drawn. */
  readonly emphasis?: Emphasis;
  /** Absent in the tidy world. */
  readonly untidiness?: Untidiness;
  readonly config: StageConfig;
  readonly steps: readonly Step[];
}

const POLICIES = ["salesforce", "external", "newest", "manual"] as const;
/** About this many places and calls has a run of this size. */
const PLACES = 140;
const CALLS = 16;
/** Before the first write of nearly every run. */
const EARLY = 20;

/** Draws a history. The same seed gives the same one for ever. */
export function drawScenario(seed: number): Scenario {
  const random = new Random(seed);
  const config: StageConfig = {
    accountPolicy: random.pick(POLICIES),
    orderPolicy: random.pick(POLICIES),
    onActivated: random.pick(["reopen", "reopen", "reopen", "reduce", "park"]),
    activation: random.pick(["inGraph", "inGraph", "after"]),
    createExternal: random.chance(0.5),
    deleteSalesforce: random.chance(0.6),
    deleteExternal: random.chance(0.6),
    skewMs: random.pick([0, 0, -240_000, 400_000]),
    owners: {
      Phone: random.pick(["salesforce", "salesforce", "external", null]),
      Description: random.pick([null, null, "salesforce", "external"]),
      Quantity: random.pick([null, null, "salesforce", "external"]),
    },
    cityDirection: random.pick(["both", "both", "both", "toSalesforce", "toExternal"]),
    watchPrices: random.chance(0.5),
    bulkRows: random.pick([null, null, null, null, 1, 2]),
    shuffled: random.chance(0.3),
    reserveShare: 0.1,
    callsLeft: random.pick([null, null, null, null, null, 15, 40, 80]),
    // Drawn apart, as what was added later is, so that the rest of a history does not depend on it.
    contracts: new Random(seed ^ 0xc047).chance(0.5),
    world: null,
    seed: random.fork(),
  };
  const steps: Step[] = [{ kind: "run", disturbances: [], wire: [] }];
  // Some histories are calm, so that plain mistakes are not hidden behind faults.
  const violence = random.pick([0, 1, 2, 4]);
  const count = 4 + random.below(9);
  for (let index = 0; index < count; index += 1) steps.push(...drawSteps(random, violence));
  const races = new Random(seed ^ 0x5eed);
  return { seed, config, steps: steps.map((step, index) => (index === 0 ? step : withRace(races, step))) };
}

/**
 * The same history in a world that is not tidy: the ERP is a database with the connector's own adapter in front of it.
 * Drawn apart, so that a seed's history in the tidy world stays what it is.
 */
export function untidy(scenario: Scenario, untidiness: Untidiness): Scenario {
  const random = new Random(scenario.seed ^ 0x3e55);
  const keys = random.pick(["integer", "integer", "padded", "composite", "text"] as const);
  const world: World = {
    keys,
    feed: random.pick(["log", "log", "column"]),
    customers: random.pick([4, 6]),
    orders: 3,
    existing: random.pick([0, 0, 2]),
    odd: random.chance(0.5),
    unkeyed: random.pick([0, 0, 2]),
    ...(untidiness === "unruly" ? { unruly: drawUnruly(new Random(scenario.seed ^ 0x1e77)) } : {}),
  };
  // What Salesforce users make has no number of the ERP's, and cannot be named there.
  const createExternal = scenario.config.createExternal && (keys === "text" || keys === "padded");
  const draw = new Random(scenario.seed ^ 0x0f11);
  const steps = scenario.steps.flatMap((step) => [step, ...drawUnusual(draw, untidiness === "upset")]);
  const habits = new Random(scenario.seed ^ 0x4ab1);
  return {
    ...scenario,
    untidiness,
    config: { ...scenario.config, createExternal, world },
    steps: untidiness === "unruly" ? steps.flatMap((step) => drawHabits(habits, step)) : steps,
  };
}

function drawUnruly(random: Random): Unruly {
  return { trigger: random.pick(["none", "rewrites", "refuses"] as const), digits: random.chance(0.4) };
}

/** What people do to lines before and within the step, and what else goes on after it. */
function drawHabits(random: Random, step: Step): readonly Step[] {
  const habit = (): { readonly kind: "habit"; readonly seed: number } => ({ kind: "habit", seed: random.fork() });
  const before = random.chance(0.4) ? [habit()] : [];
  const within: Disturbance = { at: random.below(PLACES), act: habit() };
  const now =
    step.kind === "run" && random.chance(0.4) ? { ...step, disturbances: [...step.disturbances, within] } : step;
  const after: readonly Step[] = [
    ...(random.chance(0.25) ? [{ kind: "secondConnector", limit: 1 + random.below(3) } as const] : []),
    ...(random.chance(0.08) ? [{ kind: "upheaval", what: "reload" } as const] : []),
  ];
  return [...before, now, ...after];
}

/** Now and then somebody sweeps, and the ERP is put back to an older state, moved or rebuilt. */
function drawUnusual(random: Random, isUpset: boolean): readonly Step[] {
  const draw = random.below(20);
  if (draw === 0) return [{ kind: "sweep" }];
  const what = UPHEAVALS[draw - 1];
  return what === undefined || !isUpset ? [] : [{ kind: "upheaval", what }];
}

const UPHEAVALS: readonly Upheaval[] = ["snapshot", "snapshot", "restore", "restore", "move", "swap"];

/** In more than half of all runs the first write meets an edit of what it writes. */
function withRace(random: Random, step: Step): Step {
  if (step.kind !== "run" || !random.chance(0.6)) return step;
  const race: Disturbance = { at: random.below(EARLY), act: { kind: "race", seed: random.fork() } };
  return { ...step, disturbances: [...step.disturbances, race] };
}

/** Adds to every run of a history what a rare mistake shows itself by. */
export function emphasize(scenario: Scenario, emphasis: Emphasis): Scenario {
  const random = new Random(scenario.seed ^ 0x5bd1e995);
  const edit = (): Disturbance => ({ at: random.below(PLACES), act: { kind: "edit", seed: random.fork() } });
  const more = {
    lostReplies: () => ({ disturbances: [edit(), edit()], wire: [lostReply(random), lostReply(random)] }),
    editsInside: () => ({ disturbances: [edit(), edit(), edit(), edit(), edit(), edit()], wire: [] }),
  };
  const steps = scenario.steps.flatMap((step): readonly Step[] => {
    if (step.kind !== "run") return [step];
    if (emphasis === "crashes") return [...drawInterrupted(random), ...drawInterrupted(random), step];
    const { disturbances, wire } = more[emphasis]();
    const edits = Array.from({ length: 2 }, () => ({ kind: "edit", seed: random.fork() }) as const);
    const run = { ...step, disturbances: [...step.disturbances, ...disturbances], wire: [...step.wire, ...wire] };
    return [...edits, run];
  });
  return { ...scenario, emphasis, steps };
}

function lostReply(random: Random): WireFault {
  return { at: 1 + random.below(8), act: random.pick(["dropAfter", "htmlAfter", "errorAfter"]) };
}

function drawSteps(random: Random, violence: number): readonly Step[] {
  const draw = random.below(11);
  if (draw === 10) {
    const others = { kind: "others", calls: 1 + random.below(20) } as const;
    return [random.chance(0.5) ? others : { kind: "refuse", seed: random.fork() }];
  }
  if (draw < 4)
    return Array.from({ length: 1 + random.below(3) }, () => ({ kind: "edit", seed: random.fork() }) as const);
  if (draw === 4) return [{ kind: "late", seed: random.fork() }];
  if (draw === 5) return [{ kind: "commitLate" }];
  if (draw === 6) return [{ kind: "advance", seconds: random.pick([1, 30, 130, 900]) }];
  if (draw === 7 && violence > 0) return drawInterrupted(random);
  const disturbances = Array.from({ length: random.below(violence * 2 + 2) }, () => drawDisturbance(random, violence));
  const wire = Array.from({ length: random.below(violence + 1) }, () => ({
    at: random.below(CALLS),
    act: random.pick(WIRE_ACTS),
  }));
  return [{ kind: "run", disturbances, wire }];
}

/** Somebody edits, the run dies somewhere on its way, and the same person edits the same thing again. */
function drawInterrupted(random: Random): readonly Step[] {
  const seed = random.fork();
  const crash: Disturbance = random.chance(0.5)
    ? { at: 20 + random.below(60), act: { kind: "crash" } }
    : { at: random.below(20), act: { kind: "crashAfterWrite" } };
  return [
    { kind: "edit", seed },
    { kind: "run", disturbances: [crash], wire: [] },
    { kind: "edit", seed },
  ];
}

function drawDisturbance(random: Random, violence: number): Disturbance {
  const at = random.below(PLACES);
  const draw = random.below(violence === 0 ? 6 : 14);
  if (draw < 4) return { at, act: { kind: "edit", seed: random.fork() } };
  if (draw === 4) return { at, act: { kind: "advance", seconds: random.pick([1, 2, 61]) } };
  if (draw === 5)
    return { at, act: random.chance(0.5) ? { kind: "commitLate" } : { kind: "late", seed: random.fork() } };
  if (draw < 8) return { at, act: { kind: "crash" } };
  if (draw === 8) return { at, act: { kind: "lock", seed: random.fork() } };
  if (draw === 9) return { at, act: { kind: "rival", late: random.chance(0.7) } };
  if (draw === 12) return { at, act: { kind: "refuse", seed: random.fork() } };
  if (draw === 13) return { at, act: { kind: "others", calls: 1 + random.below(10) } };
  return { at, act: { kind: "error" } };
}
