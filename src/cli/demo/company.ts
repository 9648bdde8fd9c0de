/**
 * The demo's company: Nordlys Trading, a wholesaler with customers in many countries.
 *
 * Master data are written by hand so that they look like life (non-ASCII names, empty cells, prices with no, two and
 * three decimals); orders are drawn from them with a fixed seed, so every run of the demo shows the same numbers.
 */

/** One customer row of the demo's ERP. */
export interface DemoCustomer {
  readonly no: string;
  readonly name: string;
  readonly street: string | null;
  readonly city: string;
  readonly postcode: string | null;
  readonly country: string;
  readonly phone: string | null;
  readonly industry: string | null;
}

/** One product row; the price is a decimal text. */
export interface DemoProduct {
  readonly sku: string;
  readonly name: string;
  readonly family: string;
  readonly price: string;
}

/** One frame contract of a customer. */
export interface DemoContract {
  readonly no: string;
  readonly customerNo: string;
  readonly startDate: string;
  readonly termMonths: number;
}

/** One order with its lines. */
export interface DemoOrder {
  readonly no: string;
  readonly customerNo: string;
  readonly contractNo: string | null;
  readonly orderDate: string;
  readonly status: "draft" | "released";
  readonly customerReference: string | null;
  readonly shipCity: string;
  readonly note: string | null;
  readonly lines: readonly DemoLine[];
}

/** One order line; the price is before the discount. */
export interface DemoLine {
  readonly lineNo: number;
  readonly sku: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly discountPercent: number;
}

/** Customers, in the order of their numbers. */
export const CUSTOMERS: readonly DemoCustomer[] = [
  customer(
    "C-1001",
    "Ærø Kaffebrænderi ApS",
    "Havnegade 12",
    "Ærøskøbing",
    "5970",
    "Denmark",
    "+45 62 52 11 07",
    "Food & Beverage",
  ),
  customer(
    "C-1002",
    "Brückner & Söhne GmbH",
    "Münzstraße 3",
    "Nürnberg",
    "90403",
    "Germany",
    "+49 911 2059 0",
    "Machinery",
  ),
  customer(
    "C-1003",
    "Café São Jorge Lda.",
    "Rua da Conceição 48",
    "Lisboa",
    "1100-154",
    "Portugal",
    "+351 21 887 4410",
    "Food & Beverage",
  ),
  customer("C-1004", "Domaine d'Aubépine", "8 chemin des Crêtes", "Beaune", "21200", "France", null, "Agriculture"),
  customer("C-1005", "Elías Þórsson hf.", "Laugavegur 101", "Reykjavík", "105", "Iceland", "+354 551 9020", "Retail"),
  customer(
    "C-1006",
    "Firma Święcicki i Wspólnicy",
    "ul. Długa 27",
    "Gdańsk",
    "80-827",
    "Poland",
    "+48 58 301 55 12",
    "Retail",
  ),
  customer("C-1007", "Gökyüzü Tekstil A.Ş.", "İstiklal Caddesi 214", "İzmir", "35220", "Türkiye", null, "Apparel"),
  customer(
    "C-1008",
    "Hôtel du Lac Léman SA",
    "Quai du Mont-Blanc 19",
    "Genève",
    "1201",
    "Switzerland",
    "+41 22 716 61 00",
    "Hospitality",
  ),
  customer(
    "C-1009",
    "Ikebana House 池坊",
    "中京区堂之前町 248",
    "京都市",
    "604-8134",
    "Japan",
    "+81 75 221 2686",
    "Retail",
  ),
  customer(
    "C-1010",
    "José Ibáñez e Hijos, S.L.",
    "Calle del Águila 7",
    "Cádiz",
    "11001",
    "Spain",
    "+34 956 22 11 40",
    "Food & Beverage",
  ),
  customer(
    "C-1011",
    "Kōbe Coffee Roasters 株式会社",
    "中央区北野町 4-1",
    "神戸市",
    "650-0002",
    "Japan",
    "+81 78 242 0018",
    "Food & Beverage",
  ),
  customer(
    "C-1012",
    "L'Étoile Filante SARL",
    "14 rue des Étuves",
    "Montpellier",
    "34000",
    "France",
    "+33 4 67 60 22 18",
    "Entertainment",
  ),
  customer(
    "C-1013",
    "Malmö Skeppshandel AB",
    "Östra Förstadsgatan 5",
    "Malmö",
    "211 31",
    "Sweden",
    "+46 40 12 44 90",
    "Shipping",
  ),
  customer("C-1014", "Ngā Pua Flowers Ltd", "33 Ponsonby Road", "Auckland", "1011", "New Zealand", null, "Retail"),
  customer(
    "C-1015",
    "Ørsted Værksted A/S",
    "Kanalvej 2",
    "København K",
    "1264",
    "Denmark",
    "+45 33 13 80 22",
    "Manufacturing",
  ),
  customer(
    "C-1016",
    "Panadería Ñandú S.A.",
    "Av. Corrientes 1880",
    "Buenos Aires",
    "C1045",
    "Argentina",
    "+54 11 4374 9001",
    "Food & Beverage",
  ),
  customer("C-1017", "Quincaillerie Noël", null, "Québec", "G1R 2B5", "Canada", "+1 418 692 1133", "Construction"),
  customer("C-1018", "Řezníček s.r.o.", "Křižíkova 68", "Brno", "612 00", "Czechia", "+420 541 240 112", "Engineering"),
  customer(
    "C-1019",
    "Siân Price Interiors",
    "21 Stryd y Castell",
    "Caernarfon",
    "LL55 1SE",
    "United Kingdom",
    "+44 1286 672 115",
    "Retail",
  ),
  customer("C-1020", "Tämpereen Puuseppä Oy", "Hämeenkatu 9", "Tampere", "33100", "Finland", null, "Construction"),
  customer(
    "C-1021",
    "Universität für Bodenkultur",
    "Gregor-Mendel-Straße 33",
    "Wien",
    "1180",
    "Austria",
    "+43 1 47654 0",
    "Education",
  ),
  customer(
    "C-1022",
    "Việt Hương Foods",
    "27 Nguyễn Huệ",
    "Thành phố Hồ Chí Minh",
    null,
    "Viet Nam",
    "+84 28 3822 1144",
    "Food & Beverage",
  ),
  customer(
    "C-1023",
    "Wālī al-Bahr Trading",
    "Souq Al-Mubarakiya 5",
    "Kuwait City",
    "15456",
    "Kuwait",
    "+965 2243 5510",
    "Shipping",
  ),
  customer(
    "C-1024",
    "O’Shaughnessy & Daughters",
    "4 Shop Street",
    "Galway",
    "H91 DX62",
    "Ireland",
    "+353 91 561 766",
    "Retail",
  ),
];

