/** JSON as results are made of it. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object whose members cannot be changed. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
