/** Records are changed through the org's real APIs in a session of the viewing user, so that the real rules answer. A part of the console's script; see `script.ts`. */
export const RECORDS = String.raw`  // Records: through the REST API, in a session of the viewing user
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
  // A step of an order, done for real.
  onClick("[data-do]", async (button) => {
    const { ok, answer } = await rest(button.dataset.do, button.dataset.path, JSON.parse(button.dataset.body));
    if (!ok) throw new Error(answer.map(({ errorCode, message }) => errorCode + ": " + message).join(" "));
    sayAfterReload("Done.");
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
`;
