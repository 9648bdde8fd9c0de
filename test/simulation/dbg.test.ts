import { it } from "vitest";
import { play, shrink } from "./simulate.ts";
import { drawScenario } from "./scenario.ts";
it("plays", async () => {
  const core = await shrink(drawScenario(Number(process.env["SIM"])));
  await play(core, { trace: (l) => console.log(l), breaking: (p) => ({ ...p, observe: (e) => { if (e.kind !== "runStarted" && e.kind !== "runFinished") console.log("EV", JSON.stringify(e).slice(0,300)); }, salesforce: { ...p.salesforce,  execute: async (c) => { const o = await p.salesforce.execute(c); console.log("EXEC", JSON.stringify(c).slice(0, 900), JSON.stringify(o).slice(0,500)); return o; } }, external: {...p.external, apply: async (o) => { const r = await p.external.apply(o); console.log("APPLY", JSON.stringify(o).slice(0,500), JSON.stringify(r)); return r; }},
   state: {...p.state, commit: async (l, b) => { for (const x of b.bases ?? []) if (!process.env["KEY"] || x.key.includes(process.env["KEY"])) console.log("BASE", JSON.stringify(x).slice(0,900)); for (const x of b.putIntents ?? []) console.log("INTENT", JSON.stringify(x).slice(0,1200)); return p.state.commit(l,b); }} }) });
});
