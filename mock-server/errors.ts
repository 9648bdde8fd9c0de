/**
 * The one error of this wing: what a Salesforce org answers when it refuses something.
 *
 * Save failures of single rows are results, not exceptions; `OrgError` is thrown where the whole request is refused.
 */

/** One refusal in Salesforce's terms. `fields` is absent for refusals of a request and present (maybe empty) for save errors. */
export interface OrgFault {
  /** Salesforce's code, for example `REQUIRED_FIELD_MISSING` (`errorCode` in REST, `statusCode` in collections). */
  readonly code: string;
  readonly message: string;
  readonly fields?: readonly string[];
}

/** A refused request: one or more faults and the HTTP status that REST gives them. */
export class OrgError extends Error {
  readonly faults: readonly [OrgFault, ...OrgFault[]];
  /** HTTP status of the REST answer. */
  readonly statusCode: number;

  constructor(statusCode: number, fault: OrgFault, ...more: readonly OrgFault[]) {
    super(`${fault.code}: ${fault.message}`);
    this.name = "OrgError";
    this.statusCode = statusCode;
    this.faults = [fault, ...more];
  }

  /** The first fault's code. */
  get errorCode(): string {
    return this.faults[0].code;
  }
}
