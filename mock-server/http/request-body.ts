/** Reads a request's body within a bound, and decodes it. Source: rest-api §2.3, §2.4. */
import type { IncomingMessage } from "node:http";
import { gunzipSync, inflateSync } from "node:zlib";
import { OrgError } from "../errors.ts";
import { jsonParserError, missingBody, unsupportedMediaType } from "./faults.ts";
import { parseJson } from "./json-syntax.ts";
import type { RawCall } from "./wire-call.ts";

/** 37.5 MB of decoded blob is what a JSON body may carry; base64 makes that 50 MB. */
export const BODY_BYTES_MAX = 50 * 1024 * 1024;

/** Where the bytes come from: Node's own stream where there is one (faster), else the web request. */
export interface BodySource {
  readonly incoming: IncomingMessage | undefined;
  readonly raw: RawCall;
}

/** All bytes of a body; throws `OrgError` (413) when it is longer than the bound. */
export async function readBody(source: BodySource, bytesMax: number = BODY_BYTES_MAX): Promise<Buffer> {
  const announced = source.incoming?.headers["content-length"] ?? source.raw.headers.get("content-length");
  if (announced !== null && announced !== undefined && Number(announced) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const stream: AsyncIterable<Uint8Array> | null = source.incoming ?? source.raw.body;
  if (stream === null) return Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof OrgError || source.incoming?.complete === true) throw cause;
    // The client went away in the middle of its body: nobody reads the answer, and the org has no defect.
    throw new OrgError(400, { code: "CLIENT_ABORTED", message: "The request ended before its body was complete" });
  }
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks);
}

/** Undoes `Content-Encoding`. The decoded size is bounded too, so a small body cannot become a huge one. */
export function decompress(bytes: Buffer, encoding: string | undefined, bytesMax: number = BODY_BYTES_MAX): Buffer {
  const bound = { maxOutputLength: bytesMax };
  try {
    if (encoding === "gzip" || encoding === "x-gzip") return gunzipSync(bytes, bound);
    if (encoding === "deflate") return inflateSync(bytes, bound);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(bytesMax);
    throw jsonParserError(`The HTTP entity body could not be decoded as ${encoding}`);
  }
  return bytes;
}

/** A REST body as a value: JSON, or XML with all its values as text. Undefined when there are no bytes. */
export async function decodeBody(bytes: Buffer, contentType: string | undefined): Promise<unknown> {
  if (bytes.length === 0) return undefined;
  const mediaType = (contentType ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (mediaType === "application/json") return parseJson(decodeText(bytes));
  if (mediaType === "application/xml" || mediaType === "text/xml") {
    const { parseXmlBody } = await import("./xml-body.ts");
    return parseXmlBody(decodeText(bytes));
  }
  throw unsupportedMediaType(contentType ?? "");
}

/** UTF-8 bytes as text, without a byte order mark; throws `OrgError` where they are no UTF-8. */
export function decodeText(bytes: Buffer): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw jsonParserError("Invalid UTF-8 in the HTTP entity body");
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The body, which must be there; throws `OrgError`. */
export function requireBody(body: unknown): unknown {
  if (body === undefined) throw missingBody();
  return body;
}

/** No reference gives the answer of a real org; code and text are this org's own. */
function tooLarge(bytesMax: number): OrgError {
  const message = `The HTTP entity body is larger than ${bytesMax} bytes`;
  return new OrgError(413, { code: "REQUEST_ENTITY_TOO_LARGE", message });
}
