/** One pass: one page of nominations of one object, from reading both sides to the commit that records it. */

import type { SyncError } from "../../errors.ts";
import type { ExternalChange } from "../../external/port.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import { answerKey } from "../../sync/conflict.ts";
import { decide } from "../../sync/decide.ts";
import type { Decision } from "../../sync/decision.ts";
import {
  type MergeSurvivor,
  observeExternal,
  observeSalesforce,
  type SalesforceObservation,
} from "../../sync/observation.ts";
import type { OrgRules } from "../../sync/org-rules.ts";
import { withCondition, withPreImages } from "../../sync/pre-image.ts";
import { inSpan } from "../../trace/span.ts";
import type { RunContext } from "../context/context.ts";
import { type PartReport, PartTally } from "../context/part.ts";
import type { StoppedObject } from "../context/report.ts";
import type { Unjoined } from "../join/identity.ts";
import { type Joined, join, unkeyedRecord } from "../join/join.ts";
import type { Nomination } from "../read/nominations.ts";
import { parentLookup } from "../read/parents.ts";
import { type FollowUp, record } from "../record/record.ts";
import { type Perform, perform, type Settlement } from "../write/perform.ts";
import { holdCascades } from "./cascade.ts";
import { type DeletionCounts, type Deletions, holdDeletions } from "./delete-limit.ts";
import { mergeSurvivors } from "./survivors.ts";

/** What one pass gets. */
export interface PassInput {
  readonly mapping: ObjectMapping;
  readonly nominations: readonly Nomination[];
  readonly feed: Side | "waiting";
  /** Loads what the org allows; called only when something has to be decided. */
  readonly rules: () => Promise<OrgRules>;
  /** Stored in the same commit as the results of the pass, and only when all of it is done. */
  readonly cursors: Readonly<Record<string, string>>;
  /** How many deletions it may make; what is more waits until all of them are known. */
  readonly deletions: DeletionCounts;
  /** Objects that stand still for the rest of the run: what depends on their records waits. */
  readonly stopped: readonly StoppedObject[];
  /** External records that the feed named and whose natural key makes no business key. */
  readonly unkeyed?: readonly ExternalChange[];
}

/** How a pass reads the two sides of the documents that it was given. */
export type Join = typeof join;

/** What one pass came to. All of it is recorded. */
export interface PassResult extends FollowUp {
  /** What it did. Once an object is among its `stopped`, no further pass of it is made, and its cursors stay. */
  readonly part: PartReport;
  readonly deletions: Deletions;
  /** What was decided to write, and what became of it. */
  readonly settlements: readonly Settlement[];
  /** Ends the run. */
  readonly failure: SyncError | null;
}

/** One pass over a page of nominations. Throws only what keeps it from recording what it did. */
export type Pass = (context: RunContext, input: PassInput) => Promise<PassResult>;

/** The two steps of a pass that meet the systems. */
export interface PassSteps {
  readonly read: Join;
  readonly write: Perform;
}

/** Runs one pass on both systems. */
export const runPass: Pass = passWith({});

/** A pass like `runPass` that reads, or writes, in its own way. */
export function passWith({ read = join, write = perform }: Partial<PassSteps>): Pass {
  return async (context, input) => {
    const attributes = {
      "order_sync.object": input.mapping.object,
      "order_sync.feed": input.feed,
      "order_sync.nominated": input.nominations.length,
    };
    return await inSpan("order_sync.pass", attributes, () => passOver(context, input, { read, write }));
  };
}

