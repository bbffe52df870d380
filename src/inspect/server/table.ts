/** Rows with an id, and when each has changed last: what somebody has missed who has seen them before. */

/** Rows that have gone are remembered as long as there are no more of them than so many; who has missed more gets all. */
const REMEMBERED = 20_000;

export interface Row {
  readonly id: number;
}

interface Kept<R> {
  row: R;
  changed: number;
  text: string | null;
}

interface Gone {
  id: number;
  when: number;
}

/** What is new to somebody. */
export interface Difference {
  /** Rows that are new, or have changed, as JSON. */
  rows: string[];
  gone: number[];
}

export class Table<R extends Row> {
  private kept = new Map<number, Kept<R>>();
  private gone: Gone[] = [];
  /** Of what was before that, nobody knows what has gone. */
  private forgotten = 0;

  /** @param keys what of a row is looked at */
  constructor(private readonly keys: readonly (keyof R)[]) {}

  get size(): number {
    return this.kept.size;
  }

  /** These are all. @param version greater than before */
  update(rows: readonly R[], version: number): void {
    const before = this.kept;
    // In the order of `rows`, which may have changed as well.
    const kept = (this.kept = new Map<number, Kept<R>>());
    for (const row of rows) {
      const old = before.get(row.id);
      if (old === undefined) kept.set(row.id, { row, changed: version, text: null });
      else {
        if (this.differ(old.row, row)) {
          old.changed = version;
          old.text = null;
        }
        old.row = row;
        kept.set(row.id, old);
      }
    }
    for (const id of before.keys()) if (!kept.has(id)) this.gone.push({ id, when: version });
    if (this.gone.length > REMEMBERED) this.forget();
  }

  /** For who has seen nothing. */
  all(): Difference {
    return { rows: this.changedSince(0), gone: [] };
  }

  /** Since `version`, which somebody has seen; null: it is too long ago. */
  since(version: number): Difference | null {
    if (version < this.forgotten) return null;
    const gone = this.gone.filter(({ when }) => when > version).map(({ id }) => id);
    return { rows: this.changedSince(version), gone };
  }

  private changedSince(version: number): string[] {
    const rows: string[] = [];
    for (const kept of this.kept.values())
      if (kept.changed > version) rows.push((kept.text ??= JSON.stringify(kept.row)));
    return rows;
  }

  private differ(a: R, b: R): boolean {
    for (const key of this.keys) if (a[key] !== b[key]) return true;
    return false;
  }

  private forget(): void {
    const old = this.gone.splice(0, this.gone.length - REMEMBERED / 2);
    this.forgotten = old.at(-1)!.when;
  }
}
