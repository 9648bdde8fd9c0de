/**
 * Lets the `mock-org` command start without Node's web classes, whose loading takes a third as long as Node itself.
 *
 * `Headers`, `Request` and `Response` are globals that load when somebody touches them; the HTTP adapter touches them as
 * soon as it is loaded, to make subclasses that the usual answer never falls back on. The stand-ins here load the real
 * ones when the first object is made. Importing this file replaces the globals, so only the command does, and first.
 */

type AnyClass = abstract new (...values: never[]) => object;

/** The static methods of the classes, which must be there before the class is. */
const STATICS: Readonly<Record<string, readonly string[]>> = { Response: ["error", "json", "redirect"] };

for (const name of ["Headers", "Request", "Response"]) standIn(name, STATICS[name] ?? []);

function standIn(name: string, statics: readonly string[]): void {
  const real = Object.getOwnPropertyDescriptor(globalThis, name);
  // A class that somebody replaced before is there already.
  if (real?.get === undefined) return;
  // Subclasses are made of the stand-in before the class is there; they find it through this object later.
  const prototype = {};
  let loaded: AnyClass | undefined;
  const load = (): AnyClass => {
    if (loaded !== undefined) return loaded;
    loaded = real.get?.call(globalThis) as AnyClass;
    Object.setPrototypeOf(prototype, loaded.prototype as object);
    StandIn.prototype = loaded.prototype;
    return loaded;
  };
  function StandIn(...values: readonly unknown[]): object {
    const wanted: unknown = new.target;
    return Reflect.construct(load(), values, wanted === StandIn ? load() : (wanted as AnyClass)) as object;
  }
  StandIn.prototype = prototype;
  for (const method of statics)
    Object.defineProperty(StandIn, method, {
      value: (...values: readonly unknown[]): unknown =>
        Reflect.apply(Reflect.get(load(), method) as () => unknown, load(), values),
    });
  Object.defineProperty(globalThis, name, { value: StandIn, configurable: true, enumerable: false, writable: true });
}
