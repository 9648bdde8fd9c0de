/** What the parts of a mapping's compilation share. */
import type { UserFunction } from "./convert.ts";
import type { MappingSpec } from "./spec.ts";

/** What one object's or field's compilation is given and to whom it reports. */
export interface CompileContext {
  readonly spec: MappingSpec;
  /** IANA zone of external times that name none, or null. */
  readonly zone: string | null;
  readonly functions: Readonly<Record<string, UserFunction>>;
  report(path: string, message: string): void;
}
