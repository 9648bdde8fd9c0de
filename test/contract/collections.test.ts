/** sObject collections, through jsforce's arrays and by hand. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

interface Item {
  readonly id?: string;
  readonly success: boolean;
  readonly errors: readonly { statusCode: string; message: string; fields: readonly string[] }[];
  readonly created?: boolean;
}

describe("collections", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
  });

  afterAll(() => client.org.close());

  it("each record stands alone, in the order of the request", async () => {
    const items = await create([account({ Name: "A" }), account({}), account({ Name: "B", Nope: 1 })]);
    expect(items[0]).toEqual({ id: items[0]?.id, success: true, errors: [] });
    expect(items[1]).toEqual({
      success: false,
      errors: [
        { statusCode: "REQUIRED_FIELD_MISSING", message: "Required fields are missing: [Name]", fields: ["Name"] },
      ],
    });
    expect(items[2]).toEqual({
      success: false,
      errors: [
        { statusCode: "INVALID_FIELD", message: "No such column 'Nope' on sobject of type Account", fields: [] },
      ],
    });
  });

  it("with allOrNone the good records say that they were rolled back", async () => {
    const items = await create([account({ Name: "Back" }), account({})], { allOrNone: true });
    expect(items[0]).toEqual({
      success: false,
      errors: [
        {
          statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
          message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
          fields: [],
        },
      ],
    });
    expect((await client.conn.query("SELECT Id FROM Account WHERE Name = 'Back'")).totalSize).toBe(0);
  });

  it("records of several types mix in ten runs, not in eleven", async () => {
    const mixed = (runs: number) =>
      Array.from({ length: runs }, (_, index) =>
        index % 2 === 0 ? account({ Name: "Mix" }) : { attributes: { type: "Contact" }, LastName: "Mix" },
      );
    expect((await create(mixed(10))).every((item) => item.success)).toBe(true);
    expect((await refusal(create(mixed(11)))).errorCode).toBe("LIMIT_EXCEEDED");
  });

  it("200 records are taken, 201 are not", async () => {
    const many = (count: number) => Array.from({ length: count }, () => account({ Name: "Many" }));
    expect((await create(many(200))).length).toBe(200);
    expect(await refusal(create(many(201)))).toMatchObject({
      errorCode: "EXCEEDED_ID_LIMIT",
      message: "record limit reached. cannot submit more than 200 records into this call",
    });
  });

  it("an unknown type fails its record, a missing type the request", async () => {
    const items = await create([{ attributes: { type: "Nope" }, Name: "A" }, account({ Name: "B" })]);
    expect(items.map((item) => item.success)).toEqual([false, true]);
    expect(items[0]?.errors[0]?.statusCode).toBe("INVALID_TYPE");
    expect((await refusal(create([{ Name: "A" }]))).errorCode).toBe("INVALID_INPUT");
  });

  it("retrieve gives null for what cannot be read", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Read" }));
    const gone = idOf(await client.conn.sobject("Account").create({ Name: "Gone" }));
    await client.conn.sobject("Account").destroy(gone);
    const path = `/composite/sobjects/Account?ids=${id},${gone},0015e000000zzzzAAA&fields=Name,Id`;
    const read = await client.conn.request<unknown[]>(path);
    expect(read).toEqual([
      { attributes: { type: "Account", url: `/services/data/v62.0/sobjects/Account/${id}` }, Name: "Read", Id: id },
      null,
      null,
    ]);
  });

  it("a malformed Id fails its record only", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Delete" }));
    const items = await client.conn.requestDelete<Item[]>(`/composite/sobjects?ids=${id},001RM000003oLrB000`);
    expect(items).toEqual([
      { id, success: true, errors: [] },
      {
        id: "001RM000003oLrB000",
        success: false,
        errors: [{ statusCode: "MALFORMED_ID", message: "malformed id 001RM000003oLrB000", fields: [] }],
      },
    ]);
  });

  it("an update without an Id says so", async () => {
    const items = await client.conn.requestPatch<Item[]>("/composite/sobjects", {
      records: [account({ Name: "No Id" })],
    });
    expect(items[0]?.errors[0]?.statusCode).toBe("MISSING_ARGUMENT");
  });

  it("one key twice in an upsert fails both of its records", async () => {
    const records = ["D-1", "D-1", "D-2"].map((key) => account({ Name: "Dup", ERP_Key__c: key }));
    const items = await client.conn.requestPatch<Item[]>("/composite/sobjects/Account/ERP_Key__c", { records });
    expect(items.map((item) => item.success)).toEqual([false, false, true]);
    expect(items[0]?.errors[0]).toMatchObject({ statusCode: "DUPLICATE_VALUE" });
    expect(items[2]?.created).toBe(true);
  });

  function account(values: object): object {
    return { attributes: { type: "Account" }, ...values };
  }

  function create(records: readonly object[], options: { allOrNone?: boolean } = {}): Promise<Item[]> {
    return client.conn.requestPost<Item[]>("/composite/sobjects", { ...options, records });
  }
});
