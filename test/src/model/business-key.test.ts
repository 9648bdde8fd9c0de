import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asBusinessKey,
  businessKey,
  KEY_LENGTH_MAX,
  lineKey,
  naturalKeyProblem,
  parseBusinessKey,
} from "../../../src/model/business-key.ts";

const part = fc.string({ minLength: 1, unit: "grapheme" });

describe("a business key", () => {
  it("is readable where the natural key is plain", () => {
    expect(businessKey("erp", "Order", ["10248"])).toBe("erp:Order:10248");
    expect(lineKey("erp", "OrderItem", ["10248"], ["11"])).toBe("erp:OrderItem:10248:11");
  });

  it("holds nothing that a URL or SOQL would change", () => {
    expect(businessKey("erp", "Account", ["a@b.inc", "x:y/ü '"])).toBe("erp:Account:a~40b~2einc:x~3ay~2f~c3~bc~20~27");
    fc.assert(
      fc.property(part, (text) => /^[A-Za-z0-9:_~-]+$/.test(businessKey("erp", "A", [text]))),
      { seed: 2 },
    );
  });

  it("names one natural key only", () => {
    const parts = fc.array(part, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(businessKey("erp", "A", left) === businessKey("erp", "A", right)).toBe(same);
        expect(parseBusinessKey(businessKey("erp", "A", left))).toEqual({
          source: "erp",
          object: "A",
          naturalKey: left,
        });
      }),
      { seed: 3 },
    );
  });

  it.each(["", "erp", "erp:Order", "erp:Order:", "erp:Order:a b", "erp:Order:~zz", "erp:Order:~41", "erp:Order:~ff"])(
    "is not made out of %j",
    (text) => {
      expect(parseBusinessKey(text)).toBeUndefined();
    },
  );

  it("belongs to one object", () => {
    expect(asBusinessKey("erp:Order:1", "Order")).toBe("erp:Order:1");
    expect(asBusinessKey("erp:ReductionOrder:1", "Order")).toBeUndefined();
  });

  it("cannot be made of empty or endless parts", () => {
    expect(naturalKeyProblem("erp", "Order", [])).toContain("no natural key");
    expect(naturalKeyProblem("erp", "Order", ["1", ""])).toContain("empty part 2");
    const room = KEY_LENGTH_MAX - "erp:Order:".length;
    expect(naturalKeyProblem("erp", "Order", ["x".repeat(room)])).toBeUndefined();
    expect(naturalKeyProblem("erp", "Order", ["x".repeat(room + 1)])).toContain("256 characters");
  });
});
