/** One pass: one page of nominations of one object, from reading both sides to the commit that records it. */

import type { ExternalChange } from "../../external/port.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import { answerKey } from "../../sync/conflict.ts";
import { decide } from "../../sync/decide.ts";
import type { Decision } from "../../sync/decision.ts";
import type { OrgRules } from "../../sync/org-rules.ts";
import { withCondition, withPreImages } from "../../sync/pre-image.ts";
import { type MergeSurvivor, type SalesforceSighting, sightExternal, sightSalesforce } from "../../sync/sighting.ts";
import { inSpan } from "../../trace/span.ts";
import type { RunContext } from "../context/context.ts";
import { type Joined, join, unkeyedRecord } from "../join/join.ts";
import type { Nomination } from "../read/nominations.ts";
import { parentLookup } from "../read/parents.ts";
import { record } from "../record/record.ts";
import { perform } from "../write/perform.ts";
import { holdCascades } from "./cascade.ts";
import { holdDeletions } from "./delete-limit.ts";
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
  /** External records that the feed named and whose natural key makes no business key. */
  readonly unkeyed?: readonly ExternalChange[];
}

/** How a pass reads the two sides of the documents that it was given. */
export type Join = typeof join;

/** One pass over a page of nominations. */
export type Pass = (context: RunContext, input: PassInput) => Promise<void>;

/**
 * Runs one pass. Throws the `SyncError` that ends the run after everything that landed was recorded. After a pass whose
 * object stopped (`tally.isStopped`) the caller makes no further one of it, and its cursors stay.
 */
export const runPass: Pass = passWith(join);

/** A pass like `runPass` that reads in its own way. */
export function passWith(read: Join): Pass {
  return async (context, input) => {
    const attributes = {
      "order_sync.object": input.mapping.object,
      "order_sync.feed": input.feed,
      "order_sync.nominated": input.nominations.length,
    };
    await inSpan("order_sync.pass", attributes, () => passOver(context, input, read));
  };
}

async function passOver(context: RunContext, input: PassInput, read: Join): Promise<void> {
  const { joined, unjoined } = await read(context, input.mapping, input.nominations, input.feed);
  const unkeyed = (input.unkeyed ?? []).map((change) => unkeyedRecord(input.mapping, change));
  const decided = joined.length === 0 ? [] : await decideAll(context, input.mapping, joined, await input.rules());
  const allowed = holdDeletions(context, input.mapping, await holdCascades(context, input.mapping, decided));
  const decisions = allowed.map((decision) => guarded(context, input.mapping, decision));
  const performance = await perform(
    context,
    decisions.filter((decision) => decision.kind === "change"),
  );
  const bases = new Map(joined.flatMap(({ key, base }) => (base === null ? [] : [[key, base] as const])));
  const written = await record(context, {
    mapping: input.mapping,
    decisions,
    bases,
    unjoined: [...unjoined, ...unkeyed],
    performance,
    cursors: input.cursors,
  });
  context.tally.compared += joined.length;
  context.ports.observe({
    kind: "passDone",
    object: input.mapping.object,
    feed: input.feed,
    nominated: joined.length,
    written,
  });
  if (performance.stopped !== null) context.tally.stop(performance.stopped);
  if (performance.stop !== null) throw performance.stop;
}

/** The decision with what protects other people's edits from its writes, as far as the options say. */
function guarded({ options }: RunContext, mapping: ObjectMapping, decision: Decision): Decision {
  const conditional = options.conditionalWrites ? withCondition(mapping, decision) : decision;
  return options.preImages ? withPreImages(mapping, conditional) : conditional;
}

/** Decides about joined documents; reads nothing but links of parents and of merge survivors. */
export async function decideAll(
  context: RunContext,
  mapping: ObjectMapping,
  joined: readonly Joined[],
  org: OrgRules,
): Promise<readonly Decision[]> {
  const parents = await parentLookup(context, mapping, joined.flatMap(documentsOf));
  const masters = await mergeSurvivors(context, mapping, joined);
  const nowMs = context.ports.nowMs();
  return joined.map((document) =>
    decide({
      mapping,
      key: document.key,
      base: document.base,
      link: document.link,
      salesforce: sightedInSalesforce(document, masters.get(document.key)),
      external:
        document.external?.kind === "filtered"
          ? { kind: "filtered" }
          : sightExternal(
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

function sightedInSalesforce(document: Joined, master: MergeSurvivor | undefined): SalesforceSighting {
  const reading = document.salesforce;
  if (reading?.kind === "filtered") return { kind: "filtered" };
  const view = reading?.kind === "view" ? reading.view : undefined;
  return sightSalesforce(view, {
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
