/**
 * Stops a run when a mapped field is gone from the external system. A column that was renamed reads like a value that
 * nobody knows: nothing would fail, and nothing of it would be synchronized any more.
 */
import { SyncError } from "../../errors.ts";
import { missingExternalFields } from "../../mapping/preflight-collection.ts";
import type { EnginePorts } from "../context/ports.ts";

/** Throws `MAPPING_INVALID` with every missing field. Asks the external system only what its collections look like. */
export async function requireExternalFields({ external, mapping }: EnginePorts): Promise<void> {
  const names = [...new Set(mapping.objects.map(({ collection }) => collection))];
  const collections = await Promise.all(names.map((name) => external.info(name)));
  const problems = missingExternalFields(mapping, collections);
  if (problems.length === 0) return;
  const listed = problems.map(({ place, message }) => `\n  - ${place}: ${message}`).join("");
  throw new SyncError("MAPPING_INVALID", `The external system is not what the mapping says:${listed}`);
}
