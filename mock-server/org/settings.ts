/** The settings of a plain org, and the answers to the open points of the reference. */
import type { OrgSettings } from "./port.ts";

/**
 * What an org does unless told otherwise. Features as in a stock org (reference: order-domain §1.15); the rest are the
 * recommended defaults of order-domain §12, of which none is confirmed by Salesforce's documents.
 */
export const DEFAULT_SETTINGS: OrgSettings = {
  enableOrders: true,
  enableReductionOrders: false,
  enableNegativeQuantity: false,
  enableZeroQuantity: false,
  enableOptionalPricebook: false,
  enableEnhancedCommerceOrders: false,
  autoCalculateEndDate: true,
  activationStatusOnly: false,
  lockStartDateOnActivate: true,
  pricebookChangeWithoutItems: false,
  clearActivationStamp: true,
  touchParentOnItemDml: true,
  requireActiveProduct: false,
  requireActivePricebook: false,
  // Clients report that 0.33333333 sent to a field of two decimals reads back as it was; the scale is what pages show.
  roundStoredNumbers: false,
  // An org without an add-on may select five (reference: change-events §2.1 [memory]); which ones is this org's choice.
  changeDataCapture: ["Account", "Contract", "Order", "OrderItem", "Product2"],
};
