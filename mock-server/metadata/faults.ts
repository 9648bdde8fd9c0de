/** The refusals of metadata changes. Codes are the platform's; which one it gives where, and all texts, are from memory. */
import type { OrgFault } from "../errors.ts";
import { MetadataError } from "../schema/metadata/problem.ts";

/** Thrown within one component's change; the caller makes it that component's result. */
export class ComponentFault extends Error {
  readonly fault: OrgFault;

  constructor(fault: OrgFault) {
    super(fault.message);
    this.name = "ComponentFault";
    this.fault = fault;
  }
}

/** There is no component of this name to change. */
export function unknownComponent(type: string, fullName: string): ComponentFault {
  const message = `In field: fullName - no ${type} named ${fullName} found`;
  return new ComponentFault({ code: "INVALID_CROSS_REFERENCE_KEY", message });
}

/** A component of this name exists already. */
export function duplicateName(what: string): ComponentFault {
  return new ComponentFault({ code: "DUPLICATE_DEVELOPER_NAME", message: what });
}

/** The name is none that such a component can have. */
export function badName(fullName: string, reason: string): ComponentFault {
  return new ComponentFault({ code: "FIELD_INTEGRITY_EXCEPTION", message: `${fullName}: ${reason}` });
}

/** Other components need this one. */
export function dependency(message: string): ComponentFault {
  return new ComponentFault({ code: "DEPENDENCY_EXISTS", message });
}

/** A change that a real org may allow and this one does not make. */
export function notSupported(what: string): ComponentFault {
  return new ComponentFault({ code: "INVALID_OPERATION", message: `${what} is not supported by the mock org` });
}

/** The fault behind an exception of a component's change; rethrows what is none. */
export function faultOf(error: unknown): OrgFault {
  if (error instanceof ComponentFault) return error.fault;
  if (!(error instanceof MetadataError)) throw error;
  const message = error.problems.map(({ element, reason }) => `${element}: ${reason}`).join("; ");
  return { code: "FIELD_INTEGRITY_EXCEPTION", message };
}
