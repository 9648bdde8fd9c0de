/**
 * The console's script: plain JavaScript for the browser, one file, no dependency. Pages work without it as far as they
 * only read; with it they are live, and their buttons call the admin API.
 */
export const SCRIPT = String.raw`"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const whole = new Intl.NumberFormat("en-US");

  // What is said to everybody, also to those who do not see it.
  let saidTimer;
  function say(text, { failed = false, link } = {}) {
    const line = document.createElement("p");
    line.textContent = text;
    if (failed) line.className = "failed";
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.href;
      anchor.textContent = link.text;
      line.append(" ", anchor);
    }
    $("#said").replaceChildren(line);
    clearTimeout(saidTimer);
    saidTimer = setTimeout(() => $("#said").replaceChildren(), failed ? 12000 : 6000);
  }
  function sayAfterReload(text) {
    sessionStorage.setItem("mock-said", text);
    location.reload();
  }
  const kept = sessionStorage.getItem("mock-said");
  if (kept !== null) {
    sessionStorage.removeItem("mock-said");
    say(kept);
  }

  // The admin API: JSON in, JSON out, an error as a sentence.
  async function admin(method, path, body) {
    const response = await fetch("/_mock" + path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(method === "GET" || method === "DELETE" ? {} : { body: JSON.stringify(body ?? {}) }),
    });
    const text = await response.text();
    const answer = text === "" ? undefined : JSON.parse(text);
    if (!response.ok) throw new Error(answer?.error ?? "The org answered " + response.status);
    return answer;
  }
  // A click on what the selector names, now or when the page is brought up to date; what fails is said.
  function onClick(selector, work) {
    document.addEventListener("click", async (event) => {
      const button = event.target.closest(selector);
      if (button === null || button.disabled) return;
      button.disabled = true;
      try {
        await work(button);
      } catch (error) {
        say(error.message, { failed: true });
      } finally {
        button.disabled = false;
      }
    });
  }
  function on(selector, type, work) {
    for (const element of $$(selector)) element.addEventListener(type, work);
  }
  // A button that destroys asks once more, in its own place.
  function sure(button, question) {
    if (button.dataset.armed !== undefined) return true;
    const label = button.textContent;
    button.dataset.armed = "";
    button.textContent = question;
    setTimeout(() => {
      delete button.dataset.armed;
      button.textContent = label;
    }, 3500);
    return false;
  }

  // Top bar
  onClick("[data-clock]", async (button) => {
    const { now, state: clock } = await admin("POST", "/clock", { advance: { [button.dataset.clock]: 1 } });
    if (state !== undefined) show({ ...state, now, clock });
    say("The clock is at " + now.slice(0, 19).replace("T", " ") + " UTC");
  });
  const SNAPSHOT = "console";
  onClick("[data-act=snapshot]", async () => {
    await admin("POST", "/snapshots", { name: SNAPSHOT });
    $("[data-act=restore]").hidden = false;
    say("Snapshot kept. Restore brings it back.");
  });
  onClick("[data-act=restore]", async (button) => {
    if (!sure(button, "Really restore?")) return;
    await admin("POST", "/snapshots/" + SNAPSHOT + "/restore");
    sayAfterReload("Back at the snapshot.");
  });
  onClick("[data-act=reset]", async (button) => {
    if (!sure(button, "Really reset?")) return;
    await admin("POST", "/reset");
    sayAfterReload("The org is back at its beginning.");
  });
  admin("GET", "/snapshots").then(({ snapshots }) => {
    $("[data-act=restore]").hidden = !snapshots.includes(SNAPSHOT);
  }, () => undefined);
  on("#view-as", "change", (event) => {
    document.cookie = "mock-view-as=" + encodeURIComponent(event.currentTarget.value) + "; path=/_mock; SameSite=Strict";
    sayAfterReload("Viewing as " + event.currentTarget.value);
  });

  // Live state
  const live = (name) => $$('[data-live="' + name + '"]');
  let state;
  let heardMs = 0;
  function show(next) {
    const before = state;
    state = next;
    heardMs = Date.now();
    for (const element of live("clock")) element.textContent = next.clock;
    showNow();
    for (const element of live("used")) element.textContent = whole.format(next.used);
    for (const element of live("max")) element.textContent = whole.format(next.max);
    for (const element of live("budget")) {
      element.max = next.max;
      element.value = Math.min(next.used, next.max);
    }
    for (const element of live("faults")) element.textContent = next.faults === 0 ? "none armed" : next.faults + " armed";
    for (const element of live("faults-badge")) {
      element.textContent = next.faults;
      element.hidden = next.faults === 0;
    }
    if (before === undefined || next.requests !== before.requests) bringRows();
    const moved = ["requests", "commits", "faults"].some((name) => before !== undefined && next[name] !== before[name]);
    if (moved) refreshSoon();
  }
  function showNow() {
    if (state === undefined) return;
    const ms = Date.parse(state.now) + (state.clock === "running" ? Date.now() - heardMs : 0);
    const now = new Date(ms).toISOString();
    for (const element of live("now")) {
      element.dateTime = now;
      element.textContent = now.slice(0, 19).replace("T", " ");
    }
  }
  setInterval(showNow, 1000);
  // A browser opens few connections to one host: a page that nobody sees gives its own back.
  let source;
  function listen() {
    source?.close();
    source = undefined;
    if (document.hidden) return;
    source = new EventSource("/_mock/console/live");
    source.addEventListener("state", (event) => show(JSON.parse(event.data)));
  }
  listen();
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());

  // Parts of a page that show what may change: fetched again, and put in place where they differ.
  const parts = new Map($$("[data-live-part]").map((part) => [part.dataset.livePart, part.innerHTML]));
  let refreshing;
  function refreshSoon() {
    if (parts.size === 0) return;
    refreshing ??= setTimeout(async () => {
      refreshing = undefined;
      try {
        const response = await fetch(location.href);
        if (response.ok) putParts(new DOMParser().parseFromString(await response.text(), "text/html"));
      } catch {
        // The next event tries again.
      }
    }, 400);
  }
  const markOf = (element) => element.tagName + (element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent);
  function putParts(fresh) {
    let changed = false;
    for (const part of $$("[data-live-part]")) {
      const name = part.dataset.livePart;
      const next = $('[data-live-part="' + name + '"]', fresh);
      if (next === null || next.innerHTML === parts.get(name)) continue;
      parts.set(name, next.innerHTML);
      const at = part.contains(document.activeElement) ? markOf(document.activeElement) : undefined;
      const open = new Set($$("details[open] > summary", part).map((summary) => summary.textContent));
      part.replaceChildren(...next.childNodes);
      for (const summary of $$("details > summary", part)) if (open.has(summary.textContent)) summary.parentElement.open = true;
      // Who stood in the part stands there still.
      if (at !== undefined) $$("a, button, summary, [tabindex]", part).find((element) => markOf(element) === at)?.focus({ preventScroll: true });
      changed = true;
    }
    if (changed) $("#arrived").textContent = "The page was brought up to date";
  }

  // New requests come on top.
  const list = $("[data-live-list]");
  let shownNumber = Number($("[data-live-list] [data-number]")?.dataset.number ?? 0);
  let bringing = false;
  let unread = 0;
  async function bringRows() {
    if (list === null || bringing) return;
    if (state !== undefined && state.requests < shownNumber) return location.reload();
    bringing = true;
    try {
      const query = new URLSearchParams(location.search);
      query.set("after", String(shownNumber));
      const { rows, last } = await (await fetch("/_mock/console/newer?" + query)).json();
      shownNumber = last;
      // The org escaped every value in these rows.
      const fresh = new DOMParser().parseFromString("<ol>" + rows + "</ol>", "text/html").querySelectorAll("li.call");
      for (const row of fresh) row.classList.add("fresh");
      list.prepend(...fresh);
      if (fresh.length > 0) for (const element of $$("[data-empty]")) element.remove();
      for (const row of [...list.children].slice(300)) row.remove();
      unread += fresh.length;
      if (unread > 0) setTimeout(() => {
        if (unread > 0) $("#arrived").textContent = unread + (unread === 1 ? " new request" : " new requests");
        unread = 0;
      }, 2000);
    } catch {
      // The next event tries again.
    } finally {
      bringing = false;
    }
  }
  const arrived = document.createElement("div");
  arrived.id = "arrived";
  arrived.className = "hidden";
  arrived.setAttribute("role", "status");
  document.body.append(arrived);

  // Copying
  onClick("[data-copy]", async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      say("Copied.");
    } catch {
      getSelection().selectAllChildren(source);
      say("Selected: press Ctrl C to copy.");
    }
  });

  // A list narrowed as one types
  on("[data-narrow]", "input", (event) => {
    const text = event.currentTarget.value.trim().toLowerCase();
    for (const item of $$(event.currentTarget.dataset.narrow)) item.hidden = !item.textContent.toLowerCase().includes(text);
    for (const section of $$("main section")) section.hidden = $("li:not([hidden])", section) === null;
  });

  // Records: through the REST API, in a session of the viewing user
  let token;
  async function rest(method, path, body) {
    token ??= (await admin("POST", "/sessions", { username: $("#view-as").value })).accessToken;
    const response = await fetch(path, {
      method,
      headers: { Authorization: "Bearer " + token, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    let answer;
    try {
      answer = text === "" ? undefined : JSON.parse(text);
    } catch {
      answer = [{ errorCode: String(response.status), message: text.slice(0, 300) }];
    }
    return { ok: response.ok, answer };
  }
  function refusals(box, faults, form) {
    for (const field of $$(".field.wrong", form)) field.classList.remove("wrong");
    box.replaceChildren(...faults.map(({ errorCode, statusCode, message, fields = [] }) => {
      for (const name of fields) form.elements?.[name]?.closest?.(".field")?.classList.add("wrong");
      const line = document.createElement("p");
      const code = document.createElement("code");
      code.textContent = errorCode ?? statusCode ?? "";
      line.append(code, " " + message);
      return line;
    }));
    box.hidden = faults.length === 0;
    if (faults.length > 0) box.scrollIntoView({ block: "nearest" });
  }
  function valueOf(input) {
    if (input.type === "checkbox") return input.checked;
    if (input.value === "") return null;
    // Numbers go as numbers; what is none goes as it is, so that the org's own refusal is seen.
    const isNumber = ["int", "double", "currency", "percent"].includes(input.dataset.type);
    return isNumber && input.value.trim() !== "" && Number.isFinite(Number(input.value)) ? Number(input.value) : input.value;
  }
  function isChanged(input) {
    return input.type === "checkbox" ? String(input.checked) !== (input.dataset.original || "false") : input.value !== input.dataset.original;
  }
  on("[data-save]", "submit", async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const box = $("[data-refusals]", form);
    const changed = $$("[data-original]", form).filter(isChanged);
    const body = Object.fromEntries(changed.map((input) => [input.name, valueOf(input)]));
    const isNew = form.dataset.method === "POST";
    if (changed.length === 0 && !isNew) return say("Nothing was changed.");
    const button = $("[type=submit]", form);
    button.disabled = true;
    try {
      const { ok, answer } = await rest(form.dataset.method, form.dataset.save, body);
      if (!ok) return refusals(box, Array.isArray(answer) ? answer : [answer], form);
      if (!isNew) return sayAfterReload("Saved.");
      sessionStorage.setItem("mock-said", "Created.");
      location.assign("/_mock/console/records/" + form.dataset.object + "/" + answer.id);
    } catch (error) {
      say(error.message, { failed: true });
    } finally {
      button.disabled = false;
    }
  });
  const path = (object, id) => "/services/data/v62.0/sobjects/" + object + "/" + id;
  onClick("[data-delete]", async (button) => {
    if (!sure(button, "Really delete?")) return;
    const { ok, answer } = await rest("DELETE", path(button.dataset.delete, button.dataset.id));
    if (!ok) throw new Error(answer.map(({ errorCode, message }) => errorCode + ": " + message).join(" "));
    sayAfterReload("Deleted; it is in the recycle bin.");
  });
  // Only SOAP can undelete, as in Salesforce.
  async function undelete(id) {
    token ??= (await admin("POST", "/sessions", { username: $("#view-as").value })).accessToken;
    const soap = document.implementation.createDocument("http://schemas.xmlsoap.org/soap/envelope/", "s:Envelope");
    const partner = "urn:partner.soap.sforce.com";
    const put = (parent, namespace, name, text) => {
      const element = soap.createElementNS(namespace, name);
      if (text !== undefined) element.textContent = text;
      return parent.appendChild(element);
    };
    const envelope = soap.documentElement;
    put(put(put(envelope, envelope.namespaceURI, "s:Header"), partner, "SessionHeader"), partner, "sessionId", token);
    put(put(put(envelope, envelope.namespaceURI, "s:Body"), partner, "undelete"), partner, "ids", id);
    const response = await fetch("/services/Soap/u/62.0", {
      method: "POST",
      headers: { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' },
      body: new XMLSerializer().serializeToString(soap),
    });
    const answer = new DOMParser().parseFromString(await response.text(), "text/xml");
    const all = (name) => [...answer.getElementsByTagNameNS("*", name)].map((element) => element.textContent);
    if (all("success")[0] === "true") return;
    throw new Error([...all("statusCode"), ...all("message"), ...all("faultstring")].join(": ") || "The org answered " + response.status);
  }
  onClick("[data-undelete]", async (button) => {
    await undelete(button.dataset.id);
    sayAfterReload("Undeleted.");
  });

  // Faults
  const faultForm = $("[data-fault]");
  function fault() {
    const act = $("[name=act]:checked", faultForm);
    const made = { act: act.value };
    for (const input of $$("[data-member]", faultForm)) {
      if (input.closest("[hidden]") !== null || input.value.trim() === "") continue;
      const { member, type } = input.dataset;
      made[member] = type === "number" ? Number(input.value) : input.value;
      if (type === "json") {
        try {
          made[member] = JSON.parse(input.value);
        } catch {
          made[member] = input.value;
        }
      }
    }
    return made;
  }
  function fitForm() {
    const act = $("[name=act]:checked", faultForm);
    for (const part of $$("[data-for-act]", faultForm)) part.hidden = part.dataset.forAct !== act.value;
    for (const part of $$("[data-for-kind]", faultForm)) part.hidden = !part.dataset.forKind.split(" ").includes(act.dataset.kind);
    $("[data-members]", faultForm).hidden = $("[data-for-act]:not([hidden])", faultForm) === null;
    $("[data-preview]", faultForm).textContent = "org.faults.add(" + JSON.stringify(fault(), null, 2) + ");";
  }
  if (faultForm !== null) {
    faultForm.addEventListener("input", fitForm);
    fitForm();
    faultForm.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const { name } = await admin("POST", "/faults", fault());
        sayAfterReload("Armed: " + name);
      } catch (error) {
        refusals($("[data-refusals]", faultForm), [{ errorCode: "Not armed:", message: error.message }], faultForm);
      }
    });
  }
  onClick("[data-disarm]", async (button) => {
    await admin("DELETE", "/faults/" + button.dataset.disarm);
    sayAfterReload("Disarmed.");
  });
  onClick("[data-disarm-all]", async () => {
    await admin("DELETE", "/faults");
    sayAfterReload("All faults disarmed.");
  });

  // SOQL editor
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

  // Keys
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
})();
`;
