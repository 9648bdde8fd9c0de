/**
 * Turns results into HTTP responses: JSON or XML, indented or compact, compressed where the client reads it.
 *
 * All headers are set when the response is built; changing one afterwards costs more than the whole request.
 */
import { deflateSync, gzipSync } from "node:zlib";
import { wireJson } from "../schema/wire-double.ts";
import { isObject } from "./json-object.ts";
import type { RestResult } from "./rest.ts";
import { xmlElement } from "./xml-text.ts";

/** Smaller answers are sent as they are: compressing them costs more than it saves. */
const COMPRESSED_BYTES_MIN = 2_048;

/** How the client wants its answer. */
export interface AnswerForm {
  readonly xml: boolean;
  readonly pretty: boolean;
  readonly encoding: "gzip" | "deflate" | undefined;
  /** True for HEAD: headers only. */
  readonly head: boolean;
}

/** The usual case: what a client without special wishes gets. */
export const PLAIN_JSON: AnswerForm = { xml: false, pretty: false, encoding: undefined, head: false };

/** Reads the client's wishes from its headers. */
export function answerForm(method: string, header: (name: string) => string | undefined): AnswerForm {
  const accept = header("accept");
  return {
    xml: accept !== undefined && prefersXml(accept),
    pretty: header("x-prettyprint") === "1",
    encoding: wantedEncoding(header("accept-encoding")),
    head: method === "HEAD",
  };
}

/** Clients name what they read; hardly one says that it does not read something. */
function wantedEncoding(accepted: string | undefined): AnswerForm["encoding"] {
  if (accepted === undefined) return undefined;
  if (accepted.includes("gzip")) return "gzip";
  return accepted.includes("deflate") ? "deflate" : undefined;
}

function prefersXml(accept: string): boolean {
  const xml = accept.search(/(?:application|text)\/xml/);
  if (xml < 0) return false;
  const json = accept.search(/application\/(?:json|\*)|\*\/\*/);
  return json < 0 || xml < json;
}

/** Builds the response of a result. `headers` become the response's own; where the result has the same one it wins. */
export function buildResponse(result: RestResult, form: AnswerForm, headers: Record<string, string>): Response {
  const { status } = result;
  const all = result.headers === undefined ? headers : Object.assign(headers, result.headers);
  if (result.body === undefined || status === 204 || status === 304) {
    return new Response(null, { status, headers: all });
  }
  let text: string;
  if (typeof result.body === "string") {
    text = result.body;
    all["Content-Type"] ??= "text/plain;charset=UTF-8";
  } else if (form.xml) {
    text = xmlDocument(result.body, status);
    all["Content-Type"] = "application/xml;charset=UTF-8";
  } else {
    text = wireJson(result.body, form.pretty ? 2 : undefined);
    all["Content-Type"] = "application/json;charset=UTF-8";
  }
  if (form.head) return new Response(null, { status, headers: all });
  if (form.encoding !== undefined && text.length >= COMPRESSED_BYTES_MIN) {
    all["Content-Encoding"] = form.encoding;
    const compress = form.encoding === "gzip" ? gzipSync : deflateSync;
    return new Response(compress(text, { level: 1 }), { status, headers: all });
  }
  return new Response(text, { status, headers: all });
}

/** Root element names are from memory except `Errors`. */
function xmlDocument(body: unknown, status: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${rootElement(body, status).replace(/^<([\w.]+)/, `<$1 ${XSI}`)}`;
}

const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

function rootElement(body: unknown, status: number): string {
  if (Array.isArray(body)) {
    if (status >= 400) return `<Errors>${xmlElement("Error", body)}</Errors>`;
    return `<Results>${xmlElement("Result", body)}</Results>`;
  }
  if (!isObject(body)) return xmlElement("Result", body);
  const attributes = body["attributes"];
  if (isObject(attributes) && typeof attributes["type"] === "string") return xmlElement(attributes["type"], body);
  if ("records" in body && "totalSize" in body) return xmlElement("QueryResult", body);
  return xmlElement("Result", body);
}
