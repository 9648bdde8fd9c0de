/**
 * A count with its noun, in agreement: `1 document`, `2 documents`, `0 documents`. `many` where the plural is not the
 * singular with an s.
 */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
