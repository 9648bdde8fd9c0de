import { it } from "vitest";
import { playSeed } from "./simulate.ts";
it("plays", async () => {
  for (const s of (process.env["SIM"] ?? "").split(",")) {
    try { await playSeed(Number(s)); console.log(s, "ok"); } catch (error) { console.log((error as Error).message.startsWith("seed") ? (error as Error).message : (error as Error).stack); }
  }
}, 600_000);
