/** The demo org's metadata beyond the key fields: an order status for goods that left the house. */
import type { MetadataFile } from "../../config/metadata.ts";

/** Order status values with their categories. `Shipped` is a further value of the Activated category. */
export const ORDER_STATUS_FILE: MetadataFile = {
  path: "standardValueSets/OrderStatus.standardValueSet-meta.xml",
  text: `<?xml version="1.0" encoding="UTF-8"?>
<StandardValueSet xmlns="http://soap.sforce.com/2006/04/metadata">
    <groupingStringEnum>OrderStatusCode</groupingStringEnum>
    <sorted>false</sorted>
    <standardValue>
        <fullName>Draft</fullName>
        <default>false</default>
        <label>Draft</label>
        <groupingString>Draft</groupingString>
    </standardValue>
    <standardValue>
        <fullName>Activated</fullName>
        <default>false</default>
        <label>Activated</label>
        <groupingString>Activated</groupingString>
    </standardValue>
    <standardValue>
        <fullName>Shipped</fullName>
        <default>false</default>
        <label>Shipped</label>
        <groupingString>Activated</groupingString>
    </standardValue>
</StandardValueSet>
`,
};
