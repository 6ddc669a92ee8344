/** Where file systems are mounted, as far as what is declared says. */
export interface Mountable {
  readonly name: string;
  readonly type?: "filesystem" | "volume";
  readonly properties: Readonly<Record<string, string>>;
}

export interface PoolRoot {
  readonly name: string;
  readonly rootProperties?: Readonly<Record<string, string>> | undefined;
}

export interface Declared {
  readonly datasets: readonly Mountable[];
  readonly pools: readonly PoolRoot[];
}

/** Its own mount point, or beneath that above it; undefined where ZFS mounts nothing. */
export function mountpoint(name: string, declared: Declared): string | undefined {
  const own =
    declared.datasets.find((dataset) => dataset.name === name)?.properties["mountpoint"] ??
    declared.pools.find((pool) => pool.name === name)?.rootProperties?.["mountpoint"];
  if (own === "none" || own === "legacy") return undefined;
  if (own !== undefined || !name.includes("/")) return own ?? `/${name}`;
  const parent = mountpoint(name.slice(0, name.lastIndexOf("/")), declared);
  return parent === undefined ? undefined : `${parent === "/" ? "" : parent}${name.slice(name.lastIndexOf("/"))}`;
}
