/** Calls of the metadata API. Source: Metadata API Developer Guide; the bound of ten components is from there too. */
import { OrgError } from "../errors.ts";
import type { RestServices } from "../http/rest.ts";
import { escapeXml } from "../http/xml-text.ts";
import { createComponent, deleteComponent, updateComponent, upsertComponent } from "../metadata/change.ts";
import {
  COMPONENT_TYPES,
  type Component,
  type ComponentResult,
  type ComponentType,
  componentType,
  xmlOf,
} from "../metadata/component.ts";
import { type ComponentEntry, listComponents, readComponent } from "../metadata/read.ts";
import { wireInstant } from "../org/clock.ts";
import { type Actor } from "../org/port.ts";
import type { XmlElement } from "../schema/metadata/xml.ts";
import { datetimeWithZ } from "../schema/temporal.ts";
import {
  elementOf,
  elementsOf,
  flagOf,
  listOf,
  nodeText,
  type SoapCall,
  type SoapElement,
  textOf,
  textsOf,
} from "./call.ts";
import { SoapFault } from "./envelope.ts";

const COMPONENTS_MAX = 10;
const LIST_QUERIES_MAX = 3;

/** What a metadata call works with. It runs outside of transactions, because it may change the schema. */
export interface MetadataContext {
  readonly services: RestServices;
  readonly actor: Actor;
  readonly version: number;
  readonly soap: SoapCall;
}

/** Answers a call: the body of the message. Throws `OrgError` or `SoapFault`. */
export function metadataCall(context: MetadataContext): string {
  const { operation } = context.soap;
  const answer = Object.hasOwn(METADATA_CALLS, operation) ? METADATA_CALLS[operation] : undefined;
  if (answer === undefined)
    throw new SoapFault("INVALID_OPERATION", `Metadata operation ${operation} is not supported by the mock org`);
  const { access } = context.actor;
  if (!access.has("ModifyAllData") && !access.has("ModifyMetadata"))
    throw new SoapFault(
      "INSUFFICIENT_ACCESS",
      "use of the Metadata API requires a user with the ModifyAllData or ModifyMetadata permissions",
    );
  return `<${operation}Response>${answer(context)}</${operation}Response>`;
}

/** The calls by name. */
export const METADATA_CALLS: Readonly<Record<string, (context: MetadataContext) => string>> = {
  describeMetadata,
  listMetadata,
  readMetadata,
  createMetadata: (context) => saveMetadata(context, createComponent),
  updateMetadata: (context) => saveMetadata(context, updateComponent),
  upsertMetadata: (context) => saveMetadata(context, upsertComponent),
  deleteMetadata,
};

/** Where a retrieve puts the files of each type. */
const FOLDERS: Readonly<Record<Exclude<ComponentType, "CustomField">, readonly [folder: string, suffix: string]>> = {
  CustomObject: ["objects", "object"],
  PermissionSet: ["permissionsets", "permissionset"],
  Profile: ["profiles", "profile"],
};

function describeMetadata(): string {
  const objects = Object.entries(FOLDERS).map(([type, [folder, suffix]]) => {
    const children = type === "CustomObject" ? "<childXmlNames>CustomField</childXmlNames>" : "";
    const place = `<directoryName>${folder}</directoryName><inFolder>false</inFolder><metaFile>false</metaFile>`;
    return `<metadataObjects>${children}${place}<suffix>${suffix}</suffix><xmlName>${type}</xmlName></metadataObjects>`;
  });
  const rest =
    "<organizationNamespace/><partialSaveAllowed>true</partialSaveAllowed><testRequired>false</testRequired>";
  return `<result>${objects.join("")}${rest}</result>`;
}

function listMetadata(context: MetadataContext): string {
  const queries = elementsOf(context.soap.input, "queries");
  if (queries.length > LIST_QUERIES_MAX) {
    const message = `Number of queries exceeds the maximum of ${LIST_QUERIES_MAX}`;
    throw new OrgError(400, { code: "LIMIT_EXCEEDED", message });
  }
  return queries
    .flatMap((query) => listComponents(context.services.org, typeOf(query, "type")))
    .map((entry) => fileProperties(context, entry))
    .join("");
}

