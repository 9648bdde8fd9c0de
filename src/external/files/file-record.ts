/** What exchange files say, whatever their format. */
import type { ExternalFields } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";

/** A line of a record in a file. */
export interface FileLine {
  readonly naturalKey: NaturalKey;
  readonly fields: ExternalFields;
}

/** What a file says about one record. Fields and lines that the file does not have are absent. */
export interface FileRecord {
  readonly naturalKey: NaturalKey;
  readonly deleted: boolean;
  readonly fields: ExternalFields;
  readonly lines?: readonly FileLine[];
}

/** A part of a file that cannot be used, and where it begins. */
export interface FileProblem {
  readonly line: number;
  readonly reason: string;
}

/** What a file holds. Later entries of a key stand later. */
export interface ParsedFile {
  readonly records: readonly FileRecord[];
  /** Records that cannot be used, while the rest of the file can; in the order of the file. */
  readonly problems: readonly FileProblem[];
  /** The rejected records as a file of the same form, to be corrected and sent again; empty without problems. */
  readonly rejectedText: string;
}
