/**
 * Holds the layers of the house: which room may import which. An import points down, never up or sideways.
 *
 * A room that is missing from the table may import nothing outside itself, so a new room must be entered here.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The rooms that any room of the engine may import. */
const UNDER_THE_ENGINE = [
  "src/model",
  "src/mapping",
  "src/sync",
  "src/salesforce",
  "src/external",
  "src/state",
  "src/trace",
] as const;

/**
 * Room → rooms it may import. A room of three parts lies inside another: whoever may import the outer room may import it, too,
 * and so may the files of the outer room itself. The wing's own `errors` file is open to all rooms of the wing.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/model": [],
  "src/mapping": ["src/model"],
  "src/sync": ["src/model", "src/mapping"],
  // Spans for whoever traces this process; knows nothing of what is traced.
  "src/trace": [],
  "src/salesforce": ["src/model", "src/mapping", "src/sync", "src/trace"],
  // How to open SQLite and PostgreSQL; knows neither the state nor the external system.
  "src/database": [],
  "src/external": ["src/model", "src/mapping", "src/database"],
  "src/state": ["src/model", "src/sync", "src/database"],
  "src/observe": ["src/model", "src/sync", "src/state"],
  // The file schema is put together from the schemas of the rooms that read their own part of it.
  "src/config": ["src/model", "src/mapping", "src/sync", "src/salesforce", "src/external", "src/database"],
  // What a run is made of, by step. The rooms are in the order of a run; each uses only those above it.
  "src/engine/lease": ["src/state"],
  "src/engine/context": [...UNDER_THE_ENGINE, "src/engine/lease"],
  "src/engine/read": [...UNDER_THE_ENGINE, "src/engine/context"],
  "src/engine/join": [...UNDER_THE_ENGINE, "src/engine/context", "src/engine/read"],
  "src/engine/detect": [...UNDER_THE_ENGINE, "src/engine/lease", "src/engine/context", "src/engine/read"],
  // What waits and what was refused: answers of people, and further tries.
  "src/engine/resolve": [
    ...UNDER_THE_ENGINE,
    "src/engine/lease",
    "src/engine/context",
    "src/engine/read",
    "src/engine/join",
  ],
  "src/engine/write": [...UNDER_THE_ENGINE, "src/engine/context"],
  "src/engine/record": [
    ...UNDER_THE_ENGINE,
    "src/engine/context",
    "src/engine/read",
    "src/engine/join",
    "src/engine/resolve",
    "src/engine/write",
  ],
  "src/engine/pass": [
    ...UNDER_THE_ENGINE,
    "src/engine/context",
    "src/engine/read",
    "src/engine/join",
    "src/engine/write",
    "src/engine/record",
  ],
  "src/engine/check": [...UNDER_THE_ENGINE, "src/engine/context"],
  "src/engine/run": [
    ...UNDER_THE_ENGINE,
    "src/engine/lease",
    "src/engine/context",
    "src/engine/read",
    "src/engine/detect",
    "src/engine/resolve",
    "src/engine/join",
    "src/engine/pass",
    "src/engine/check",
  ],
  "src/engine/plan": [
    ...UNDER_THE_ENGINE,
    "src/engine/context",
    "src/engine/join",
    "src/engine/write",
    "src/engine/pass",
    "src/engine/run",
  ],
  "src/engine/sweep": [
    ...UNDER_THE_ENGINE,
    "src/engine/context",
    "src/engine/detect",
    "src/engine/join",
    "src/engine/pass",
    "src/engine/check",
    "src/engine/run",
  ],
  // The connector as a program that stays up: opens its ports, runs on a schedule, sweeps, prunes, tells how it is.
  "src/service": [...UNDER_THE_ENGINE, "src/config", "src/observe", "src/engine"],
  // Many processes that share the work of one run; opens its queue in the state's own database.
  "src/workers": [...UNDER_THE_ENGINE, "src/database", "src/config", "src/observe", "src/engine", "src/service"],
  "src/cli": [
    "src/database",
    "src/model",
    "src/mapping",
    "src/sync",
    "src/salesforce",
    "src/external",
    "src/state",
    "src/observe",
    "src/config",
    "src/engine",
    "src/workers",
    "src/service",
  ],
  // Formulas as a language: knows types and values, but no objects.
  "mock-server/formula": [],
  "mock-server/schema": ["mock-server/formula"],
  // The query language by stage; the files above the stages are what the rest of the wing calls.
  "mock-server/soql/base": ["mock-server/schema"],
  "mock-server/soql/parse": ["mock-server/soql/base"],
  "mock-server/soql/bind": ["mock-server/schema", "mock-server/soql/base", "mock-server/soql/parse"],
  "mock-server/soql/run": [
    "mock-server/schema",
    "mock-server/soql/base",
    "mock-server/soql/parse",
    "mock-server/soql/bind",
  ],
  "mock-server/soql/sosl": [
    "mock-server/schema",
    "mock-server/soql/base",
    "mock-server/soql/parse",
    "mock-server/soql/bind",
    "mock-server/soql/run",
  ],
  "mock-server/soql": ["mock-server/schema"],
  "mock-server/org": ["mock-server/schema", "mock-server/soql"],
  "mock-server/dml": ["mock-server/schema", "mock-server/org"],
  "mock-server/auth": ["mock-server/schema", "mock-server/org"],
  // Bulk jobs of both APIs, whatever address they are reached at.
  "mock-server/bulk/jobs": ["mock-server/schema", "mock-server/org", "mock-server/dml", "mock-server/soql"],
  // What all protocols share: calls, bodies, answers, the pipeline and the journal. It knows no address.
  "mock-server/http": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/auth",
    "mock-server/bulk/jobs",
  ],
  // One room for each protocol, with its addresses.
  "mock-server/rest": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/http",
  ],
  "mock-server/bulk": ["mock-server/schema", "mock-server/org", "mock-server/auth", "mock-server/http"],
  "mock-server/tooling": ["mock-server/schema", "mock-server/soql", "mock-server/http"],
  "mock-server/oauth": ["mock-server/schema", "mock-server/org", "mock-server/auth", "mock-server/http"],
  "mock-server/soap": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/auth",
    "mock-server/metadata",
    "mock-server/http",
    "mock-server/rest",
  ],
  "mock-server/streaming": ["mock-server/schema", "mock-server/org", "mock-server/auth", "mock-server/http"],
  // The metadata of an org and its changes, whatever protocol asks for them.
  "mock-server/metadata": ["mock-server/schema", "mock-server/org"],
  // A client of any endpoint: it knows nothing of the org.
  "mock-server/conformance": [],
  // A client of a real org, which it only reads.
  "mock-server/import": [],
  "mock-server/faults": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/auth",
    "mock-server/bulk",
    "mock-server/http",
  ],
  "mock-server/kit": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/http",
    "mock-server/setup",
  ],
  "mock-server/admin": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/auth",
    "mock-server/http",
    "mock-server/faults",
    "mock-server/kit",
  ],
  "mock-server/console": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/auth",
    "mock-server/http",
    "mock-server/faults",
    "mock-server/kit",
    "mock-server/admin",
  ],
  // How an org is set up: fields, metadata files, currencies.
  "mock-server/setup": ["mock-server/schema", "mock-server/org", "mock-server/dml", "fixtures/objects"],
  // What an org holds at its beginning.
  "mock-server/seeds": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/auth",
    "mock-server/setup",
    "fixtures/objects",
    "fixtures/orgs",
  ],
  // One org at work: its records, its protocols and its test kit, put together.
  "mock-server/mock-org": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/dml",
    "mock-server/soql",
    "mock-server/auth",
    "mock-server/bulk",
    "mock-server/http",
    "mock-server/rest",
    "mock-server/oauth",
    "mock-server/soap",
    "mock-server/streaming",
    "mock-server/tooling",
    "mock-server/faults",
    "mock-server/kit",
    "mock-server/admin",
    "mock-server/console",
    "mock-server/conformance",
    "mock-server/setup",
    "mock-server/seeds",
    "fixtures/objects",
  ],
  "mock-server/cli": [
    "mock-server/schema",
    "mock-server/org",
    "mock-server/auth",
    "mock-server/faults",
    "mock-server/setup",
    "mock-server/mock-org",
    "mock-server/conformance",
    "mock-server/import",
  ],
  // Types only: the schema data is written in the schema's vocabulary.
  "fixtures/objects": ["mock-server/schema"],
  "fixtures/orgs": ["mock-server/schema"],
};

/** The entry points: they may import every room of their wing. */
const COMPOSERS = /^(?:src\/index|mock-server\/(?:index|bin))\.ts$/;
/** The main job is the one program that runs both wings, each in a process of its own; it imports neither. */
const OPEN_TO_THE_WING = ["src/errors.ts", "mock-server/errors.ts"];

