/** The log of a connector that stays up: one JSON object a line, secrets taken out of every line. */
import { type Logger, pino } from "pino";

/** A pino logger. */
export type SyncLogger = Logger;

/** What a log is made of. */
export interface LogOptions {
  readonly level: string;
  readonly write: (line: string) => void;
  /** Takes secrets out of a line; the line is JSON, so it gets them as JSON escapes them. */
  readonly redact: (text: string) => string;
  /** Fields of every line, for example the source. */
  readonly base: Readonly<Record<string, string>>;
}

/** Makes a log. Levels are words and times ISO, as people and most collectors read them. */
export function openLog({ level, write, redact, base }: LogOptions): SyncLogger {
  return pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(redact(line)) },
  );
}
