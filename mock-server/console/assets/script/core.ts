/** The script's ground: queries of the page, saying things to everybody, the admin API, clicks. A part of the console's script; see `script.ts`. */
export const CORE = String.raw`  const $ = (selector, root = document) => root.querySelector(selector);
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
`;