/** Packages that only one room may import. */
const PACKAGE_ROOMS: Readonly<Record<string, RegExp>> = {
  jsforce: /^src\/salesforce\//,
  "p-retry": /^src\/salesforce\/|^src\/external\/http/,
  lowdb: /^mock-server\/mock-org\/persist\.ts$/,
};

describe("the layers of the house", () => {
  const files = ["src", "mock-server", "fixtures"].flatMap((wing) => typescriptFiles(join(ROOT, wing)));

  it("finds the files of both wings", () => {
    expect(files.length).toBeGreaterThan(5);
  });

  it.each(files.map((file) => [relative(ROOT, file)]))("%s imports only rooms below it", (file) => {
    expect(forbiddenImports(file)).toEqual([]);
  });

  it("has no files that import each other in a circle, types included", () => {
    expect(circlesOf(new Map(files.map((file) => [relative(ROOT, file), ownImportsOf(relative(ROOT, file))])))).toEqual(
      [],
    );
  });
});

/** The files that can be reached from themselves: what is left when every file without imports is taken away in turn. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[] {
  let left = new Map(imports);
  for (;;) {
    const isFree = ([, targets]: readonly [string, readonly string[]]): boolean =>
      !targets.some((target) => left.has(target));
    const next = new Map([...left].filter((entry) => !isFree(entry)));
    if (next.size === left.size) break;
    left = next;
  }
  const wanted = new Set([...left.values()].flat());
  return [...left.keys()].filter((file) => wanted.has(file));
}

/** The files of the house that a file imports. */
function ownImportsOf(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => relative(ROOT, join(ROOT, dirname(file), specifier)));
}

