/** Check: compares the mapping with the org and the external system as they are, and lists everything that does not fit. */
import { ERROR_CODES, SyncError } from "../../errors.ts";
import type { ExternalProblem } from "../../external/port.ts";
import type { StatusFacts } from "../../mapping/facts.ts";
import { checkCollections, describedObjects, preflight } from "../../mapping/preflight.ts";
import { checkSettings } from "../../mapping/preflight-settings.ts";
import type { PreflightProblem } from "../../mapping/problem.ts";
import { STATUS_OBJECTS } from "../../mapping/select.ts";
import type { ExternalCollectionInfo } from "../../model/external-facts.ts";
import type { OrgIdentity } from "../../salesforce/port.ts";
import type { EnginePorts } from "../context/ports.ts";

/** What a check found. */
export interface CheckReport {
  /** Null where the org could not be reached; the reason is among the problems. */
  readonly identity: OrgIdentity | null;
  readonly problems: readonly CheckProblem[];
  /** What may go wrong with some records, and what a person should know. Runs work all the same. */
  readonly warnings: readonly CheckProblem[];
}

/** One thing that does not fit, with its place in the configuration or in a system. */
export interface CheckProblem {
  readonly side: "salesforce" | "external" | "mapping";
  readonly place: string;
  readonly message: string;
}

/**
 * Looks at both systems and writes nothing. A system that cannot be reached or signs us off is a problem in the list,
 * so that one check tells about both. `configured` are the external collections of the configuration: those that no object
 * uses are warned of. Rejects only where the state cannot be read.
 */
export async function checkEverything(ports: EnginePorts, configured: readonly string[] = []): Promise<CheckReport> {
  const problems: CheckProblem[] = [];
  const identity = await attempt(problems, "salesforce", () => ports.salesforce.connect());
  const objects =
    identity === null
      ? null
      : await attempt(problems, "salesforce", () => ports.salesforce.describe(describedObjects(ports.mapping)));
  const statuses = identity === null ? {} : await readStatuses(ports, problems);
  const external = await attempt(problems, "external", () => ports.external.check());
  const collections = external === null ? [] : await readCollections(ports, external.length > 0 ? [] : problems);
  const mapped =
    objects === null
      ? checkCollections(ports.mapping, collections)
      : preflight(ports.mapping, { objects, statuses, collections });
  const found: readonly Found[] = [
    ...(external ?? []).map((problem) => ({ side: "external" as const, ...problem })),
    ...[...mapped, ...checkSettings(ports.mapping, configured)].map((problem) => ({
      side: "mapping" as const,
      ...problem,
    })),
  ];
  return {
    identity,
    problems: [...problems, ...told(found.filter(({ warning }) => warning !== true))],
    warnings: told(found.filter(({ warning }) => warning === true)),
  };
}

type Found = (ExternalProblem | PreflightProblem) & Pick<CheckProblem, "side">;

function told(found: readonly Found[]): readonly CheckProblem[] {
  return found.map(({ side, place, message }) => ({ side, place, message }));
}

/** Runs among which one that went through shows that the configuration fits. */
const RUNS_LOOKED_AT = 50;
const LISTED_MAX = 20;

/**
 * Before the first run of a state: throws `MAPPING_INVALID` with everything that does not fit. A key field that is not
 * unique, or a user who may not write, would otherwise show up one refused record at a time, after others were written.
 * A system that cannot be reached is left to the run, which says so itself.
 */
export async function checkBeforeFirstRun(ports: EnginePorts): Promise<void> {
  const runs = await ports.state.runs(RUNS_LOOKED_AT);
  if (runs.some(({ outcome }) => outcome === "done" || outcome === "doneWithRefusals")) return;
  const { problems } = await checkEverything(ports);
  const refused = problems.find(({ place }) => place === "SALESFORCE_LOGIN");
  // The run would only try the same login again, and each failed one brings the user closer to being locked.
  if (refused !== undefined) throw new SyncError("SALESFORCE_LOGIN", refused.message);
  if (problems.length === 0 || problems.some(({ place }) => isErrorCode(place))) return;
  const listed = problems.slice(0, LISTED_MAX).map(({ place, message }) => `\n  - ${place}: ${message}`);
  const rest = problems.length > LISTED_MAX ? `\n  - and ${problems.length - LISTED_MAX} more` : "";
  throw new SyncError(
    "MAPPING_INVALID",
    `The configuration does not fit, so nothing was written; correct this and see order-sync check:${listed.join("")}${rest}`,
  );
}

function isErrorCode(place: string): boolean {
  return Object.hasOwn(ERROR_CODES, place);
}

async function readStatuses(
  ports: EnginePorts,
  problems: CheckProblem[],
): Promise<Readonly<Record<string, readonly StatusFacts[]>>> {
  const statuses: Record<string, readonly StatusFacts[]> = {};
  for (const object of STATUS_OBJECTS.filter((name) => ports.mapping.byObject.has(name))) {
    const rows = await attempt(problems, "salesforce", () =>
      ports.salesforce.query(`SELECT ApiName, StatusCode FROM ${object}Status`),
    );
    statuses[object] = (rows ?? []).map((row) => ({
      value: String(row["ApiName"]),
      category: String(row["StatusCode"]),
    }));
  }
  return statuses;
}

async function readCollections(
  ports: EnginePorts,
  problems: CheckProblem[],
): Promise<readonly ExternalCollectionInfo[]> {
  const names = new Set(ports.mapping.objects.map((object) => object.collection));
  const infos: ExternalCollectionInfo[] = [];
  for (const name of names) {
    const info = await attempt(problems, "external", () => ports.external.info(name));
    if (info !== null) infos.push(info);
  }
  return infos;
}

async function attempt<Result>(
  problems: CheckProblem[],
  side: "salesforce" | "external",
  look: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    problems.push({ side, place: error.code, message: error.message });
    return null;
  }
}
