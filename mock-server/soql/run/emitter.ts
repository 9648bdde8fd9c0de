/**
 * Makes specialized JavaScript functions out of bound queries.
 *
 * A generic interpreter reads every field through the same instruction, which no engine can specialize; a generated
 * loop reads `row["Status"]` as fast as one written by hand. Text of generated functions contains only field names of
 * the catalog, quoted as JSON; every value that a user wrote reaches it as a constant from outside, never as source.
 */
import type { JsonValue } from "../base/port.ts";
import type { Run } from "./run.ts";

/** What generated code may be given from outside. */
export type Constant = JsonValue | RegExp | ReadonlySet<string | number> | ConstantFunction;

/** Functions called by generated code; each call site passes what the function was made for. */
export type ConstantFunction = (...values: never[]) => JsonValue | object | undefined | void;

/** A compiled function that still needs the constants of one run. */
export type Compiled<T> = (run: Run) => T;

/** Compiled sources kept for reuse: the same statement with other literals compiles to the same source. */
const SOURCES_MAX = 500;
const sources = new Map<string, (constants: readonly Constant[]) => object>();

/** Collects constants and temporaries while a function's source is put together. */
export class Emitter {
  readonly #constants: ((run: Run) => Constant)[] = [];
  readonly #fixed = new Map<string, string>();
  #temporaries = 0;

  /** The name under which generated code finds a value that is made again for each run. */
  constant(make: (run: Run) => Constant): string {
    this.#constants.push(make);
    return `k${this.#constants.length - 1}`;
  }

  /** The same for a constant that several places ask for under one identity. */
  shared(identity: string, make: (run: Run) => Constant): string {
    const known = this.#fixed.get(identity);
    if (known !== undefined) return known;
    const name = this.constant(make);
    this.#fixed.set(identity, name);
    return name;
  }

  /** A fresh local variable. */
  temporary(): string {
    return `t${this.#temporaries++}`;
  }

  /**
   * Compiles `function (parameters) { body }`. `T` is the type of that function, which the compiler cannot see: it is
   * the one cast of the code generator, and every caller states it beside the source that it wrote.
   */
  compile<T extends object>(parameters: string, body: string): Compiled<T> {
    const names = this.#constants.map((_, index) => `k${index} = k[${index}]`);
    const locals = Array.from({ length: this.#temporaries }, (_, index) => `t${index}`);
    const source = [
      '"use strict";',
      names.length > 0 ? `const ${names.join(", ")};` : "",
      `return function (${parameters}) {`,
      locals.length > 0 ? `let ${locals.join(", ")};` : "",
      body,
      "};",
    ].join("\n");
    const factory = factoryOf(source);
    const makers = [...this.#constants];
    return (run) => factory(makers.map((make) => make(run))) as T;
  }
}

function factoryOf(source: string): (constants: readonly Constant[]) => object {
  const known = sources.get(source);
  if (known !== undefined) return known;
  // The source above returns a function for any constants; `Function` has no type for that.
  // oxlint-disable-next-line typescript/no-implied-eval -- see the head of this file: no text of a user gets in here
  const factory = new Function("k", source) as (constants: readonly Constant[]) => object;
  if (sources.size >= SOURCES_MAX) {
    const oldest = sources.keys().next();
    if (oldest.done !== true) sources.delete(oldest.value);
  }
  sources.set(source, factory);
  return factory;
}

/** A property read with a constant name. */
export function read(object: string, property: string): string {
  return `${object}[${JSON.stringify(property)}]`;
}
