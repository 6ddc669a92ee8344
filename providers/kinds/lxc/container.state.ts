/** What the two platforms and what they share know of a container; see container.ts for how it goes together. */
import type { Command } from "../../host/command.ts";
import type { Change, Context } from "../../kind.ts";
import type { Directory } from "../directory.ts";
import type { Device, Interface, Mount } from "./container.parts.ts";
import type { ContainerSpec } from "./container.spec.ts";

/** Members that are our own business, or count when a container is made: no host tells them. */
export const OWN = [
  "ostemplate",
  "clone",
  "password",
  "sshKeys",
  "restart",
  "ready",
  "shutdown",
  "allowDestroy",
  "allowReplace",
] as const;
type Own = (typeof OWN)[number];

/** What a host tells of a container, in the words of the spec. */
export type Held = Omit<ContainerSpec, "vmid" | Own>;
export type HeldKey = keyof Held;

/** A spec as declared, or as found: then with what should not be. */
export interface State extends ContainerSpec {
  /** Present where changes wait for a restart although `restart` is `whenNeeded`. */
  readonly restartPending?: readonly string[];
  /** Present where it was made, and not yet given what is its own: a run was cut off. */
  readonly unfinished?: true;
  /** Present where it was started, and was not ready when the run ended. */
  readonly unready?: true;
}

/** A mount as it is: a volume's `volume` and `storage` are those it has. */
export type FoundMount = Mount;

/**
 * A container as it is on the host: all that is set, whether it is declared or not. Values are those that will count
 * after a restart; what has its default may be left out (see {@link Backend.defaults}).
 */
export interface Found extends Omit<Held, "interfaces" | "mounts" | "devices" | "lxc" | "running" | "template"> {
  readonly running: boolean;
  readonly template: boolean;
  readonly interfaces: Readonly<Record<string, Interface>>;
  readonly mounts: Readonly<Record<string, FoundMount>>;
  /** By path: what of them is a GPU is told by {@link Facts.gpus}. */
  readonly devices: Readonly<Record<string, Device>>;
  /** All lines that have no member of their own, as `key: value`. */
  readonly lxc: readonly string[];
  /** Members that have another value until the next restart, as `Change.prop` names them. */
  readonly restartPending: readonly string[];
  /** Those of them that something in the container kept from counting at once. */
  readonly used?: readonly string[];
  /** Whether the run that made it was cut off before it had given it what is its own. */
  readonly unfinished?: boolean;
  /** Values that a running container has at present where they are other ones, although a change counts at once. */
  readonly now?: Partial<Held>;
  /** What else has its hands on it: `backup`, `migrate`, … */
  readonly lock?: string;
  /** The source, where it is a linked clone. */
  readonly clonedFrom?: number;
  readonly snapshots: readonly string[];
  /** Number of the first user in the container, on the host: 0 where it is privileged. */
  readonly rootUid: number;
  readonly rootGid: number;
}

/** A GPU of the host. */
export interface Gpu {
  /** `0000:01:00.0` */
  readonly address: string;
  /** Device nodes that it takes to use it; some are shared with other GPUs. */
  readonly nodes: readonly string[];
}

export interface Facts<Pve = unknown, Debian = unknown> {
  readonly on: ({ readonly is: "proxmox" } & Pve) | ({ readonly is: "debian" } & Debian);
  /** In the order that `gpu:0`, `gpu:1` count. */
  readonly gpus: readonly Gpu[];
  /** Those that were started and are not ready yet, as far as that is of any interest. */
  readonly starting: ReadonlySet<number>;
  /** What copies were made of. */
  readonly made: ReadonlyMap<number, NonNullable<ContainerSpec["clone"]>>;
  /** Sources of the bind mounts that there are, as far as they exist, by path. */
  readonly directories: ReadonlyMap<string, Directory>;
}

/** What is to happen with a container, beside the changes of its settings. */
export type Run = "start" | "stop" | "restart" | undefined;

export interface Steps {
  readonly refusals: readonly string[];
  readonly commands: readonly Command[];
  /** Puts back what there was, where a command failed. */
  readonly undo?: readonly Command[];
  readonly says?: string;
}

/** What a platform is told to do. */
export interface Task<On> {
  readonly on: On;
  readonly facts: Facts;
  readonly want: State;
  readonly context: Context<State>;
}

export interface Update<On> extends Task<On> {
  readonly live: State;
  readonly found: Found;
  /** Never empty, without those that nothing is to be done about. */
  readonly changes: readonly Change[];
  /** A stop comes before the settings are changed, a start and a restart after that. */
  readonly run: Run;
}

export interface Replacement<On> extends Task<On> {
  readonly live: State;
  readonly found: Found;
}

/** Whether a change counts in a running container at once, or only where nothing in it uses what goes. */
export type Live = boolean | "unlessUsed";

/** How containers are looked after on one platform. Pure. */
export interface Backend<On> {
  /** Values of what is not set. */
  readonly defaults: Partial<Held>;
  /** Why such a container cannot be there, by name of what is declared. */
  unfit(spec: ContainerSpec): readonly string[];
  live(change: Change): Live;
  found(on: On, id: number, facts: Facts): Found | undefined;
  create(task: Task<On>): Steps;
  update(update: Update<On>): Steps;
  /** Ends it with its root file system, and makes it of what is declared, in which all is that it is to keep. */
  replace(replacement: Replacement<On>): Steps;
  /** Mounts' volumes and directories stay. */
  destroy(live: State, found: Found, on: On): Steps;
}
