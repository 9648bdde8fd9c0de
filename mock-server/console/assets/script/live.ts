/** What comes by server-sent events: the state in the top bar, new requests, parts of a page that differ. A part of the console's script; see `script.ts`. */
export const LIVE = String.raw`  // Live state
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
      // Who was in the part stands there still.
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
`;
