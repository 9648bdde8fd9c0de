/** Calls of the metadata API. */
import type { RestServices } from "../http/rest.ts";
import type { Actor } from "../org/contract.ts";
import type { SoapCall } from "./call.ts";
import { SoapFault } from "./envelope.ts";

/** What a metadata call works with. It runs outside of transactions, because it may change the schema. */
export interface MetadataContext {
  readonly services: RestServices;
  readonly actor: Actor;
  readonly version: number;
  readonly soap: SoapCall;
}

/** Answers a call: the body of the message. Throws `OrgError` or `SoapFault`. */
export function metadataCall({ soap }: MetadataContext): string {
  throw new SoapFault("INVALID_OPERATION", `Metadata operation ${soap.operation} is not supported by the mock org`);
}
