/** SOAP messages: taking requests apart and writing answers and faults. Source: rest-api §3.9, §3.10. */
import { escapeXml } from "./xml-text.ts";

/** The two flavours of the SOAP API, known by their namespaces. */
export type SoapFlavour = "partner" | "enterprise";

/** A SOAP call. */
export interface SoapCall {
  /** Local name of the body's first element, for example `login`. */
  readonly operation: string;
  /** Its parsed content: texts and nested elements by local name. */
  readonly input: Readonly<Record<string, unknown>>;
  /** `sessionId` of the SessionHeader. */
  readonly sessionId: string | undefined;
}

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

const ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/";

/** The envelope of an answer whose body is this XML text. */
export function soapEnvelope(flavour: SoapFlavour, body: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" ` +
    `xmlns="urn:${flavour}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
    `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`
  );
}

/** The envelope of a fault. */
export function faultEnvelope(flavour: SoapFlavour, fault: SoapFault): string {
  const { code, detail, prefixed } = fault;
  const message = escapeXml(fault.message);
  return (
    `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="${ENVELOPE}" ` +
    `xmlns:sf="urn:fault.${flavour}.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
    `<soapenv:Body><soapenv:Fault><faultcode>${prefixed ? "sf:" : ""}${code}</faultcode>` +
    `<faultstring>${code}: ${message}</faultstring><detail><sf:${detail} xsi:type="sf:${detail}">` +
    `<sf:exceptionCode>${code}</sf:exceptionCode><sf:exceptionMessage>${message}</sf:exceptionMessage>` +
    `</sf:${detail}></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
  );
}
