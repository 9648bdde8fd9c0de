/** The SOQL editor: suggestions by keyboard and mouse, the place of an error. A part of the console's script; see `script.ts`. */
export const EDITOR = String.raw`  // SOQL editor
  const editor = $("#soql");
  if (editor !== null) {
    const box = $("#suggestions");
    editor.setAttribute("role", "combobox");
    editor.setAttribute("aria-autocomplete", "list");
    editor.setAttribute("aria-controls", "suggestions");
    editor.setAttribute("aria-expanded", "false");
    let found = { from: 0, items: [] };
    let chosen = 0;
    let asked = 0;
    const close = () => {
      box.hidden = true;
      editor.setAttribute("aria-expanded", "false");
      editor.removeAttribute("aria-activedescendant");
    };
    const choose = (at) => {
      chosen = (at + found.items.length) % found.items.length;
      for (const [index, item] of [...box.children].entries()) item.setAttribute("aria-selected", String(index === chosen));
      box.children[chosen].scrollIntoView({ block: "nearest" });
      editor.setAttribute("aria-activedescendant", "suggestion-" + chosen);
    };
    const take = () => {
      const { text } = found.items[chosen];
      const at = editor.selectionStart;
      editor.setRangeText(text, found.from, at, "end");
      close();
      if (text.endsWith(".")) ask();
    };
    async function ask() {
      const number = ++asked;
      const query = new URLSearchParams({ q: editor.value, at: String(editor.selectionStart) });
      const answer = await (await fetch(editor.dataset.complete + "?" + query)).json();
      if (number !== asked || document.activeElement !== editor) return;
      found = answer;
      if (found.items.length === 0) return close();
      box.replaceChildren(...found.items.map(({ text, detail }, index) => {
        const item = document.createElement("li");
        item.id = "suggestion-" + index;
        item.setAttribute("role", "option");
        const name = document.createElement("span");
        const about = document.createElement("span");
        name.textContent = text;
        about.textContent = detail;
        item.append(name, about);
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          chosen = index;
          take();
        });
        return item;
      }));
      box.hidden = false;
      placeBox(box, editor, found.from);
      editor.setAttribute("aria-expanded", "true");
      choose(0);
    }
    editor.addEventListener("input", () => {
      const before = editor.value.slice(0, editor.selectionStart);
      if (/[\w.'] ?$/.test(before)) ask();
      else close();
    });
    editor.addEventListener("blur", close);
    editor.addEventListener("click", close);
    editor.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
        event.preventDefault();
        return editor.form.requestSubmit();
      }
      if (event.ctrlKey && event.key === " ") {
        event.preventDefault();
        return ask();
      }
      if (box.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" || event.key === "Tab") {
        event.preventDefault();
        take();
      } else if (event.key === "Escape") {
        event.preventDefault();
        close();
      } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") close();
    });
    if (editor.dataset.rowAt !== undefined) {
      const lines = editor.value.split("\n");
      const row = Math.min(Number(editor.dataset.rowAt), lines.length) - 1;
      const start = lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0);
      const at = start + Math.min(Number(editor.dataset.columnAt), lines[row].length);
      const end = at + (/^[\w.]+/.exec(editor.value.slice(at))?.[0].length ?? 0);
      editor.focus();
      editor.setSelectionRange(at, Math.max(end, at));
    } else if (editor.value === "") editor.focus();
  }
  // Where a character of a text area stands: measured on a copy of it.
  function placeBox(box, area, at) {
    const copy = document.createElement("div");
    const style = getComputedStyle(area);
    for (const name of ["font", "lineHeight", "padding", "border", "letterSpacing", "tabSize", "boxSizing"]) copy.style[name] = style[name];
    Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", width: area.offsetWidth + "px", top: "0", left: "0" });
    copy.textContent = area.value.slice(0, at);
    const mark = document.createElement("span");
    mark.textContent = "​";
    copy.append(mark);
    area.parentElement.append(copy);
    const line = mark.getBoundingClientRect();
    const frame = area.parentElement.getBoundingClientRect();
    copy.remove();
    box.style.top = line.bottom - frame.top - area.scrollTop + 4 + "px";
    box.style.left = Math.max(0, Math.min(line.left - frame.left, frame.width - box.offsetWidth)) + "px";
  }
`;
