/** Carries out waves in this process: pass after pass, each with what the ones before it have left. */
import type { BusinessKey } from "../../model/key.ts";
import type { RunContext } from "../context/context.ts";
import type { PartReport } from "../context/part.ts";
import { type Deletions, joinDeletions, leftAfter } from "../pass/delete-limit.ts";
import { type Pass, runPass } from "../pass/pass.ts";
import { recoverDoubts } from "../pass/recovery.ts";
import { orgRulesLoader } from "../read/org-rules.ts";
import { type Executor, pageSizeOf, type Wave, type WaveResult } from "./executor.ts";
import { pagesOf, type WavePage } from "./wave-items.ts";

/** An executor for one run. `pass` is how each page is worked on. */
export function inProcess(pass: Pass = runPass): Executor {
  return {
    // Nothing is gained by waiting for more: a wave is the next page of whatever has one.
    waveDocuments: () => 1,
    execute: (context, wave) => execute(context, wave, pass),
  };
}

async function execute(context: RunContext, wave: Wave, pass: Pass): Promise<WaveResult> {
  const { mapping } = wave;
  const rulesOf = orgRulesLoader(context.ports.salesforce, context.ports.nowMs);
  const parts: PartReport[] = [];
  const deletions: Deletions[] = [];
  const again: BusinessKey[] = [];
  const worthALook: BusinessKey[] = [];
  const result = (failure: unknown = null): WaveResult => ({
    parts,
    deletions: joinDeletions(deletions),
    again,
    worthALook,
    abandoned: [],
    failure,
  });
  let allowance = wave.deletions;
  const pages: WavePage[] = [...pagesOf(wave.items, pageSizeOf(context, mapping))];
  if (pages.length === 0 && wave.unkeyed.length > 0) pages.push({ feed: "external", nominations: [] });
  try {
    for (const [index, page] of pages.entries()) {
      context.options.signal?.throwIfAborted();
      const isLast = index === pages.length - 1;
      const done = await pass(context, {
        ...page,
        mapping,
        rules: () => rulesOf(mapping.object),
        cursors: isLast ? wave.cursors : {},
        unkeyed: isLast ? wave.unkeyed : [],
        deletions: allowance,
        stopped: wave.stopped,
      });
      parts.push(done.part);
      deletions.push(done.deletions);
      again.push(...done.again);
      worthALook.push(...done.worthALook);
      if (done.failure !== null) return result(done.failure);
      allowance = leftAfter(allowance, done.deletions);
      if (done.doubtful) {
        const { part, keys } = await recoverDoubts(context, mapping);
        parts.push(part);
        again.push(...keys);
      }
      if (done.part.stopped.length > 0) return result();
    }
    if (pages.length === 0 && Object.keys(wave.cursors).length > 0) {
      await context.lease.commit({ cursors: wave.cursors });
    }
    return result();
  } catch (error) {
    return result(error);
  }
}
