/** Binds a configured collection to the tables that the database really has, and lists what does not fit. */
import type { ExternalProblem } from "../port.ts";
import { type ColumnInfo, readTable, type TableInfo, tableNames } from "./catalog.ts";
import type { SqlCollectionConfig } from "./config.ts";
import type { SqlConnection } from "./connection.ts";

/** A table with the columns that are read. */
export interface BoundTable {
  readonly info: TableInfo;
  readonly columns: readonly ColumnInfo[];
}

/** A collection whose every name exists. */
export interface BoundCollection {
  /** The collection's name in the configuration. */
  readonly name: string;
  readonly root: BoundTable;
  readonly key: readonly ColumnInfo[];
  readonly lines?: BoundLines;
  readonly changes: SqlCollectionConfig["changes"];
  readonly version?: { readonly column: ColumnInfo; readonly increment: boolean };
  readonly changedBy?: ColumnInfo;
  readonly changedAt?: ColumnInfo;
  /** IANA zone of times that name none. */
  readonly timeZone?: string;
}

/** The lines' table. */
export interface BoundLines extends BoundTable {
  readonly parentKey: readonly ColumnInfo[];
  readonly key: readonly ColumnInfo[];
  readonly orderBy: readonly ColumnInfo[];
}

/** What binding found: a collection that can be used, unless there are problems. */
export interface Binding {
  readonly bound?: BoundCollection;
  readonly problems: readonly ExternalProblem[];
}

/** Looks up every table and column of a collection. */
export async function bindCollection(
  connection: SqlConnection,
  name: string,
  config: SqlCollectionConfig,
): Promise<Binding> {
  const problems: ExternalProblem[] = [];
  const at = (path: string): string => `external.collections.${name}.${path}`;
  const findTable = async (table: string, path: string): Promise<TableInfo | undefined> => {
    const info = await readTable(connection, table);
    if (info === undefined) {
      const hint = nearName(table, await tableNames(connection));
      problems.push({ place: at(path), message: `${connection.place} has no table "${table}"${hint}` });
    }
    return info;
  };
  const findColumn = (info: TableInfo, column: string, path: string): ColumnInfo | undefined => {
    const found = info.columns.get(column);
    if (found === undefined) {
      const hint = nearName(column, [...info.columns.keys()]);
      problems.push({ place: at(path), message: `table "${info.name}" has no column "${column}"${hint}` });
    }
    return found;
  };
  const findColumns = (info: TableInfo, columns: readonly string[], path: string): readonly ColumnInfo[] =>
    columns.flatMap((column) => findColumn(info, column, path) ?? []);
  const readColumns = (info: TableInfo, wanted: readonly string[] | undefined, path: string): readonly ColumnInfo[] => {
    if (wanted === undefined) return [...info.columns.values()].filter((column) => !column.binary);
    const columns = findColumns(info, wanted, path);
    for (const column of columns.filter((candidate) => candidate.binary)) {
      problems.push({ place: at(path), message: `column "${column.name}" is binary; binary columns cannot be synced` });
    }
    return columns;
  };

  const info = await findTable(config.table, "table");
  const lineInfo = config.lines && (await findTable(config.lines.table, "lines.table"));
  if (info === undefined) return { problems };
  const key = findColumns(info, config.key, "key");
  if (key.length === config.key.length) requireUnique(info, config.key, at("key"), problems);
  const lines: BoundLines | undefined =
    config.lines === undefined || lineInfo === undefined
      ? undefined
      : {
          info: lineInfo,
          columns: readColumns(lineInfo, config.lines.columns, "lines.columns"),
          parentKey: asCompared(findColumns(lineInfo, config.lines.parentKey, "lines.parentKey"), key),
          key: findColumns(lineInfo, config.lines.key, "lines.key"),
          orderBy: findColumns(lineInfo, config.lines.orderBy ?? config.lines.key, "lines.orderBy"),
        };
  if (lines !== undefined && config.lines !== undefined) {
    requireUnique(lines.info, [...config.lines.parentKey, ...config.lines.key], at("lines.key"), problems);
  }
  checkChanges({ connection, info, lineInfo, config, at }, problems);
  if (config.changes.kind === "column") findColumn(info, config.changes.column, "changes.column");
  const version = config.version && findColumn(info, config.version.column, "version.column");
  const changedBy = config.changedBy === undefined ? undefined : findColumn(info, config.changedBy, "changedBy");
  const changedAt = config.changedAt === undefined ? undefined : findColumn(info, config.changedAt, "changedAt");
  const root = { info, columns: readColumns(info, config.columns, "columns") };
  if (problems.length > 0) return { problems };
  return {
    problems,
    bound: {
      name,
      root,
      key,
      changes: config.changes,
      ...(lines && { lines }),
      ...(version && { version: { column: version, increment: config.version?.increment ?? false } }),
      ...(changedBy && { changedBy }),
      ...(changedAt && { changedAt }),
    },
  };
}

/** A line belongs to the record whose key its own columns are equal to, in the collation of the record's key. */
function asCompared(columns: readonly ColumnInfo[], key: readonly ColumnInfo[]): readonly ColumnInfo[] {
  return columns.map((column, index) => {
    const term = key[index]?.sorting[0];
    return term === "nocase" || term === "rtrim" ? { ...column, comparedIn: term } : column;
  });
}

function requireUnique(info: TableInfo, key: readonly string[], place: string, problems: ExternalProblem[]): void {
  // A view declares nothing; its key is taken on trust.
  if (info.kind === "view") return;
  const unique = info.uniqueKeys.some((columns) => columns.every((column) => key.includes(column)));
  if (unique) return;
  problems.push({
    place,
    message: `(${key.join(", ")}) is not unique in table "${info.name}"; name the primary key or add a unique index`,
  });
}

function checkChanges(
  facts: {
    readonly connection: SqlConnection;
    readonly info: TableInfo;
    readonly lineInfo: TableInfo | undefined;
    readonly config: SqlCollectionConfig;
    readonly at: (path: string) => string;
  },
  problems: ExternalProblem[],
): void {
  const { connection, info, lineInfo, config, at } = facts;
  if (config.changes.kind === "changeLog") {
    for (const view of [info, lineInfo].filter((table) => table?.kind === "view")) {
      problems.push({
        place: at("changes"),
        message: `"${view?.name}" is a view and cannot have triggers; use changes: { kind: column, column: … }`,
      });
    }
    return;
  }
  const type = info.columns.get(config.changes.column)?.type ?? "";
  if (connection.dialect === "sqlite" && /real|floa|doub/.test(type)) {
    problems.push({
      place: at("changes.column"),
      message: `column "${config.changes.column}" is of type ${type}, which is not exact; use a TEXT or INTEGER column`,
    });
  }
}

/** A hint with the name that was probably meant: most mistakes are in the case of letters. */
function nearName(name: string, names: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const near = names.find((candidate) => plain(candidate) === plain(name));
  return near === undefined ? "" : ` (there is "${near}"; names are case-sensitive)`;
}
