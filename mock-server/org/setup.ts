/**
 * How an org is set up: its schema, settings, organization-wide defaults and rights, and what follows from them: which
 * objects exist, who sees which record, what a user may do. The org's tables are looked at, never changed.
 */
import type { Catalog } from "../schema/catalog.ts";
import type { Actors } from "./actors.ts";
import type { Grant } from "./permissions.ts";
import type { OrgSettings } from "./port.ts";
import { Sharing, type SharingModels } from "./sharing.ts";
import type { Table } from "./table.ts";
import { catalogUnder } from "./visible-catalog.ts";

/** What a setup is made of. */
export interface SetupParts {
  /** The whole schema, also of objects that the settings hide. */
  readonly catalog: Catalog;
  readonly settings: OrgSettings;
  /** Organization-wide defaults that differ from the schema's. */
  readonly sharing: SharingModels;
  /** What profiles and permission sets grant beside the fields of their records, by record Id. */
  readonly grants: ReadonlyMap<string, Grant>;
}

/** The setup of one org. It changes as a whole. */
export class Setup {
  #whole: Catalog;
  #visible: Catalog;
  #settings: OrgSettings;
  #models: SharingModels;
  #sharing: Sharing;
  #actors: Actors;
  #changedMs: number;

  /** `actors` may be those of another org with the same schema: what they merged stays useful. */
  constructor(
    parts: Omit<SetupParts, "grants"> & {
      readonly actors: Actors;
      readonly tables: ReadonlyMap<string, Table>;
      readonly nowMs: number;
    },
  ) {
    const { catalog, settings, sharing, actors, tables, nowMs } = parts;
    this.#whole = catalog;
    this.#visible = catalogUnder(settings, catalog);
    this.#settings = settings;
    this.#models = sharing;
    this.#sharing = new Sharing(this.#visible, tables, sharing);
    this.#actors = actors.with({ catalog: this.#visible, tables, grants: actors.grants });
    this.#changedMs = nowMs;
  }

  /** The objects that exist under the settings. */
  get catalog(): Catalog {
    return this.#visible;
  }

  get wholeCatalog(): Catalog {
    return this.#whole;
  }

  get settings(): OrgSettings {
    return this.#settings;
  }

  get sharingModels(): SharingModels {
    return this.#models;
  }

  get sharing(): Sharing {
    return this.#sharing;
  }

  get actors(): Actors {
    return this.#actors;
  }

  /** When anything of it last changed, in milliseconds. */
  get changedMs(): number {
    return this.#changedMs;
  }

  /** Takes over other parts, for the tables that the org has now; parts that are absent stay. */
  change(parts: Partial<SetupParts>, tables: ReadonlyMap<string, Table>, nowMs: number): void {
    const { catalog = this.#whole, settings = this.#settings, sharing = this.#models } = parts;
    const { enableOrders, autoCalculateEndDate } = this.#settings;
    const sameFeatures =
      settings.enableOrders === enableOrders && settings.autoCalculateEndDate === autoCalculateEndDate;
    if (!sameFeatures || catalog !== this.#whole) this.#visible = catalogUnder(settings, catalog);
    this.#whole = catalog;
    this.#settings = settings;
    this.#models = sharing;
    this.#sharing = new Sharing(this.#visible, tables, sharing);
    this.#actors = this.#actors.with({ catalog: this.#visible, tables, grants: parts.grants ?? this.#actors.grants });
    this.changed(nowMs);
  }

  /** Always a later second than before, so that two changes within one second, or around a `restore`, do not look alike. */
  changed(nowMs: number): void {
    this.#changedMs = Math.max(nowMs, this.#changedMs + 1000);
  }

  /** Nobody has seen anything of it yet: it is as old as the org. */
  isNew(nowMs: number): void {
    this.#changedMs = nowMs;
  }
}
