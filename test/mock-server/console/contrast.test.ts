import { describe, expect, it } from "vitest";
import { STYLES } from "../../../mock-server/console/assets/styles.ts";

/** WCAG 2.2, success criteria 1.4.3 (text) and 1.4.11 (borders of controls, focus ring). */
const TEXT_MIN = 4.5;
const CONTROL_MIN = 3;

const TEXTS = [
  ...["ink", "dim", "accent", "bad", "good"].flatMap((text) =>
    ["paper", "surface", "sunken"].map((ground) => [text, ground] as const),
  ),
  ["ink", "accent-soft"],
  ["accent", "accent-soft"],
  ["accent-ink", "accent"],
  ["ink", "bad-soft"],
  ["dim", "bad-soft"],
  ["bad", "bad-soft"],
  ["surface", "bad"],
  ["paper", "ink"],
] as const;

const CONTROLS = [
  ["line-strong", "surface"],
  ["line-strong", "paper"],
  ["accent", "paper"],
  ["accent", "surface"],
] as const;

describe.each([
  ["light", tokensOf(STYLES.slice(0, STYLES.indexOf("@media")))],
  ["dark", tokensOf(STYLES.slice(STYLES.indexOf("@media"), STYLES.indexOf("* {")))],
])("the %s colors", (_, tokens) => {
  it.each(TEXTS)("let %s be read on %s", (text, ground) => {
    expect(contrast(tokens.get(text), tokens.get(ground))).toBeGreaterThanOrEqual(TEXT_MIN);
  });

  it.each(CONTROLS)("let %s be seen on %s", (edge, ground) => {
    expect(contrast(tokens.get(edge), tokens.get(ground))).toBeGreaterThanOrEqual(CONTROL_MIN);
  });
});

function tokensOf(css: string): ReadonlyMap<string, string> {
  return new Map([...css.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function contrast(one = "", other = ""): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.040_45 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
