/** What a data call works with: one transaction, one message. */
import type { RestContext, RestRequest } from "../http/rest.ts";
import type { SoapCall } from "./call.ts";

/** A data call at work. */
export interface DataContext {
  readonly rest: RestContext;
  readonly version: number;
  readonly soap: SoapCall;
}

/** Answers a call: the results' XML, which stands within `<{operation}Response>`. Throws `OrgError` or `SoapFault`. */
export type DataCall = (context: DataContext) => string;

/** A REST request in place of the SOAP call, for calls that answer the same as a REST resource. */
export function restRequest(
  { version }: Pick<DataContext, "version">,
  segments: readonly string[],
  query: Readonly<Record<string, string>> = {},
): RestRequest {
  return {
    method: "GET",
    version,
    segments,
    query: new URLSearchParams(query),
    header: () => undefined,
    body: undefined,
    wire: "xml",
  };
}
