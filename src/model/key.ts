/** The names of records: business keys, which are ours, and record Ids, which Salesforce gives. */

/**
 * The value of a unique external-Id field: `<source>:<object>:<natural key parts>`, for example `erp:order:10248`.
 * A pure function of the source system and the natural key; lower case where the natural key ignores case.
 */
export type BusinessKey = string & { readonly __businessKey: true };

/** The key of one line inside its document, for example `erp:order:10248:11`. Unique over all documents. */
export type LineKey = string & { readonly __lineKey: true };

/** An 18-character Salesforce record Id. */
export type RecordId = string & { readonly __recordId: true };

/** How the external system names a record: its natural key parts, in the order of the mapping. */
export type NaturalKey = readonly string[];
