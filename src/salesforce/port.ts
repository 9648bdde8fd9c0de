/** The port to a Salesforce org as the engine uses it. The salesforce room implements it with jsforce. */
import type { ObjectFacts } from "../mapping/facts.ts";
import type { RecordId } from "../model/key.ts";
import type { RowOutcome, SalesforceRecord } from "../model/salesforce-record.ts";
import type { SalesforceCall } from "../sync/call.ts";

/** What one object's poll asks for. */
export interface PollRequest {
  readonly object: string;
  /** SOQL select items: fields and parent paths. Id, SystemModstamp and IsDeleted are added by the room. */
  readonly select: readonly string[];
  /** The stored cursor (a watermark) or null for the first load. */
  readonly cursor: string | null;
}

/** What one object's poll found. */
export interface PolledObject {
  readonly object: string;
  /** The cursor to store once every row below is done, parked or dead-lettered. Equal to the old one when time stood still. */
  readonly cursor: string;
  /** Changed and soft-deleted rows up to the horizon, ordered by (SystemModstamp, Id), page by page. */
  readonly pages: AsyncIterable<readonly SalesforceRecord[]>;
  /** Ids known to be deleted, also those already purged from the recycle bin. */
  readonly deletedIds: readonly RecordId[];
  /** False when the horizon reaches back further than Salesforce's deletion log: a sweep is needed. */
  readonly deletesComplete: boolean;
}

/** Reads whole documents: a root record with its child set. */
export interface ReadRequest {
  readonly object: string;
  /** As in `PollRequest`: Id, SystemModstamp and IsDeleted are added by the room, to the children too. */
  readonly select: readonly string[];
  /** A child subquery, for example OrderItems. */
  readonly children?: { readonly relationship: string; readonly select: readonly string[] };
  readonly by:
    | { readonly kind: "field"; readonly field: string; readonly values: readonly string[] }
    | { readonly kind: "id"; readonly ids: readonly RecordId[] };
  /** True: soft-deleted records are returned too (without their children). */
  readonly includeDeleted: boolean;
}

/** API requests of this connection, and of the whole org as far as the last answer told. */
export interface ApiUsage {
  /** Calls that this process made and that count against the org's limit. */
  readonly calls: number;
  /** API calls of the whole org in the last 24 hours; null until an answer has told it. */
  readonly used: number | null;
  /** API calls that the org allows in 24 hours; null until an answer has told it. */
  readonly limit: number | null;
}

/** Who we are in the org. */
export interface OrgIdentity {
  readonly organizationId: string;
  readonly userId: string;
  readonly username: string;
  readonly instanceUrl: string;
}

/** Who listens while a call is under way. */
export interface CallListener {
  /** Hears the Id of a Bulk job before any row is uploaded; the job goes on when it returns. */
  readonly jobStarted: (jobId: string) => Promise<void>;
}

/** What became of the rows of a Bulk job that has ended, by the key or record Id by which they were sent. */
export interface JobEnd {
  /** True: landed. False: refused or never attempted. A row that is missing here has to be looked up. */
  readonly landed: ReadonlyMap<string, boolean>;
}

/**
 * A Salesforce org. Methods throw `SyncError` (`SALESFORCE_*`) when a whole call fails for good; the fate of single
 * rows is in the outcomes.
 */
export interface SalesforceOrg {
  connect(): Promise<OrgIdentity>;
  describe(objects: readonly string[]): Promise<readonly ObjectFacts[]>;
  /** One API call for up to five objects, plus one for each further page of rows. */
  poll(requests: readonly PollRequest[]): Promise<readonly PolledObject[]>;
  /** Chunked by the URL limit and packed into composite calls. */
  read(request: ReadRequest): Promise<readonly SalesforceRecord[]>;
  /** Every row of a query, for small sets such as OrderStatus or the standard price book. */
  query(soql: string): Promise<readonly SalesforceRecord[]>;
  /** One outcome per operation, in the order of the call, with its pre-image where it asks for one and it was read. */
  execute(call: SalesforceCall, listener?: CallListener): Promise<readonly RowOutcome[]>;
  /**
   * The end of a Bulk job whose sender did not see it: waits while it runs, aborts it when it was never closed. Throws
   * `SALESFORCE_UNAVAILABLE` when it outlasts the patience for jobs.
   */
  endOfJob(jobId: string): Promise<JobEnd>;
  /** Waits before rows that others held up (a lock on their account) are sent for the `attempt`-th time again, from 1. */
  holdOff(attempt: number): Promise<void>;
  usage(): ApiUsage;
  close(): Promise<void>;
}
