import { describe, expect, it } from "vitest";
import { classify, classifyApiError, classifyApiErrors, ERROR_RULES } from "../../../src/salesforce/classify.ts";
import type { Failure } from "../../../src/salesforce/failure.ts";

function apiError(code: string, message = "") {
  return { code, message, fields: [] };
}

function http(status: number, ...apiErrors: ReturnType<typeof apiError>[]): Failure {
  return { kind: "http", status, apiErrors, html: false, retryAfterMs: null };
}

describe("a row's error", () => {
  it.each([
    ["UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", "retrySerially"],
    ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trg: UNABLE_TO_LOCK_ROW, unable to obtain", "retrySerially"],
    ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "Trg: System.NullPointerException", "refused"],
    ["CANNOT_EXECUTE_FLOW_TRIGGER", "Too many SOQL queries: 101", "retrySerially"],
    ["PROCESSING_HALTED", "The transaction was rolled back", "collateral"],
    ["PROCESSING_HALTED", "Invalid reference specified. No value for a.id", "configuration"],
    ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back", "collateral"],
    ["DUPLICATE_VALUE", "duplicate value found: ERP_Key__c", "unknown"],
    ["DUPLICATE_VALUE", "Duplicate external id specified: erp:1", "retrySerially"],
    ["DUPLICATES_DETECTED", "Use one of these records?", "refused"],
    ["INVALID_FIELD", "Foreign key external ID: erp:9 not found for field ERP_Key__c in entity Account", "collateral"],
    ["INVALID_FIELD", "No such column 'X' on sobject of type Order", "configuration"],
    ["INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "replan"],
    ["ENTITY_IS_DELETED", "entity is deleted", "replan"],
    ["ENTITY_IS_LOCKED", "Unable to modify activated or superseded Order", "replan"],
    ["FAILED_ACTIVATION", "An order must have at least one product.", "replan"],
    ["STRING_TOO_LONG", "Name: data value too large", "refused"],
    ["STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", "configuration"],
    ["REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "slow"],
    ["NEVER_SEEN_BEFORE", "", "retry"],
  ])("%s «%s» is %s", (code, message, expected) => {
    expect(classifyApiError(apiError(code, message))).toBe(expected);
  });

  it("with several errors is treated by the one that repeating cures least", () => {
    expect(classifyApiErrors([apiError("UNABLE_TO_LOCK_ROW"), apiError("STRING_TOO_LONG")])).toBe("refused");
    expect(classifyApiErrors([apiError("PROCESSING_HALTED"), apiError("UNABLE_TO_LOCK_ROW")])).toBe("retrySerially");
  });

  it("is in the table once, apart from patterns", () => {
    const plain = ERROR_RULES.filter((rule) => rule.message === undefined).flatMap((rule) => rule.codes);

    expect(plain.filter((code, index) => plain.indexOf(code) !== index)).toEqual([]);
  });
});

describe("a failed call", () => {
  it.each<[string, Failure, string, string]>([
    ["a refused connection", { kind: "network", code: "ECONNREFUSED", sent: false }, "retry", "retry"],
    ["a lost connection", { kind: "network", code: "ECONNRESET", sent: true }, "retry", "unknown"],
    ["a time-out", { kind: "timeout", timeoutMs: 1 }, "retry", "unknown"],
    ["a dead session", http(401, apiError("INVALID_SESSION_ID", "Session expired or invalid")), "login", "login"],
    [
      "a session without API scope",
      http(401, apiError("INVALID_SESSION_ID", "This session is not valid for use with the REST API")),
      "configuration",
      "configuration",
    ],
    ["the daily limit", http(403, apiError("REQUEST_LIMIT_EXCEEDED")), "slow", "slow"],
    ["403 without a code", http(403), "configuration", "configuration"],
    ["404", http(404, apiError("NOT_FOUND")), "replan", "replan"],
    ["406", http(406), "retry", "unknown"],
    ["408", http(408), "retry", "unknown"],
    ["412", http(412), "replan", "replan"],
    ["414", http(414), "retrySerially", "retrySerially"],
    ["420", http(420), "retry", "retry"],
    ["429", http(429), "slow", "slow"],
    ["500", http(500, apiError("UNKNOWN_EXCEPTION")), "retry", "unknown"],
    ["503", http(503), "retry", "unknown"],
    ["an unknown server error", http(599), "retry", "unknown"],
    ["an unknown client error", http(418), "configuration", "configuration"],
    ["a request that ran for ten minutes", http(400, apiError("REQUEST_RUNNING_TOO_LONG")), "retrySerially", "unknown"],
    ["a web page", { ...http(200), html: true } as Failure, "retry", "unknown"],
  ])("%s", (_, failure, read, write) => {
    expect(classify(failure, "read")).toBe(read);
    expect(classify(failure, "write")).toBe(write);
  });
});
