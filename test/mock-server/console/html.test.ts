import { describe, expect, it } from "vitest";
import { escapeText, html, NOTHING } from "../../../mock-server/console/html.ts";
import { HOSTILE } from "./console-org.ts";

describe("markup", () => {
  it("escapes text in content and in attributes", () => {
    expect(html`<a title="${HOSTILE}">${HOSTILE}</a>`.text).toBe(
      `<a title="${escapeText(HOSTILE)}">${escapeText(HOSTILE)}</a>`,
    );
    expect(escapeText(HOSTILE)).not.toMatch(/[<>"']/);
  });

  it("leaves markup within markup as it is", () => {
    expect(html`<ul>${[html`<li>1</li>`, html`<li>${"<2>"}</li>`]}</ul>`.text).toBe(
      "<ul><li>1</li><li>&lt;2&gt;</li></ul>",
    );
  });

  it.each([null, undefined, false, true, "", NOTHING])("leaves nothing where there is %s", (part) => {
    expect(html`<p>${part}</p>`.text).toBe("<p></p>");
  });

  it("writes zero", () => {
    expect(html`${0}`.text).toBe("0");
  });
});
