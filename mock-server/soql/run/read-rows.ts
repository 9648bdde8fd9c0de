/** Reads the rows of an access path from the dataset, in order of Id, or of (SystemModstamp, Id) for a stamp range. */
import type { Row } from "../../schema/definition.ts";
import type { SoqlDataset } from "../base/port.ts";
import type { Plan } from "./plan.ts";

/** The rows that a plan leads to; the caller filters them. */
export function readRows(data: SoqlDataset, { object, path, ordered }: Plan): Iterable<Row> {
  switch (path.kind) {
    case "id":
      return path.ids.map((id) => data.get(object, id)).filter((row) => row !== undefined);
    case "index": {
      const { field, values } = path;
      const [only] = values;
      if (values.length === 1 && only !== undefined) return data.find(object, field, only);
      return byId(values.flatMap((value) => data.find(object, field, value)));
    }
    case "stamp": {
      const rows = data.byStamp(object, path.from ?? undefined, path.to ?? undefined);
      return ordered ? rows : byId([...rows]);
    }
    case "scan":
      return data.rows(object);
  }
}

/** Sorts by Id, compared as text: Ids sort by their characters. */
function byId(rows: Row[]): readonly Row[] {
  return rows.sort((a, b) => (String(a["Id"]) < String(b["Id"]) ? -1 : 1));
}
