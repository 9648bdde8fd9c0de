/** Whether a name in a file is likely meant to be a configured one. Pure. */

/** Letters that may differ: one in three, and never more than two. */
const SLIPS_MAX = 2;
const LETTERS_PER_SLIP = 3;

/** Whether two names are alike but for blanks and capitals. */
export function isSpelledAlike(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}

/**
 * The name among `candidates` that is likely meant by `wanted`: alike but for blanks, capitals and punctuation, or but
 * for a letter or two that are wrong, missing, too many or swapped. Undefined where there is none.
 */
export function misspelling(wanted: string, candidates: readonly string[]): string | undefined {
  const goal = deadLetters(wanted);
  // A number is no slip: address1 and address2 are two columns.
  const near = candidates.filter((each) => deadLetters(each) !== "" && digits(each) === digits(wanted));
  const slips = Math.min(SLIPS_MAX, Math.floor(goal.length / LETTERS_PER_SLIP));
  return (
    near.find((each) => deadLetters(each) === goal) ?? near.find((each) => distance(deadLetters(each), goal) <= slips)
  );
}

function deadLetters(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

function digits(name: string): string {
  return name.replace(/\D/g, "");
}

/** Edits that turn one text into the other one; two swapped neighbors count as one. */
function distance(left: string, right: string): number {
  if (Math.abs(left.length - right.length) > SLIPS_MAX) return SLIPS_MAX + 1;
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const cost = left[i - 1] === right[j - 1] ? 0 : 1;
      const isSwap = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      row.push(
        Math.min(
          at(rows, i - 1, j) + 1,
          (row[j - 1] ?? 0) + 1,
          at(rows, i - 1, j - 1) + cost,
          isSwap ? at(rows, i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    rows.push(row);
  }
  return at(rows, left.length, right.length);
}

const at = (rows: readonly (readonly number[])[], i: number, j: number): number => rows[i]?.[j] ?? 0;