/** Products with list prices that need no, one, two or three decimals. */
export const PRODUCTS: readonly DemoProduct[] = [
  product("TEA-001", "Sencha Uji, 100 g", "Tea", "12.50"),
  product("TEA-002", "Genmaicha, 250 g", "Tea", "14"),
  product("TEA-003", "Darjeeling First Flush, 100 g", "Tea", "21.90"),
  product("TEA-004", "Rooibos Naartjie, 500 g", "Tea", "18.75"),
  product("TEA-005", "Earl Gray Bergamotte, 1 kg", "Tea", "39"),
  product("TEA-006", "Lapsang Souchong, 250 g", "Tea", "16.2"),
  product("COF-001", "Yirgacheffe, whole bean, 1 kg", "Coffee", "27.40"),
  product("COF-002", "Huila Supremo, whole bean, 1 kg", "Coffee", "24.90"),
  product("COF-003", "Sumatra Mandheling, ground, 500 g", "Coffee", "15.35"),
  product("COF-004", "Espresso No. 4, whole bean, 5 kg", "Coffee", "98"),
  product("COF-005", "Decaf Água Fria, ground, 250 g", "Coffee", "9.95"),
  product("COF-006", "Jamaica Blue Mountain, 227 g", "Coffee", "61.5"),
  product("CHO-001", "Couverture 70 %, 2.5 kg", "Chocolate", "44.80"),
  product("CHO-002", "Gianduja, 1 kg", "Chocolate", "32.10"),
  product("CHO-003", "Kakaonibs, 250 g", "Chocolate", "8.05"),
  product("CHO-004", "Trinkschokolade Ürdüng, 300 g", "Chocolate", "7.77"),
  product("SPI-001", "Piment d'Espelette AOP, 50 g", "Spices", "11.30"),
  product("SPI-002", "Safran, 1 g", "Spices", "13.99"),
  product("SPI-003", "Kardamom, 100 g", "Spices", "6.45"),
  product("SPI-004", "Fleur de sel, 1 kg", "Spices", "19"),
  product("SPI-005", "Ras el-hanout, 250 g", "Spices", "9.6"),
  product("SPI-006", "Wasabi, freeze-dried, 25 g", "Spices", "22.25"),
  product("CER-001", "Yunomi cup, celadon", "Ceramics", "28"),
  product("CER-002", "Kyūsu teapot, 350 ml", "Ceramics", "74.50"),
  product("CER-003", "Saucer, stoneware, set of 6", "Ceramics", "33.33"),
  product("CER-004", "Mokka cup, porcelain", "Ceramics", "4.9"),
  product("CER-005", "Carafe « Été », 1 l", "Ceramics", "41.15"),
  product("GLA-001", "Double-wall glass, 250 ml, pair", "Glass", "17.90"),
  product("GLA-002", "Pour-over dripper, 02", "Glass", "23.45"),
  product("GLA-003", "Storage jar, 2 l", "Glass", "12"),
  product("EQU-001", "Hand grinder, conical burr", "Equipment", "89"),
  product("EQU-002", "Gooseneck kettle, 0.9 l", "Equipment", "119.95"),
  product("EQU-003", "Tamper, 58.35 mm", "Equipment", "36.60"),
  product("EQU-004", "Scale, 0.1 g", "Equipment", "54.4"),
  product("EQU-005", "Descaler, 1 l", "Equipment", "10.85"),
  product("EQU-006", "Filter papers 02, 100 pcs", "Equipment", "4.15"),
  product("TEX-001", "Jute bag, printed", "Textiles", "1.05"),
  product("TEX-002", "Apron, Gözleme linen", "Textiles", "29.70"),
  product("TEX-003", "Tea towel, smörgås pattern", "Textiles", "8.60"),
  product("SRV-001", "Freight, flat rate", "Services", "15"),
  product("SRV-002", "Express surcharge", "Services", "24.50"),
  product("SRV-003", "Gift wrapping", "Services", "3.5"),
];

