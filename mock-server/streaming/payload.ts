/** A change event as a subscriber gets it: the header, and of its fields those that he may read. Source: change-events §2.3, §2.4. */
import { createHash } from "node:crypto";
import type { Actor } from "../org/port.ts";
import type { FieldDefinition, FieldValue } from "../schema/definition.ts";
import { WireDouble } from "../schema/wire-double.ts";
import { type ChangedField, eventValue, isPart } from "./change-event.ts";
import type { BusEvent } from "./event-bus.ts";
import type { ServerMessage } from "./protocol.ts";

/** The message of an event on one channel. */
export function eventMessage(channel: string, event: BusEvent, actor: Actor): ServerMessage {
  const fields = event.fields.filter(({ field }) => actor.access.canReadField(event.entityName, field.name));
  return {
    channel,
    data: {
      schema: schemaId(event.entityName),
      payload: { ChangeEventHeader: headerOf(event, fields), ...payloadOf(fields) },
      event: { replayId: event.replayId },
    },
  };
}

function headerOf(event: BusEvent, fields: readonly ChangedField[]) {
  const changed = event.changeType === "UPDATE" ? fields : [];
  return {
    entityName: event.entityName,
    recordIds: event.recordIds,
    changeType: event.changeType,
    changeOrigin: event.changeOrigin,
    transactionKey: event.transactionKey,
    sequenceNumber: event.sequenceNumber,
    commitTimestamp: event.commitTimestamp,
    commitNumber: event.commitNumber,
    commitUser: event.commitUser,
    nulledFields: changed.filter(({ value }) => value === null).map(({ field }) => pathOf(field)),
    // Long texts are always told whole.
    diffFields: [],
    changedFields: changed.map(({ field }) => pathOf(field)),
  };
}

/** Parts of an address or a name are in an object of their compound field. */
function payloadOf(fields: readonly ChangedField[]): Readonly<Record<string, unknown>> {
  const payload: Record<string, FieldValue | WireDouble | Record<string, FieldValue | WireDouble>> = {};
  for (const changed of fields) {
    const { field } = changed;
    if (!isPart(field) || field.compoundFieldName === undefined) {
      payload[field.name] = eventValue(changed);
      continue;
    }
    const compound = payload[field.compoundFieldName];
    const parts =
      typeof compound === "object" && compound !== null && !(compound instanceof WireDouble) ? compound : {};
    parts[partName(field, field.compoundFieldName)] = eventValue(changed);
    payload[field.compoundFieldName] = parts;
  }
  return payload;
}

/** `BillingAddress.City`; a field that is no part of another stands alone. */
function pathOf(field: FieldDefinition): string {
  const compound = field.compoundFieldName;
  return isPart(field) && compound !== undefined ? `${compound}.${partName(field, compound)}` : field.name;
}

/** `City` of `BillingCity`, `FirstName` of a name, `Latitude` of `Site__Latitude__s`. */
function partName(field: FieldDefinition, compound: string): string {
  const location = /__(Latitude|Longitude)__s$/.exec(field.name)?.[1];
  if (location !== undefined) return location;
  const prefix = compound.replace(/Address$/, "");
  return compound.endsWith("Address") && field.name.startsWith(prefix) ? field.name.slice(prefix.length) : field.name;
}

/** Names the schema of an object's events; this org gives the Id and nothing behind it. */
function schemaId(entityName: string): string {
  return createHash("sha256").update(entityName).digest("base64url").slice(0, 22);
}
