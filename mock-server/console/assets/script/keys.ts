/** Keys for the whole page. A part of the console's script; see `script.ts`. */
export const KEYS = String.raw`  // Keys
  const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
    if (isTyping(event.target) || $("dialog[open]") !== null) return;
    if (event.key === "?") return $("#keys").showModal();
    if (event.key === "/") {
      const field = $("[data-find]") ?? editor;
      if (field === null) return;
      event.preventDefault();
      field.focus();
      return field.select?.();
    }
    if (event.key === "j" || event.key === "k") {
      const rows = $$("[data-row]").filter((row) => row.offsetParent !== null);
      const at = rows.indexOf(document.activeElement);
      const next = rows[at === -1 ? (event.key === "j" ? 0 : rows.length - 1) : at + (event.key === "j" ? 1 : -1)];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
      return next.scrollIntoView({ block: "nearest" });
    }
    const page = $('nav [data-key="' + CSS.escape(event.key) + '"]');
    if (page !== null) page.click();
  });
`;