function forbiddenImports(file: string): string[] {
  const room = roomOf(file);
  const wing = file.split("/")[0];
  return importsOf(file).flatMap((specifier) => {
    if (!specifier.startsWith(".")) {
      const home = Object.entries(PACKAGE_ROOMS).find(
        ([name]) => specifier === name || specifier.startsWith(`${name}/`),
      );
      return home !== undefined && !home[1].test(file) ? [`package ${specifier}`] : [];
    }
    const target = relative(ROOT, join(ROOT, dirname(file), specifier));
    const targetRoom = roomOf(target);
    if (targetRoom === room || OPEN_TO_THE_WING.includes(target)) return target.split("/")[0] === wing ? [] : [target];
    if (COMPOSERS.test(file)) {
      return target.split("/")[0] === wing ? [] : [target];
    }
    const mayImport = [...(MAY_IMPORT[room] ?? []), `${room}/`];
    return mayImport.some((open) => isInside(targetRoom, open)) ? [] : [target];
  });
}

function isInside(room: string, outer: string): boolean {
  return room === outer || room.startsWith(outer.endsWith("/") ? outer : `${outer}/`);
}

function roomOf(file: string): string {
  const parts = file.split("/");
  const inner = parts.slice(0, 3).join("/");
  if (parts.length > 3 && inner in MAY_IMPORT) return inner;
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : (parts[0] ?? "");
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

function typescriptFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return name === "dist" ? [] : typescriptFiles(path);
    return name.endsWith(".ts") ? [path] : [];
  });
}
