/** The top bar's buttons, copying, and lists that narrow as one types. A part of the console's script; see `script.ts`. */
export const TOP_BAR = String.raw`  // Top bar
  $("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
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
`;
