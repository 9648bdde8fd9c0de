/**
 * The names that the package promises. A name that goes away or comes in changes what users may rely on: change the list
 * here in the same commit, and tell about it in the changelog.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const CONNECTOR = {
  values: names(`
    CONFIG_NAMES ERROR_CODES SyncError answerConflict applyPlan checkEverything defineConfig discardDeadLetter
    loadConfig makePlan openPorts openPortsReadOnly parsePlan processHolder readStatus retryDeadLetter runOnce
    runOptions sweep
  `),
  types: names(`
    ApiUsage BusinessKey CheckProblem CheckReport Config ConfigInput ConfigModule Conflict DeadLetter
    EngineEvent EngineObserver EnginePorts ErrorCode ErrorCodeEntry ExternalChange ExternalChangePage
    ExternalCollectionInfo ExternalFieldFacts ExternalFieldKind ExternalOperation ExternalOutcome ExternalProblem ExternalRecord ExternalSystem
    JournalEntry JournalQuery LineKey LoadedConfig Mapping MappingInput NaturalKey
    ObjectStatus Obstacle OpenPorts OrgIdentity Parked Plan PlanFile PlannedChange PlannedWrite PortListeners
    PortSettings RecordId ResolvePorts Retry RunOptions RunRecord RunReport RunRequest SalesforceOrg Side StateStore
    StoredConflict SyncStatus UnsyncedDocument UserFunction Value WriteRefusals WrittenCount
  `),
};

const MOCK_ORG = {
  values: names(`
    MockOrg asCurl asJsforce asTest checkboxField createMockOrg dateField datetimeField explain forkOfEach lookupField
    numberField orgFixture textField
  `),
  types: names(`
    ConnectedApp Fault FaultAct FaultCall FaultHandle FaultHook FaultStatus GivenOrder GivenProduct GivenRecord
    JournalEntry Listening MockOrgOptions MockUser RequestMatch Trigger ValidationRule
  `),
};

describe.each([
  ["salesforce-order-sync", "src/index.ts", CONNECTOR, () => import("../../src/index.ts")],
  ["mock-org", "mock-server/index.ts", MOCK_ORG, () => import("../../mock-server/index.ts")],
] as const)("the entry point %s", (_name, file, promised, load) => {
  it("exports the values that are listed", async () => {
    const entry: object = await load();

    expect(Object.keys(entry).sort()).toEqual([...promised.values].sort());
  });

  it("exports the types that are listed", () => {
    const types = exportedNames(file).filter((name) => !promised.values.includes(name));

    expect(types.sort()).toEqual([...promised.types].sort());
  });

  it("only re-exports", () => {
    const code = source(file).replaceAll(/\/\*[\s\S]*?\*\//g, "");

    expect(code.replaceAll(/export (type )?\{[^}]*\} from "[^"]+";/g, "").trim()).toBe("");
  });
});

function names(text: string): string[] {
  return text.trim().split(/\s+/);
}

function exportedNames(file: string): string[] {
  return [...source(file).matchAll(/export (?:type )?\{([^}]*)\} from/g)].flatMap((match) =>
    (match[1] ?? "")
      .split(",")
      .map((name) => name.replace(/^\s*type /, "").trim())
      .filter((name) => name !== ""),
  );
}

function source(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
}
