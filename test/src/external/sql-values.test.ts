import { describe, expect, it } from "vitest";
import type { ColumnInfo } from "../../../src/external/sql/catalog.ts";
import { decodeValue, UnreadableValue } from "../../../src/external/sql/values.ts";

const NAME: ColumnInfo = {
  name: "name",
  type: "text",
  base: "text",
  nullable: true,
  hasDefault: false,
  generated: false,
  binary: false,
  sorting: ["own"],
};

describe("a text of an SQLite file", () => {
  it("is decoded from its bytes", () => {
    expect(decodeValue(new TextEncoder().encode("Zoë 🎉"), NAME)).toBe("Zoë 🎉");
  });

  it("that is no UTF-8 is unreadable, by its column and its first bytes", () => {
    const latin1 = Uint8Array.of(0x5a, 0x6f, 0xeb);

    expect(() => decodeValue(latin1, NAME)).toThrow(UnreadableValue);
    expect(() => decodeValue(latin1, NAME)).toThrow(
      'the text in column "name" is not valid UTF-8 (it begins with the bytes 5a6feb)',
    );
  });
});
