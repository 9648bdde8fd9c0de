/**
 * The choices that no source settles, each in one place that is cheap to change.
 *
 * Source: reference: soql §16 and the `[memory]` marks of §5–§10. Everything here is listed in `docs/fidelity.md`.
 */
export const OPEN_POINTS = {
  /** Where rows without a value stand when ORDER BY says DESC and no NULLS clause. */
  nullsFirstWhenDescending: true,
  /** `f > LAST_N_DAYS:n` means "after the start day" and not "after now", as everybody writes it. */
  lastDaysGreaterMeansAfterStart: true,
  /** `NULLS LAST` does nothing on a reference field of the queried object itself. */
  nullsLastIgnoredOnReference: true,
  /** Errors about aggregates carry the position block. */
  aggregateErrorsHavePosition: true,
  /** An unknown character is reported as `line r:c unexpected token` without a position block. */
  lexicalErrorsHavePosition: false,
  unknownChildRelationshipCode: "INVALID_TYPE",
  unrelatedFromEntryCode: "INVALID_TYPE",
  thirdSemiJoinCode: "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS",
  negativeOffsetCode: "MALFORMED_QUERY",
  unfitOperatorCode: "INVALID_QUERY_FILTER_OPERATOR",
  emptyLikeCode: "MALFORMED_QUERY",
  /** A decimal number compared with an `int` field: refused with the text for the wrong type. */
  decimalOnIntRefused: true,
  /** A parent that is soft-deleted is read as missing, except by queryAll. */
  deletedParentsAreMissing: true,
  /** Rows of one child set before it gets a locator of its own. */
  childPageRows: 2_000,
  /** Groups without ORDER BY come in ascending order of their keys. */
  groupsSortedByKey: true,
  /** The code of a search term of one character: the two references disagree. */
  shortSearchTermCode: "INVALID_SEARCH",
  /** The code of a parameterized search without a text. */
  missingSearchTextCode: "MALFORMED_SEARCH",
  /** The field types that `IN ALL FIELDS` searches, besides those of NAME, EMAIL and PHONE. */
  searchedTypes: ["string", "textarea", "combobox", "phone", "email", "url"],
  /** The code of the Bulk refusals: reference: rest-api §12 [fixture]. */
  bulkRefusalCode: "API_ERROR",
} as const;
