/** Faults of bulk jobs, as a client that polls meets them. */
import { describe, expect, it } from "vitest";
import { createMockOrg, type Fault, type MockOrg } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

async function ingest(org: MockOrg, object: string): Promise<unknown> {
  const client = clientOf(org);
  const job = await client.send("POST", "/jobs/ingest", { object, operation: "insert" });
  const { id } = job.body as { id: string };
  await org.app.request(`/services/data/v62.0/jobs/ingest/${id}/batches`, {
    method: "PUT",
    headers: { authorization: `Bearer ${org.openSession()}`, "content-type": "text/csv" },
    body: "Name\nA\nB\n",
  });
  await client.send("PATCH", `/jobs/ingest/${id}`, { state: "UploadComplete" });
  await org.settle();
  return (await client.get(`/jobs/ingest/${id}`)).body;
}

describe("a fault of bulk jobs", () => {
  it.each<[Fault, object]>([
    [{ act: "bulk-stuck" }, { state: "InProgress", numberRecordsProcessed: 0 }],
    [
      { act: "bulk-failed-batch", message: "Too bad" },
      { state: "Failed", errorMessage: "Too bad" },
    ],
    [
      { act: "bulk-failed-batch", object: "Contact" },
      { state: "JobComplete", numberRecordsProcessed: 2 },
    ],
    [
      { act: "bulk-stuck", operation: "query" },
      { state: "JobComplete", numberRecordsProcessed: 2 },
    ],
  ])("%j leaves an ingest job so", async (fault, expected) => {
    await using org = await createMockOrg();
    org.faults.add(fault);
    expect(await ingest(org, "Account")).toMatchObject(expected);
  });

  it("reaches query jobs", async () => {
    await using org = await createMockOrg();
    const client = clientOf(org);
    org.faults.add({ act: "bulk-failed-batch", operation: "query" });
    const job = await client.send("POST", "/jobs/query", { operation: "query", query: "SELECT Id FROM User" });
    await org.settle();
    const { id } = job.body as { id: string };
    expect((await client.get(`/jobs/query/${id}`)).body).toMatchObject({ state: "Failed" });
  });
});
