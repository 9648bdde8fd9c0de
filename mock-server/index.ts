/** The library entry of the mock org. */
export type { ConnectedApp } from "./auth/connected-apps.ts";
export {
  checkboxField,
  dateField,
  datetimeField,
  lookupField,
  numberField,
  textField,
} from "./custom-fields.ts";
export type { Trigger, ValidationRule } from "./dml/options.ts";
export type { FaultAct, FaultCall, FaultHook } from "./http/fault-hook.ts";
export type { JournalEntry } from "./http/journal.ts";
export { createMockOrg, type Listening, MockOrg, type MockOrgOptions, type MockUser } from "./mock-org.ts";
