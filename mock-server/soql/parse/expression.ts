/** The expressions of the grammar: paths, function calls of one or two levels, and DISTANCE. */
import type { Call, Distance, Expression, Path } from "./ast.ts";
import { readString } from "./literal.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** A path, a call or DISTANCE; the caller has seen that a name comes next. */
export function parseExpression(cursor: TokenCursor): Expression {
  // GEOLOCATION in second place tells DISTANCE from a function or field of that name, as Salesforce's parser does.
  if (cursor.at("DISTANCE", "(") && !cursor.at("DISTANCE", "(", "GEOLOCATION", "(")) {
    const distance = parseDistance(cursor);
    if (distance !== null) return distance;
  }
  return parseCallOrPath(cursor);
}

/** A path or a call: what a grouping key may be. */
export function parseCallOrPath(cursor: TokenCursor): Path | Call {
  const from = cursor.peek().start;
  if (cursor.peek(1).upper !== "(" || cursor.peek(1).kind !== "symbol") return parsePath(cursor);
  const name = cursor.expectName();
  cursor.next();
  if (!cursor.atName()) throw cursor.unexpected(from);
  if (cursor.peek(1).upper !== "(") {
    const argument = parsePath(cursor, from);
    if (!cursor.at(")")) throw cursor.unexpected(from);
    cursor.next();
    return { kind: "call", name: name.text, argument, at: from };
  }
  const inner = cursor.next();
  cursor.next();
  if (!cursor.atName()) throw cursor.unexpected(from);
  const argument = parsePath(cursor);
  cursor.expect(")");
  cursor.expectClose();
  const call: Call = { kind: "call", name: inner.text, argument, at: inner.start };
  return { kind: "call", name: name.text, argument: call, at: from };
}

/** A dotted path; blanks around a dot are an error at the dot. `from` is the decision to name in an error. */
export function parsePath(cursor: TokenCursor, from?: number): Path {
  const first = cursor.expectName(from);
  const segments = [first.text];
  let end = first.end;
  while (cursor.at(".") && cursor.peek().start === end) {
    const segment = cursor.peek(1);
    if (segment.kind !== "ident" || segment.start !== end + 1) {
      cursor.next();
      throw cursor.unexpected(from);
    }
    cursor.next();
    segments.push(cursor.next().text);
    end = segment.end;
  }
  return { kind: "path", segments, at: first.start };
}

function parseDistance(cursor: TokenCursor): Distance | null {
  const at = cursor.peek().start;
  let ahead = 3;
  while (cursor.peek(ahead).upper === ".") ahead += 2;
  if (cursor.peek(ahead).upper !== ",") return null;
  cursor.next();
  cursor.next();
  if (!cursor.atName()) throw cursor.unexpected(at);
  const field = parsePath(cursor);
  cursor.expect(",");
  cursor.expect("GEOLOCATION");
  cursor.expect("(");
  const latitude = parseSignedNumber(cursor);
  cursor.expect(",");
  const longitude = parseSignedNumber(cursor);
  cursor.expectClose();
  cursor.expect(",");
  if (cursor.peek().kind !== "string") throw cursor.unexpected();
  const unit = readString(cursor, cursor.next());
  cursor.expectClose();
  return { kind: "distance", field, latitude, longitude, unit, at };
}

function parseSignedNumber(cursor: TokenCursor): string {
  const sign = cursor.take("-") ? "-" : "";
  if (sign === "") cursor.take("+");
  const token = cursor.peek();
  if (token.kind !== "int" && token.kind !== "decimal") throw cursor.unexpected();
  return sign + cursor.next().text;
}
