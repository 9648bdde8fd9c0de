/** `/limits` and `/limits/recordCount`. Source: rest-api §10.1, §10.2. */

import { ok, type RestHandler } from "../../http/rest.ts";
import { listParameter } from "../record-body.ts";

/** Allowances of a recorded developer org that this org never uses up. */
const STANDING_ALLOWANCES: Readonly<Record<string, number>> = {
  DailyAsyncApexExecutions: 250_000,
  DailyBulkV2QueryFileStorageMB: 976_562,
  DailyDurableStreamingApiEvents: 10_000,
  DailyStreamingApiEvents: 10_000,
  DataStorageMB: 5_120,
  FileStorageMB: 10_240,
  HourlyAsyncReportRuns: 1_200,
  HourlyODataCallout: 1_000,
  HourlyPublishedPlatformEvents: 50_000,
  HourlySyncReportRuns: 500,
  HourlyTimeBasedWorkflow: 50,
  MassEmail: 10,
  SingleEmail: 15,
  StreamingApiConcurrentClients: 20,
};

/** `GET /limits`: calls, bulk and streaming are counted truly, everything else stands at its allowance. */
export const readLimits: RestHandler = ({ services }) => {
  const standing = Object.entries(STANDING_ALLOWANCES).map(([name, max]) => [name, { Max: max, Remaining: max }]);
  const { batches, queryJobs } = services.bulk.allowances;
  const { delivered, clientsMax, clients } = services.streaming;
  const counted = {
    DailyApiRequests: services.usage,
    DailyBulkApiBatches: batches,
    DailyBulkV2QueryJobs: queryJobs,
    DailyDeliveredPlatformEvents: delivered,
    DurableStreamingApiConcurrentClients: { max: clientsMax, remaining: Math.max(0, clientsMax - clients()) },
  };
  const used = Object.entries(counted).map(([name, { max, remaining }]) => [name, { Max: max, Remaining: remaining }]);
  return ok(Object.fromEntries([...used, ...standing]));
};

/** `GET /limits/recordCount?sObjects=Account,Order`: unknown names are left out; without names every object counts. */
export const readRecordCount: RestHandler = (context, request) => {
  const { catalog } = context.tx.actor.access;
  const names = listParameter(request.query, "sObjects") ?? catalog.objects.map((type) => type.name);
  const types = names.map((name) => catalog.object(name)).filter((type) => type !== undefined);
  const sObjects = types.map((type) => {
    let count = 0;
    for (const row of context.tx.rows(type.name)) if (row["IsDeleted"] !== true) count += 1;
    return { count, name: type.name };
  });
  return ok({ sObjects });
};
