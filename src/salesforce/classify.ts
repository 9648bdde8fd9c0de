/**
 * The error table: how the retry layer treats each of Salesforce's errors, as data.
 *
 * Reference: change-events §7 (transport and HTTP, row-level codes). Rules are tried from the top; a rule with a
 * pattern stands before the rule of the same code without one. The codes of locked
 * orders and failed activation (ENTITY_IS_LOCKED, FAILED_ACTIVATION) and the wording of patterns are [memory] there.
 */
import type { ApiError, FailureClass } from "../model/salesforce-record.ts";
import type { Failure } from "./failure.ts";

interface ErrorRule {
  readonly codes: readonly string[];
  readonly message?: RegExp;
  readonly class: FailureClass;
}

const LOCK_OR_LIMIT = /UNABLE_TO_LOCK_ROW|LimitException|limit exceeded|Too many (SOQL|DML|query)|CPU time/i;

/** Codes to classes. Reference: change-events §7.1 and §7.2. */
export const ERROR_RULES: readonly ErrorRule[] = [
  // Sessions and logins.
  {
    codes: ["INVALID_SESSION_ID"],
    message: /not valid for use with the REST API|not attached to Agent/i,
    class: "configuration",
  },
  { codes: ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER"], class: "login" },
  {
    codes: [
      "INVALID_LOGIN",
      "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
      "LOGIN_MUST_USE_SECURITY_TOKEN",
      "PASSWORD_LOCKOUT",
      "ORG_LOCKED",
      "invalid_grant",
      "inactive_user",
      "inactive_org",
      "invalid_client",
      "invalid_client_id",
      "invalid_app_access",
      "unsupported_grant_type",
    ],
    class: "configuration",
  },
  { codes: ["LOGIN_RATE_EXCEEDED", "rate_limit_exceeded"], class: "slow" },

  // Limits of the org.
  { codes: ["REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED", "EXCEEDED_QUOTA", "EXCEEDEDQUOTA"], class: "slow" },
  { codes: ["STORAGE_LIMIT_EXCEEDED"], class: "configuration" },
  { codes: ["API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INSUFFICIENT_ACCESS"], class: "configuration" },
  { codes: ["TXN_SECURITY_METERING_ERROR"], class: "retry" },
  { codes: ["SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"], class: "retry" },
  { codes: ["REQUEST_RUNNING_TOO_LONG"], class: "retrySerially" },

  // Queries.
  { codes: ["INVALID_QUERY_LOCATOR", "QUERY_LOCATOR_EXPIRED", "INVALID_REPLICATION_DATE"], class: "replan" },
  {
    codes: ["EXCEEDED_ID_LIMIT", "QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "QUERY_TOO_COMPLICATED"],
    class: "retrySerially",
  },
  {
    codes: ["MALFORMED_QUERY", "INVALID_TYPE", "INVALID_QUERY_FILTER_OPERATOR", "METHOD_NOT_ALLOWED"],
    class: "configuration",
  },

  // Rows: locks, automation, neighbors.
  { codes: ["UNABLE_TO_LOCK_ROW"], class: "retrySerially" },
  {
    codes: ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR"],
    message: LOCK_OR_LIMIT,
    class: "retrySerially",
  },
  { codes: ["CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR"], class: "refused" },
  {
    // A reference that cannot resolve is our own mistake, not a neighbor's: free retries would never end.
    codes: ["PROCESSING_HALTED"],
    message: /Invalid reference/i,
    class: "configuration",
  },
  {
    codes: ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "PROCESSING_HALTED", "ROLLED_BACK", "BATCH_PROCESSING_HALTED"],
    class: "collateral",
  },

  // Rows: keys and references.
  {
    codes: ["DUPLICATE_VALUE", "INVALID_FIELD", "DUPLICATE_EXTERNAL_ID"],
    message: /duplicate external id specified/i,
    class: "retrySerially",
  },
  { codes: ["DUPLICATE_VALUE"], class: "unknown" },
  { codes: ["DUPLICATE_EXTERNAL_ID", "MULTIPLE_CHOICES", "DUPLICATES_DETECTED"], class: "refused" },
  { codes: ["INVALID_FIELD"], message: /foreign key external id.*not found/is, class: "collateral" },
  { codes: ["INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "MIXED_DML_OPERATION"], class: "configuration" },
  {
    codes: ["INVALID_CROSS_REFERENCE_KEY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"],
    class: "replan",
  },
  { codes: ["NOT_FOUND", "ENTITY_IS_DELETED", "ENTITY_IS_LOCKED", "FAILED_ACTIVATION"], class: "replan" },
  { codes: ["DELETE_FAILED", "DEPENDENCY_EXISTS"], class: "replan" },
  // One record may be special; when all of a call are refused so, the mapping or the rights are to blame.
  { codes: ["INSUFFICIENT_ACCESS_OR_READONLY"], class: "configuration" },

  // Rows: values.
  {
    codes: [
      "REQUIRED_FIELD_MISSING",
      "FIELD_CUSTOM_VALIDATION_EXCEPTION",
      "FIELD_INTEGRITY_EXCEPTION",
      "FIELD_FILTER_VALIDATION_EXCEPTION",
      "STRING_TOO_LONG",
      "NUMBER_OUTSIDE_VALID_RANGE",
      "INVALID_EMAIL_ADDRESS",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "INVALID_TYPE_ON_FIELD_IN_RECORD",
      "STANDARD_PRICE_NOT_DEFINED",
      "CIRCULAR_DEPENDENCY",
      "MALFORMED_ID",
      "INVALID_ID_FIELD",
      "INVALID_STATUS",
      "INACTIVE_OWNER_OR_USER",
      "TRANSFER_REQUIRES_READ",
      "BAD_CUSTOM_ENTITY_PARENT_DOMAIN",
      "JSON_PARSER_ERROR",
    ],
    class: "refused",
  },

  // Bulk jobs spell their codes without underscores (reference: rest-api §11 [report]).
  { codes: ["INVALIDENTITY", "INVALIDJOB", "InvalidBatch", "FEATURENOTENABLED"], class: "configuration" },
  { codes: ["INVALIDJOBSTATE"], class: "replan" },
];

/** HTTP statuses of answers that carry no known code. Reference: change-events §7.1. */
export const STATUS_CLASSES: Readonly<Record<number, FailureClass>> = {
  300: "refused",
  400: "configuration",
  401: "login",
  403: "configuration",
  404: "replan",
  405: "configuration",
  406: "retry",
  408: "retry",
  409: "replan",
  410: "configuration",
  412: "replan",
  413: "retrySerially",
  414: "retrySerially",
  415: "configuration",
  420: "retry",
  428: "configuration",
  429: "slow",
  431: "retrySerially",
  500: "retry",
  501: "configuration",
  502: "retry",
  503: "retry",
  504: "retry",
};

/** The class of one of Salesforce's errors; undefined when the table does not know it. */
export function classifyKnownError(apiError: ApiError): FailureClass | undefined {
  return ERROR_RULES.find(
    (rule) => rule.codes.includes(apiError.code) && (rule.message === undefined || rule.message.test(apiError.message)),
  )?.class;
}

/** The class of one of Salesforce's errors. An unknown code is `retry`: its caller gives up after two attempts. */
export function classifyApiError(apiError: ApiError): FailureClass {
  return classifyKnownError(apiError) ?? "retry";
}

/** From the most to the least binding: a row with several errors is treated by the one that repeating cures least. */
const PRECEDENCE: readonly FailureClass[] = [
  "login",
  "configuration",
  "refused",
  "replan",
  "unknown",
  "slow",
  "retrySerially",
  "retry",
  "collateral",
];

/** The class of a row's errors together; `retry` when there are none. */
export function classifyApiErrors(apiErrors: readonly ApiError[]): FailureClass {
  const classes = apiErrors.map(classifyApiError);
  return PRECEDENCE.find((candidate) => classes.includes(candidate)) ?? "retry";
}

/**
 * The class of a failed call.
 *
 * For a write everything that may have been processed is `unknown`: only a request that never left, a refused session
 * and a throttled request are certain not to have been. Reads have no such doubt.
 */
export function classify(failure: Failure, intent: "read" | "write"): FailureClass {
  switch (failure.kind) {
    case "network":
      return failure.sent && intent === "write" ? "unknown" : "retry";
    case "timeout":
      return intent === "write" ? "unknown" : "retry";
    case "http": {
      const plain = classifyAnswer(failure);
      if (intent === "read" || failure.status === STATUS_NO_ROUTE) return plain;
      return plain === "retry" || failure.apiErrors.some((apiError) => apiError.code === "REQUEST_RUNNING_TOO_LONG")
        ? "unknown"
        : plain;
    }
  }
}

/** 420: the edge has no route to the org, so nothing was processed (reference: rest-api §2.1 [doc]). */
const STATUS_NO_ROUTE = 420;

function classifyAnswer(failure: Failure & { kind: "http" }): FailureClass {
  if (failure.html) return "retry";
  const known = failure.apiErrors.map(classifyKnownError).filter((found) => found !== undefined);
  const worst = PRECEDENCE.find((candidate) => known.includes(candidate));
  if (worst !== undefined) return worst;
  return STATUS_CLASSES[failure.status] ?? (failure.status >= 500 ? "retry" : "configuration");
}

/** Whether the org's daily allowance is used up, as opposed to a moment of too many long requests. */
export function isDailyLimit(failure: Failure): boolean {
  return (
    failure.kind === "http" &&
    failure.apiErrors.some(
      (apiError) => apiError.code === "REQUEST_LIMIT_EXCEEDED" && !/concurrent/i.test(apiError.message),
    )
  );
}
