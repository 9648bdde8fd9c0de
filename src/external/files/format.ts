/** Exchange files between bytes and records, by their format and encoding. Pure. */
import type { FilesCollectionConfig } from "./config.ts";
import { csvText, parseCsv } from "./csv.ts";
import { decodeFile } from "./encoding.ts";
import type { FileRecord, ParsedFile } from "./file-record.ts";
import { ndjsonText, parseNdjson } from "./ndjson.ts";

/** Parses the bytes of a file. Throws `UnusableFile`. */
export function parseFile(config: FilesCollectionConfig, bytes: Uint8Array): ParsedFile {
  const text = decodeFile(bytes, config.encoding);
  return config.format === "csv" ? parseCsv(config, text) : parseNdjson(config, text);
}

/** The text of a file with whole records. A deleted one needs `operation` in the configuration. */
export function writeFileText(config: FilesCollectionConfig, records: readonly FileRecord[]): string {
  return config.format === "csv" ? csvText(config, records) : ndjsonText(config, records);
}
