/** SOAP messages as text: envelopes of answers and of faults. Source: rest-api §3.9, §3.10. */
import { escapeXml } from "../http/xml-text.ts";

/** The SOAP APIs, known by their namespaces: partner and enterprise data, and metadata. */
export type SoapFlavor = "partner" | "enterprise" | "metadata";

/** A refused SOAP call: the fault's code and text. */
export class SoapFault extends Error {
  readonly code: string;
  /** The element of the fault's detail, for example `LoginFault`. */
  readonly detail: string;
  /** True where the fault code carries the prefix `sf:`. Recorded login faults have none, session faults do. */
  readonly prefixed: boolean;

  constructor(code: string, message: string, detail = "UnexpectedErrorFault", prefixed = true) {
    super(message);
    this.name = "SoapFault";
    this.code = code;
    this.detail = detail;
    this.prefixed = prefixed;
  }
}

/** The API's own use in the day's allowance, which answers show in a header of the message. */
export interface LimitInfo {
  readonly current: number;
  readonly limit: number;
}

const ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";

interface Namespaces {
  /** Of the calls and their results. */
  readonly own: string;
  /** Of sObjects, bound to the prefix `sf`; absent where there are none. */
  readonly sObject?: string;
  /** Of faults, bound to the prefix `sf`. */
  readonly fault: string;
}

const NAMESPACES: Readonly<Record<SoapFlavor, Namespaces>> = {
  partner: {
    own: "urn:partner.soap.sforce.com",
    sObject: "urn:sobject.partner.soap.sforce.com",
    fault: "urn:fault.partner.soap.sforce.com",
  },
  enterprise: {
    own: "urn:enterprise.soap.sforce.com",
    sObject: "urn:sobject.enterprise.soap.sforce.com",
    fault: "urn:fault.enterprise.soap.sforce.com",
  },
  metadata: {
    own: "http://soap.sforce.com/2006/04/metadata",
    fault: "http://soap.sforce.com/2006/04/metadata",
  },
};

/** The envelope of an answer whose body is this XML text. */
export function soapEnvelope(flavor: SoapFlavor, body: string, limit?: LimitInfo): string {
  const { own, sObject } = NAMESPACES[flavor];
  const sf = sObject === undefined ? "" : ` xmlns:sf="${sObject}"`;
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" ` +
    `xmlns="${own}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"${sf}>` +
    `${limit === undefined ? "" : limitHeader(limit)}<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

/** The form of this header is from memory. */
function limitHeader({ current, limit }: LimitInfo): string {
  const info = `<current>${current}</current><limit>${limit}</limit><type>API REQUESTS</type>`;
  return `<soapenv:Header><LimitInfoHeader><limitInfo>${info}</limitInfo></LimitInfoHeader></soapenv:Header>`;
}

/** The envelope of a fault. Faults of the metadata API carry no detail. */
export function faultEnvelope(flavor: SoapFlavor, fault: SoapFault): string {
  const { code, prefixed } = fault;
  const detail = flavor === "metadata" ? "" : faultDetail(fault);
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" ` +
    `xmlns:sf="${NAMESPACES[flavor].fault}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
    `<soapenv:Body><soapenv:Fault><faultcode>${prefixed ? "sf:" : ""}${escapeXml(code)}</faultcode>` +
    `<faultstring>${escapeXml(`${code}: ${fault.message}`)}</faultstring>${detail}</soapenv:Fault></soapenv:Body></soapenv:Envelope>`
  );
}

/** Faults of queries also say where; a message that names no place gives -1. */
const PLACED_FAULTS: ReadonlySet<string> = new Set(["InvalidFieldFault", "InvalidSObjectFault", "MalformedQueryFault"]);

function faultDetail({ code, detail, message }: SoapFault): string {
  const [, row = "-1", column = "-1"] = /ERROR at Row:(\d+):Column:(\d+)/.exec(message) ?? [];
  const place = PLACED_FAULTS.has(detail) ? `<sf:row>${row}</sf:row><sf:column>${column}</sf:column>` : "";
  return (
    `<detail><sf:${detail} xsi:type="sf:${detail}"><sf:exceptionCode>${escapeXml(code)}</sf:exceptionCode>` +
    `<sf:exceptionMessage>${escapeXml(message)}</sf:exceptionMessage>${place}</sf:${detail}></detail>`
  );
}