/** Components have no dates of their own here: they show the org's time. */
function fileProperties({ services, actor }: MetadataContext, entry: ComponentEntry): string {
  const { org } = services;
  const now = datetimeWithZ(wireInstant(org.clock.nowMs()));
  const who = (what: string): string =>
    `<${what}ById>${actor.userId}</${what}ById><${what}ByName>${escapeXml(actor.username)}</${what}ByName><${what}Date>${now}</${what}Date>`;
  return (
    `<result>${who("created")}<fileName>${escapeXml(entry.fileName)}</fileName><fullName>${escapeXml(entry.fullName)}</fullName>` +
    `<id>${entry.id}</id>${who("lastModified")}<manageableState>unmanaged</manageableState>` +
    `<namespacePrefix/><type>${entry.type}</type></result>`
  );
}

function readMetadata(context: MetadataContext): string {
  const type = typeOf(context.soap.input, "type");
  const names = textsOf(context.soap.input, "fullNames");
  checkCount(names.length);
  const records = names.map((fullName) => {
    const element = readComponent(context.services.org, type, fullName);
    if (element === undefined) return '<records xsi:nil="true"/>';
    return `<records xsi:type="${type}">${element.children.map(xmlOf).join("")}</records>`;
  });
  return `<result>${records.join("")}</result>`;
}

type Save = (org: RestServices["org"], component: Component) => ComponentResult;

function saveMetadata(context: MetadataContext, save: Save): string {
  const elements = elementsOf(context.soap.input, "metadata");
  checkCount(elements.length);
  const components = elements.map((element): Component => {
    const type = typeOf(element, "@type");
    const content = metadataElement(type, element);
    const fullName = textOf(element, "fullName") ?? "";
    return { type, fullName, element: content };
  });
  const upsert = context.soap.operation === "upsertMetadata";
  return changed(context, () => components.map((component) => save(context.services.org, component)), upsert);
}

function deleteMetadata(context: MetadataContext): string {
  const type = typeOf(context.soap.input, "type");
  const names = textsOf(context.soap.input, "fullNames");
  checkCount(names.length);
  return changed(context, () => names.map((name) => deleteComponent(context.services.org, type, name)), false);
}

/** Makes the changes; with the header for all or none, one failure takes all of them back. */
function changed(context: MetadataContext, work: () => readonly ComponentResult[], upsert: boolean): string {
  const { services, soap } = context;
  const { org } = services;
  const allOrNone = flagOf(elementOf(soap.header, "AllOrNoneHeader"), "allOrNone");
  const before = allOrNone ? org.snapshot() : undefined;
  const results = work();
  // What waits may be about fields and objects that are gone.
  services.cursors.clear();
  if (before === undefined || results.every((result) => result.success))
    return results.map((result) => resultElement(result, upsert)).join("");
  org.restore(before);
  return results.map((result) => resultElement(result.success ? rolledBack(result) : result, upsert)).join("");
}

function rolledBack({ fullName }: ComponentResult): ComponentResult {
  const message = "Record rolled back because not all records were valid and the request was using AllOrNone header";
  return { success: false, fullName, fault: { code: "ALL_OR_NONE_OPERATION_ROLLED_BACK", message } };
}

function resultElement(result: ComponentResult, upsert: boolean): string {
  const created = upsert ? `<created>${result.success && result.created}</created>` : "";
  const fullName = `<fullName>${escapeXml(result.fullName)}</fullName>`;
  if (result.success) return `<result>${created}${fullName}<success>true</success></result>`;
  const { code, message } = result.fault;
  const errors = `<errors><message>${escapeXml(message)}</message><statusCode>${code}</statusCode></errors>`;
  return `<result>${created}${errors}${fullName}<success>false</success></result>`;
}

/** The metadata type that an element names, as text or as its `xsi:type`. */
function typeOf(element: SoapElement, member: "type" | "@type"): ComponentType {
  const name = (textOf(element, member) ?? "").replace(/^\w+:/, "");
  const type = componentType(name);
  if (type !== undefined) return type;
  const known = COMPONENT_TYPES.join(", ");
  throw new SoapFault("INVALID_TYPE", `Metadata type '${name}' is not supported by the mock org, which has ${known}`);
}

function metadataElement(name: string, element: SoapElement): XmlElement {
  const children = Object.keys(element)
    .filter((member) => !member.startsWith("@") && !member.startsWith("#"))
    .flatMap((member) =>
      listOf(element, member).map((node) =>
        typeof node === "string" ? { name: member, text: node, children: [] } : metadataElement(member, node),
      ),
    );
  return { name, text: nodeText(element) ?? "", children };
}

function checkCount(count: number): void {
  if (count <= COMPONENTS_MAX) return;
  const message = `record limit reached. cannot submit more than ${COMPONENTS_MAX} records into this operation`;
  throw new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
}