async function passOver(context: RunContext, input: PassInput, { read, write }: PassSteps): Promise<PassResult> {
  const { joined, unjoined } = await read(context, input.mapping, input.nominations, input.feed);
  const unkeyed = (input.unkeyed ?? []).map((change) => unkeyedRecord(input.mapping, change));
  const decided = joined.length === 0 ? [] : await decideAll(context, input, joined, await input.rules());
  const allowed = holdDeletions(input.deletions, await holdCascades(context, input.mapping, decided));
  const decisions = allowed.decisions.map((decision) => guarded(context, input.mapping, decision));
  await recordFirst(context, input.mapping, unjoined);
  const performance = await write(
    context,
    decisions.filter((decision) => decision.kind === "change"),
  );
  const bases = new Map(joined.flatMap(({ key, base }) => (base === null ? [] : [[key, base] as const])));
  const tally = new PartTally();
  const followUp = await record(context, {
    mapping: input.mapping,
    decisions,
    bases,
    unjoined: [...unjoined, ...unkeyed],
    performance,
    tally,
    cursors: input.cursors,
  });
  context.ports.observe({
    kind: "passDone",
    object: input.mapping.object,
    feed: input.feed,
    nominated: joined.length,
    written: tally.writes,
  });
  return {
    ...followUp,
    part: tally.part({
      compared: joined.length,
      predictedWriteCalls: performance.predictedCalls,
      stopped: performance.stopped === null ? [] : [performance.stopped],
    }),
    deletions: allowed.deletions,
    settlements: performance.settlements,
    failure: performance.stop,
  };
}

/** Stores what nothing would tell of any more once the writes of the pass have landed. */
async function recordFirst(context: RunContext, mapping: ObjectMapping, all: readonly Unjoined[]): Promise<void> {
  const unjoined = all.filter(({ isFirst }) => isFirst === true);
  if (unjoined.length === 0) return;
  const performance = { settlements: [], stop: null, stopped: null, predictedCalls: 0 };
  const tally = new PartTally();
  await record(context, { mapping, decisions: [], bases: new Map(), unjoined, performance, tally, cursors: {} });
}

/** The decision with what protects other people's edits from its writes, as far as the options say. */
function guarded({ options }: RunContext, mapping: ObjectMapping, decision: Decision): Decision {
  const conditional = options.conditionalWrites ? withCondition(mapping, decision) : decision;
  return options.preImages ? withPreImages(mapping, conditional) : conditional;
}

/** Decides about joined documents; reads nothing but links of parents and of merge survivors. */
export async function decideAll(
  context: RunContext,
  { mapping, stopped }: Pick<PassInput, "mapping" | "stopped">,
  joined: readonly Joined[],
  org: OrgRules,
): Promise<readonly Decision[]> {
  const parents = await parentLookup(context, mapping, joined.flatMap(documentsOf), stopped);
  const masters = await mergeSurvivors(context, mapping, joined);
  const nowMs = context.ports.nowMs();
  return joined.map((document) =>
    decide({
      mapping,
      key: document.key,
      base: document.base,
      link: document.link,
      salesforce: observedInSalesforce(document, masters.get(document.key)),
      external:
        document.external?.kind === "filtered"
          ? { kind: "filtered" }
          : observeExternal(
              document.external?.kind === "view" ? document.external.view : undefined,
              document.deletedOn === "external",
            ),
      org,
      parents,
      answers: answersOf(context, mapping, document.key),
      self: { salesforce: context.identity.userId, external: null },
      nowMs,
      ...document.identity,
    }),
  );
}

/** What a person answered to the open conflicts of a document. */
function answersOf(context: RunContext, mapping: ObjectMapping, key: BusinessKey): ReadonlyMap<string, Side> {
  return new Map(
    context.memory
      .openConflicts(mapping.object, key)
      .flatMap((conflict) =>
        conflict.winner === null ? [] : [[answerKey(conflict.field, conflict.lineKey), conflict.winner] as const],
      ),
  );
}

function observedInSalesforce(document: Joined, master: MergeSurvivor | undefined): SalesforceObservation {
  const reading = document.salesforce;
  if (reading?.kind === "filtered") return { kind: "filtered" };
  const view = reading?.kind === "view" ? reading.view : undefined;
  return observeSalesforce(view, {
    deleted: document.deletedOn === "salesforce",
    ...(master === undefined ? {} : { master }),
  });
}

function documentsOf(joined: Joined): readonly SyncDocument[] {
  return [
    ...(joined.salesforce?.kind === "view" ? [joined.salesforce.view.document] : []),
    ...(joined.external?.kind === "view" ? [joined.external.view.document] : []),
  ];
}
