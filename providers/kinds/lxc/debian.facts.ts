/** What one look at a plain Debian host tells about all its containers. */
import type { Guest } from "./debian.guest.ts";
import type { Node } from "./debian.mounts.ts";

/** A ZFS file system. */
export interface Dataset {
  readonly name: string;
  /** Where it is mounted; undefined where it is not. */
  readonly mountpoint: string | undefined;
  /** Bytes; 0: no limit. */
  readonly refquota: bigint;
  /** The snapshot that it is a clone of. */
  readonly origin: string | undefined;
  /** The mount that it was made for and is not in use by: `101:/data`. */
  readonly madeFor: string | undefined;
}

/** What is of a container that runs. */
export interface Running {
  /** Files of its cgroup, by name. */
  readonly cgroup: ReadonlyMap<string, string>;
  /** Host name. */
  readonly hostname: string | undefined;
  /** Its network devices as `ip -json address show` has them. */
  readonly links: readonly Link[];
  /** Its default routes. */
  readonly routes: readonly Route[];
  /** The configuration that it was started with, where that is known to be another one than its file has now. */
  readonly started: string | undefined;
  /** What is mounted in it, by path, where {@link started} is known. */
  readonly mounted: ReadonlySet<string> | undefined;
}

export interface Link {
  readonly ifname: string;
  readonly ifindex?: number;
  readonly flags?: readonly string[];
  readonly address?: string;
  readonly mtu?: number;
  readonly master?: string;
  readonly addr_info?: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly scope: string;
    readonly dynamic?: boolean;
  }[];
}

export interface Route {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
}

export interface DebianFacts {
  readonly machine: string;
  readonly cpus: readonly number[];
  /** The text of each container's configuration, by its name; all names, not only numbers. */
  readonly configs: ReadonlyMap<string, string>;
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly running: ReadonlyMap<string, Running>;
  /** Lines of each container's resolv.conf and os-release, by the path of its root. */
  readonly inside: ReadonlyMap<string, readonly string[]>;
  /** What sees to the network in each container, by the path of its root. */
  readonly guests: ReadonlyMap<string, Guest>;
  /** The containers' own device nodes and the host's, by path. */
  readonly nodes: ReadonlyMap<string, Node>;
  /** The host's ends of the containers' interfaces. */
  readonly links: readonly Link[];
  /** VLANs of the host's ends, by name. */
  readonly vlans: ReadonlyMap<string, Vlans>;
  /** Limits of the host's ends, by name. */
  readonly limits: ReadonlyMap<string, Limits>;
  /** Snapshots of each dataset that is a container's root, by the path of the root. */
  readonly snapshots: ReadonlyMap<string, readonly string[]>;
  /** Whether containers start with the host: whether lxc.service is enabled. */
  readonly autostart: boolean;
  /** What root may map, from /etc/subuid and /etc/subgid; undefined: whatever it likes. */
  readonly ranges: { readonly u: readonly Range[] | undefined; readonly g: readonly Range[] | undefined };
}

/** In MiB a second. */
export interface Limits {
  /** Of what goes to the container. */
  readonly to?: number;
  readonly from?: number;
}

export interface Vlans {
  readonly pvid: number | undefined;
  readonly tagged: readonly number[];
}

export interface Range {
  readonly from: number;
  readonly size: number;
}
