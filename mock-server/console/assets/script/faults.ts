/** The form that arms a fault, and the buttons that disarm. A part of the console's script; see `script.ts`. */
export const FAULTS = String.raw`  // Faults
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
`;
