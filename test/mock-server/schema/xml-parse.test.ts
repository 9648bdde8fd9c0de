import { describe, expect, it } from "vitest";
import { parseXml, XmlError } from "../../../mock-server/schema/metadata/xml-parse.ts";

describe("metadata XML", () => {
  it("is a tree of elements with text or children, without attributes, comments and instructions", () => {
    const text = `\uFEFF<?xml version="1.0" encoding="UTF-8"?>
      <!-- <a> -->
      <CustomField xmlns="http://soap.sforce.com/2006/04/metadata" xmlns:xsi="a>b">
        <label>  Net &#8211; &#x20AC; &lt;b&gt; &amp;lt;
        two\r\nlines </label><empty/><none></none>
        <value xsi:type='xsd:string'><![CDATA[ 1 < 2 & 3 ]]></value><!-- end -->
      </CustomField>\n`;
    const leaf = (name: string, content = "") => ({ name, text: content, children: [] });
    expect(parseXml(text)).toEqual({
      name: "CustomField",
      text: "",
      children: [
        leaf("label", "Net – € <b> &lt;\n        two\nlines"),
        leaf("empty"),
        leaf("none"),
        leaf("value", " 1 < 2 & 3 "),
      ],
    });
  });

  it.each([
    ["", "there is no element", 1],
    ["text", "text outside of the root element", 1],
    ["<a>\n<b>\n</a>", "the closing tag a stands where b of line 2 must be closed", 3],
    ["<a>\n<b>", "the element b is not closed", 2],
    ["</a>", "the closing tag a closes nothing", 1],
    ["<a/>\n<b/>", "a second root element b", 2],
    ["<a/>x", "text outside of the root element", 1],
    ["<a>R&D</a>", "& is no reference to a character; write &amp; for &", 1],
    ["<a>&nbsp;</a>", "&nbsp; is no reference to a character; write &amp; for &", 1],
    ["<a>&#x110000;</a>", "&#x110000; is no reference to a character; write &amp; for &", 1],
    ["<a", "<a is not ended", 1],
    ["<a><!-- b</a>", "<!-- b</a> is not ended", 1],
    ["<a b></a>", "<a b> is no tag", 1],
    ["<1/>", "<1> is no tag", 1],
    ["< a/>", "< a> is no tag", 1],
    ['<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', "a document type is not allowed in metadata", 1],
  ])("%j is refused: %s", (text, message, line) => {
    let refused: unknown;
    try {
      parseXml(text);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(XmlError);
    expect(refused).toMatchObject({ message, line });
  });

  it("may be as deep as it likes, and a long one is read once", () => {
    const depth = 100_000;
    expect(parseXml("<a>".repeat(depth) + "</a>".repeat(depth)).name).toBe("a");
    expect(parseXml(`<a>${"<b>1</b>".repeat(depth)}</a>`).children).toHaveLength(depth);
  });
});
