/**
 * The library entry of the connector, for programs that embed it instead of calling the command.
 *
 * ```ts
 * import { loadConfig, openPorts, processHolder, runOnce, runOptions } from "salesforce-order-sync";
 *
 * const loaded = await loadConfig("order-sync.yaml", process.env);
 * await using open = await openPorts(loaded, { observe: (event) => console.log(event.kind) });
 * const report = await runOnce(open.ports, { holder: processHolder(Date.now()), ...runOptions(loaded.config) });
 * ```
 *
 * Everything fails with `SyncError`: `code`, `retry` and a message that names the thing and the way out.
 */

export { type ConfigModule, defineConfig } from "./config/define.ts";
export { CONFIG_NAMES, type LoadedConfig, loadConfig } from "./config/load.ts";
export type { Config, ConfigInput } from "./config/schema.ts";
export { type CheckProblem, type CheckReport, checkEverything } from "./engine/check/check.ts";
export type { EngineEvent, EngineObserver } from "./engine/context/events.ts";
export type { EnginePorts, RunOptions } from "./engine/context/ports.ts";
export type { RunReport, UnsyncedDocument, WrittenCount } from "./engine/context/report.ts";
export { processHolder } from "./engine/lease/holder.ts";
export { applyPlan, type PlanFile, parsePlan } from "./engine/plan/apply.ts";
export { makePlan, type Plan, type PlannedChange, type PlannedWrite } from "./engine/plan/plan.ts";
export { answerConflict, discardDeadLetter, type ResolvePorts, retryDeadLetter } from "./engine/resolve/answers.ts";
export { type RunRequest, runOnce } from "./engine/run/run.ts";
export { sweep } from "./engine/sweep/sweep.ts";
export { ERROR_CODES, type ErrorCode, type ErrorCodeEntry, type Retry, SyncError } from "./errors.ts";
export type {
  ExternalChange,
  ExternalChangePage,
  ExternalProblem,
  ExternalSystem,
} from "./external/port.ts";
export type { UserFunction } from "./mapping/convert.ts";
export type { Mapping } from "./mapping/mapping.ts";
export type { MappingInput } from "./mapping/spec.ts";
export type {
  ExternalCollectionInfo,
  ExternalFieldFacts,
  ExternalFieldKind,
  WriteRefusals,
} from "./model/external-facts.ts";
export type { ExternalOperation, ExternalOutcome, ExternalRecord } from "./model/external-record.ts";
export type { BusinessKey, LineKey, NaturalKey, RecordId } from "./model/key.ts";
export type { Side, Value } from "./model/value.ts";
export type { ObjectStatus, SyncStatus } from "./observe/status.ts";
export type { ApiUsage, OrgIdentity, SalesforceOrg } from "./salesforce/port.ts";
export {
  type OpenPorts,
  openPorts,
  openPortsReadOnly,
  type PortListeners,
  type PortSettings,
  runOptions,
} from "./service/open.ts";
export { readStatus } from "./service/status.ts";
export type { JournalEntry, JournalQuery, RunRecord, StateStore, StoredConflict } from "./state/port.ts";
export type { Conflict, DeadLetter, Obstacle, Parked } from "./sync/decision.ts";