/** Frame contracts. */
export const CONTRACTS: readonly DemoContract[] = [
  { no: "K-501", customerNo: "C-1002", startDate: "2026-01-01", termMonths: 12 },
  { no: "K-502", customerNo: "C-1008", startDate: "2026-03-15", termMonths: 24 },
  { no: "K-503", customerNo: "C-1013", startDate: "2026-02-01", termMonths: 36 },
  { no: "K-504", customerNo: "C-1021", startDate: "2026-01-31", termMonths: 13 },
];

const ORDER_COUNT = 68;
const LINES_MAX = 6;

/** Orders of the year, the same at each call. The last eight are still drafts. */
export function demoOrders(): readonly DemoOrder[] {
  const draw = randomFrom(20_261_123);
  return Array.from({ length: ORDER_COUNT }, (_, index) => order(index, draw));
}

function order(index: number, draw: (below: number) => number): DemoOrder {
  const buyer = CUSTOMERS[draw(CUSTOMERS.length)] ?? CUSTOMERS[0];
  if (buyer === undefined) throw new Error("The demo has customers");
  const contract = CONTRACTS.find((candidate) => candidate.customerNo === buyer.no);
  const start = draw(PRODUCTS.length);
  const lineCount = 1 + draw(LINES_MAX);
  const month = 4 + Math.floor((index * 7) / ORDER_COUNT);
  return {
    no: `A-${26_001 + index}`,
    customerNo: buyer.no,
    contractNo: contract?.no ?? null,
    orderDate: `2026-${String(month).padStart(2, "0")}-${String(1 + draw(28)).padStart(2, "0")}`,
    status: index < ORDER_COUNT - 8 ? "released" : "draft",
    customerReference: draw(3) === 0 ? null : `PO ${4100 + draw(900)}/${buyer.city}`,
    shipCity: buyer.city,
    note: draw(5) === 0 ? "Lieferung bitte avisieren – ring 2×" : null,
    lines: Array.from({ length: lineCount }, (_, line) => orderLine(line, start, draw)),
  };
}

function orderLine(line: number, start: number, draw: (below: number) => number): DemoLine {
  // Eleven is coprime to the number of products, so an order never has the same product twice.
  const item = PRODUCTS[(start + line * 11) % PRODUCTS.length] ?? PRODUCTS[0];
  if (item === undefined) throw new Error("The demo has products");
  const discountPercent = [0, 0, 0, 5, 10, 15, 25][draw(7)] ?? 0;
  const quantity = draw(6) === 0 ? `${draw(9)}.5` : String(1 + draw(48));
  return {
    lineNo: (line + 1) * 10,
    sku: item.sku,
    quantity: quantity === "0.5" ? "1" : quantity,
    unitPrice: item.price,
    discountPercent,
  };
}

/** A small linear congruential generator: the demo must draw the same orders on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function customer(
  no: string,
  name: string,
  street: string | null,
  city: string,
  postcode: string | null,
  country: string,
  phone: string | null,
  industry: string | null,
): DemoCustomer {
  return { no, name, street, city, postcode, country, phone, industry };
}

function product(sku: string, name: string, family: string, price: string): DemoProduct {
  return { sku, name, family, price };
}
