/**
 * OpenTelemetry spans. Only the API is used: without an SDK in the process every call here does nothing.
 *
 * Attributes are counts and names of objects and calls: never a key, a value or a secret.
 */
import { type Attributes, type Span, SpanStatusCode, trace } from "@opentelemetry/api";

const TRACER = "salesforce-order-sync";

/** Does `work` in a span of its own, inside the span that is active. A failure marks it and goes on. */
export async function inSpan<Result>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  return await trace.getTracer(TRACER).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "DEFECT";
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}
