/**
 * Documents that are made from the code: the JSON Schema of the configuration, its reference, and the list of errors.
 * `tools/generate.mjs` writes the files; a test of the house compares them.
 */
import { z } from "zod";
import { ERROR_CODES } from "../errors.ts";
import { configSchema } from "./schema.ts";

/** A JSON Schema, as far as the reference reads it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** The JSON Schema of a configuration file, draft 2020-12. Editors complete and check with it. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return { title: "order-sync configuration", ...schema };
}

/** The text of `docs/configuration.md`. */
export function configurationReference(): string {
  // zod's own result; only the parts of `Schema` are read.
  const schema = configJsonSchema() as Schema;
  const sections = Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "$schema")
    .map(([name, part]) => {
      const required = schema.required?.includes(name) === true;
      // The section's own heading and text say what its first row would.
      const rows = rowsOf(part, name, required).filter((row) => row.path !== `\`${name}\``);
      return `## \`${name}\`\n\n${part.description ?? ""}${required ? " Required." : ""}\n\n${table(rows)}\n`;
    });
  return `# Configuration

*Made from the code (\`src/config/schema.ts\`) by \`npm run generate\`; do not edit.*

\`order-sync.yaml\`, \`.json\` or \`.mjs\` (with \`defineConfig\`). \`order-sync init\` writes a commented one. \`\${NAME}\` in any text is taken
from the environment. Secrets must be such references, unless the system that they open is on this machine. Relative \`file:\` addresses
start at the file's folder. The JSON Schema for editors is \`schema/order-sync.schema.json\` in the package.

In the tables, \`<name>\` is a name of your choice and \`[]\` is each entry of a list. \`a | b\` in front of a path is the variant
(\`kind\`) that the setting belongs to.

${sections.join("\n")}`;
}

/** The text of `docs/errors.md`. */
export function errorReference(): string {
  const sections = Object.entries(ERROR_CODES).map(
    ([code, entry]) =>
      `## \`${code}\`\n\n${entry.when}\n\n**What to do:** ${entry.remedy}\n\nExit code ${entry.exitCode}; ${AGAIN[entry.retry]}.\n`,
  );
  return `# Errors

*Made from the code (\`src/errors.ts\`) by \`npm run generate\`; do not edit.*

A command that cannot do its work prints \`CODE: message\` on standard error and ends with exit code 2 (usage or configuration) or 3 (could
not run). The state is then as it was, or holds exactly what had landed. Documents that one side refuses are not errors: they are dead
letters, and the exit code is 1.

${sections.join("\n")}`;
}

const AGAIN: Readonly<Record<string, string>> = {
  now: "trying again at once may help",
  later: "trying again later may help, and `serve` does so by itself",
  never: "trying again without a change does not help",
};

interface Row {
  readonly path: string;
  readonly kind: string;
  readonly standard: string;
  readonly text: string;
}

function rowsOf(schema: Schema, path: string, required: boolean, variant = ""): readonly Row[] {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return variantRows(schema, variants, path, required, variant);
  const own = ownRow(schema, path, required, variant);
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(child, `${path}.${name}`, schema.required?.includes(name) === true, variant),
  );
  const named = typeof schema.additionalProperties === "object" ? schema.additionalProperties : null;
  const items = schema.items ?? null;
  return [
    ...own,
    ...children,
    ...(named === null ? [] : rowsOf(named, `${path}.<name>`, false, variant).filter(hasContent)),
    ...(items === null || isPlain(items) ? [] : rowsOf(items, `${path}[]`, false, variant)),
  ];
}

function variantRows(
  schema: Schema,
  variants: readonly Schema[],
  path: string,
  required: boolean,
  variant: string,
): readonly Row[] {
  if (variants.every(isPlain)) return ownRow(schema, path, required, variant);
  return [
    ...ownRow(schema, path, required, variant),
    ...variants.flatMap((one) => {
      const kind = one.properties?.["kind"]?.const;
      const name = typeof kind === "string" ? kind : "";
      return isPlain(one)
        ? []
        : rowsOf(one, path, false, name === "" ? variant : name).filter((row) => row.path !== path);
    }),
  ];
}

function ownRow(schema: Schema, path: string, required: boolean, variant: string): readonly Row[] {
  const isGroup = schema.properties !== undefined && schema.description === undefined;
  if (isGroup) return [];
  const standard = required ? "required" : schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``;
  const shown = schema.properties !== undefined && standard.length > LONG_DEFAULT ? "" : standard;
  return [
    {
      path: `${variant === "" ? "" : `${variant} | `}\`${path}\``,
      kind: kindOf(schema),
      standard: shown,
      text: schema.description ?? "",
    },
  ];
}

/** Longer defaults are those of whole groups, whose settings tell their own. */
const LONG_DEFAULT = 30;

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(" ");
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return [...new Set(variants.map(kindOf))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items === undefined ? "anything" : kindOf(schema.items)}`;
  const name = KINDS[String(schema.type)] ?? "anything";
  return `${name}${bounds(schema)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "group",
  null: "null",
};

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, type }: Schema): string {
  const from = minimum ?? exclusiveMinimum;
  const to = maximum ?? exclusiveMaximum;
  const low =
    from === undefined || (type === "integer" && from === Number.MIN_SAFE_INTEGER)
      ? ""
      : ` from ${exclusiveMinimum === undefined ? "" : "above "}${from}`;
  const high =
    to === undefined || to === Number.MAX_SAFE_INTEGER
      ? ""
      : ` to ${exclusiveMaximum === undefined ? "" : "below "}${to}`;
  return low + high;
}

function isPlain(schema: Schema): boolean {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return variants.every(isPlain);
  return schema.properties === undefined && typeof schema.additionalProperties !== "object";
}

function hasContent(row: Row): boolean {
  return row.text !== "" || row.kind !== "group";
}

function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const lines = rows.map(
    (row) => `| ${cell(row.path)} | ${cell(row.kind)} | ${cell(row.standard)} | ${cell(row.text)} |`,
  );
  return ["| setting | value | default | meaning |", "|---|---|---|---|", ...lines].join("\n");
}
