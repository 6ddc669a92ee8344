import * as pulumi from "@pulumi/pulumi";
import { Arc, Dataset, Pool } from "../providers/index.ts";
import type { StackConfig } from "./config.ts";

/** Storage: the pools, the datasets in them, and how much memory their cache may take. */
export class Storage extends pulumi.ComponentResource {
  /** Health of each pool, by name. */
  readonly health: Record<string, pulumi.Output<string>>;
  /** Pools and datasets by name. */
  readonly #byName = new Map<string, pulumi.Resource>();
  /** Where each dataset is mounted. */
  readonly #mounts = new Map<string, pulumi.Resource>();

  constructor(config: StackConfig["storage"], data: { protect: boolean }, opts?: pulumi.ComponentResourceOptions) {
    super("phoenix:host:Storage", "storage", {}, opts);
    const pools = config.pools.map((spec) => {
      const pool = new Pool(spec.name, spec, { parent: this, ...data });
      this.#byName.set(spec.name, pool);
      this.#mounts.set(`/${spec.name}`, pool);
      return [spec.name, pool.health] as const;
    });
    // Parents come before their children: "tank" sorts before "tank/media".
    for (const spec of config.datasets.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const dataset = new Dataset(spec.name, spec, {
        parent: this,
        ...data,
        ...dependsOn(nearest(this.#byName, parentOf(spec.name))),
        ...(spec.renamedFrom === undefined ? {} : { aliases: [{ name: spec.renamedFrom }] }),
      });
      this.#byName.set(spec.name, dataset);
      const mountpoint = spec.properties["mountpoint"];
      this.#mounts.set(typeof mountpoint === "string" ? mountpoint : `/${spec.name}`, dataset);
    }
    if (config.arc !== undefined) new Arc("arc", config.arc, { parent: this });
    this.health = Object.fromEntries(pools);
    this.registerOutputs({});
  }

  /** What must be there before a directory can be used: the dataset, or else the pool, that is mounted there. */
  under(path: string): pulumi.CustomResourceOptions {
    return dependsOn(nearest(this.#mounts, path));
  }
}

/** The entry whose name is the longest prefix of a path. */
function nearest(entries: ReadonlyMap<string, pulumi.Resource>, path: string): pulumi.Resource | undefined {
  return path === "" ? undefined : (entries.get(path) ?? nearest(entries, parentOf(path)));
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function dependsOn(resource: pulumi.Resource | undefined): pulumi.CustomResourceOptions {
  return resource === undefined ? {} : { dependsOn: resource };
}
