/** The objects of an import in the order in which their records can be loaded: parents before children. */
export const LOADING_ORDER = [
  "Account",
  "Contact",
  "Product2",
  "Pricebook2",
  "PricebookEntry",
  "Contract",
  "Order",
  "OrderItem",
] as const;
