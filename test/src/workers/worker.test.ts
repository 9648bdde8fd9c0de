import { describe, expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import { runWorker } from "../../../src/workers/worker.ts";

describe("a worker", () => {
  it("refuses a state that other machines cannot share, and says what to do", async () => {
    const settings = { stateUrl: "file:state.db", request: { holder: "me" }, next: () => 0, fingerprint: "" };
    // It refuses before it touches a port.
    const ports = {} as EnginePorts;
    await expect(runWorker(ports, settings, new AbortController().signal)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("state.url is state.db"),
    });
  });

  it("says which server does not answer", async () => {
    const stateUrl = "postgres://user:secret@127.0.0.1:9/state";
    const settings = { stateUrl, request: { holder: "me" }, next: () => 0, fingerprint: "" };
    const ports = { mapping: { source: "erp" } } as EnginePorts;
    const ended = runWorker(ports, settings, new AbortController().signal);
    await expect(ended).rejects.toMatchObject({
      code: "STATE_UNREACHABLE",
      message: expect.stringContaining("127.0.0.1:9/state"),
    });
    await expect(ended).rejects.not.toThrow("secret");
  });
});
