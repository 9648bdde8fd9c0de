import type { Catalog, SObjectType } from "./catalog.ts";

/** The object whose changes an event of this name tells: `Account` of `AccountChangeEvent`, `My__c` of `My__ChangeEvent`. */
export function objectOfChangeEvent(name: string, catalog: Catalog): SObjectType | undefined {
  const object = /^(\w+)ChangeEvent$/.exec(name)?.[1];
  return object === undefined ? undefined : catalog.object(object.endsWith("__") ? `${object}c` : object);
}
