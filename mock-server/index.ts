/** The library entry of the mock org. */

export { asCurl, asJsforce, asTest } from "./admin/copy-as.ts";
export type { ConnectedApp } from "./auth/connected-apps.ts";
export type { MockUser } from "./auth/passwords.ts";
export type { Trigger, ValidationRule } from "./dml/options.ts";
export type { Fault } from "./faults/fault.ts";
export type { FaultHandle, FaultStatus } from "./faults/faults.ts";
export type { FaultAct, FaultCall, FaultHook } from "./http/fault-hook.ts";
export type { JournalEntry } from "./http/journal.ts";
export type { RequestMatch } from "./kit/expectations.ts";
export { explain } from "./kit/explain.ts";
export type { GivenOrder, GivenProduct, GivenRecord } from "./kit/given.ts";
export { forkOfEach, orgFixture } from "./kit/org-fixture.ts";
export { createMockOrg, type Listening, MockOrg } from "./mock-org/mock-org.ts";
export type { MockOrgOptions } from "./mock-org/options.ts";
export {
  checkboxField,
  dateField,
  datetimeField,
  lookupField,
  numberField,
  textField,
} from "./setup/custom-fields.ts";
