import { describe, expect, it } from "vitest";
import { showProgress } from "../../../src/cli/progress.ts";
import { textTable } from "../../../src/cli/table.ts";

function output(
  isTTY: boolean,
  columns = 80,
): { text: string; isTTY: boolean; columns: number; write(text: string): void } {
  return {
    text: "",
    isTTY,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

const pass = { kind: "passDone", object: "Order", feed: "external", nominated: 30, written: 28 } as const;

describe("progress", () => {
  it("is a bar on a terminal, rewritten in place", () => {
    const terminal = output(true);
    showProgress(terminal, 60)(pass);
    expect(terminal.text).toContain("████████████░░░░░░░░░░░░  50 %  Order 28");
    expect(terminal.text.startsWith("\r")).toBe(true);
    expect(terminal.text).not.toContain("\n");
  });

  it("is one line a pass in a log", () => {
    const log = output(false);
    showProgress(log)(pass);
    expect(log.text).toBe("  Order: 30 compared, 28 written\n");
  });

  it("says nothing in a log about a pass that had nothing to do", () => {
    const log = output(false);
    showProgress(log)({ ...pass, nominated: 0, written: 0 });
    expect(log.text).toBe("");
  });

  it("shows its bar on a terminal that reports no width", () => {
    const terminal = output(true, 0);
    showProgress(terminal, 60)(pass);
    expect(terminal.text).toContain("50 %");
  });
});

describe("a text table", () => {
  it("aligns texts to the left, numbers to the right, and wide characters by their columns", () => {
    expect(
      textTable(
        ["name", "count"],
        [
          ["京都", 7],
          ["Ærø", 120],
        ],
      ),
    ).toBe(["name  count", "────  ─────", "京都      7", "Ærø     120"].join("\n"));
  });
});
