/** A container of plain Debian that is not there yet: of an archive, or as a copy of another one. Pure. */
import { secret } from "../../host/command.ts";
import { USUAL_MAP } from "./container.bind.ts";
import { differences, isOnHost } from "./container.changes.ts";
import { madeCall } from "./container.made.ts";
import type { Found, State, Steps, Task } from "./container.state.ts";
import { places, sizeOf, type Beginning, type Impossible } from "./debian.begin.ts";
import { ofContainer } from "./debian.clone.ts";
import { replaced, type Entry } from "./debian.conf.ts";
import type { DebianFacts, Range } from "./debian.facts.ts";
import { isAsked } from "./debian.guest.ts";
import { idmapEntries } from "./debian.groups.ts";
import { containerCommand, step, stepWith, type Step } from "./debian.script.ts";
import { before, guest, penOf, refusedWish, resolv, start } from "./debian.update.ts";
import { volumes } from "./debian.volumes.ts";
import { netsAfter, rewritten } from "./debian.write.ts";

/** What a new container is where nothing is declared. */
const NEW = { memory: 512, swap: 512, unprivileged: true, apparmorProfile: "generated", size: "4G" } as const;
const MAKING = ".phoenix-making";

export interface Making {
  readonly refusals: readonly string[];
  readonly steps: readonly Step[];
  /** Of its root. */
  readonly dataset: string;
}

export function created(task: Task<DebianFacts>): Steps {
  const { refusals, steps } = making(task);
  if (refusals.length > 0) return { refusals, commands: [] };
  const { vmid: id, ready } = task.want;
  return { refusals, commands: [containerCommand(id, "create", steps, 3600 + (ready?.timeout ?? 0))] };
}

/** `done`: what follows at once when it counts. */
export function making(task: Task<DebianFacts>, done: readonly Step[] = []): Making {
  const begun = task.want.clone === undefined ? ofArchive(task) : ofContainer(task, task.want.clone);
  if ("refusals" in begun) return { refusals: begun.refusals, steps: [], dataset: "" };
  const { on, context } = task;
  const { vmid: id } = task.want;
  const hostname = task.want.hostname ?? `CT${String(id)}`;
  const want = { ...begun.defaults, ...task.want, hostname };
  const blank = { vmid: id } as State;
  const changes = differences(blank, want).filter(isOnHost);
  const { made, grown, refusals: impossible } = volumes(on, want, changes, undefined);
  const refusals = [
    ...impossible,
    ...refusedWish({ ...task, want }, changes, begun.found),
    ...unmappable(on, begun.found),
  ];
  if (refusals.length > 0) return { refusals, steps: [], dataset: "" };
  const pen = penOf({ ...task, want }, changes, begun.found, made);
  const { dataset, path, text } = begun;
  const [password, keys] = [want.password, want.sshKeys];
  const steps = [
    ...begun.steps,
    step("identity", hostname),
    ...(password === undefined ? [] : [stepWith(secret(`${context.secret(password).reveal()}\n`), "password")]),
    ...(keys === undefined ? [] : [stepWith(keys.map((line) => `${line}\n`).join(""), "keys")]),
    ...(want.nameserver === undefined && want.searchdomain === undefined ? [] : [resolv(`${path}${MAKING}`, want)]),
    ...before(pen, made, begun.found),
    ...netsAfter(text, pen).flatMap((one) => (isAsked(one.net.interface) ? guest(`${path}${MAKING}`, one) : [])),
    stepWith(rewritten(text, pen), "draft", id),
    step("done", dataset),
    ...made.map((volume) => step("in_use", volume.dataset)),
    ...grown.map((volume) => step("grow", volume.dataset, volume.size)),
    step("commit", id),
    ...done,
    ...(want.clone === undefined && !task.facts.made.has(id) ? [] : [step(...madeCall(want))]),
    ...(want.template === true ? [step("freeze", dataset)] : []),
    ...(want.running === true ? start(want) : []),
  ];
  return { refusals: [], steps, dataset };
}

function ofArchive({ on, want }: Task<DebianFacts>): Beginning | Impossible {
  const { vmid: id, ostemplate, storage } = want;
  if (ostemplate === undefined)
    return { refusals: ["it is not there; to have it made, declare what of: ostemplate or clone"] };
  const parent = on.datasets.get(storage ?? "");
  if (storage === undefined)
    return { refusals: ["it is not there; to have it made, declare the dataset it is to be in: storage"] };
  if (parent?.mountpoint === undefined) return { refusals: [`storage: there is no mounted dataset ${storage}`] };
  const unprivileged = want.unprivileged ?? NEW.unprivileged;
  const maps = unprivileged ? (want.idmap ?? USUAL_MAP) : [];
  const first = (type: "u" | "g") => maps.find((one) => one.type === type && one.container_id === 0)?.host_id ?? 0;
  const [dataset, path] = places(storage, parent, id);
  const base: Entry[] = [
    { key: "lxc.include", value: "/usr/share/lxc/config/common.conf" },
    ...(unprivileged ? [{ key: "lxc.include", value: "/usr/share/lxc/config/userns.conf" }] : []),
    ...idmapEntries(maps),
    { key: "lxc.rootfs.path", value: `dir:${path}` },
  ];
  const argument = maps.flatMap(({ type, container_id, host_id, size }) => [
    "-m",
    [type, container_id, host_id, size].join(":"),
  ]);
  return {
    text: replaced("", () => false, base),
    dataset,
    path,
    found: { interfaces: {}, mounts: {}, devices: {}, features: {}, unprivileged, idmap: want.idmap },
    steps: [
      step("root", id, dataset, sizeOf(want.size ?? NEW.size)),
      step("unpack", ostemplate, first("u"), first("g"), ...argument),
    ],
    defaults: NEW,
  };
}

/** LXC insists that /etc/subuid and /etc/subgid give root the numbers, where newuidmap is installed. */
function unmappable({ ranges }: DebianFacts, { unprivileged, idmap }: Pick<Found, "unprivileged" | "idmap">): string[] {
  if (unprivileged !== true) return [];
  const has = (some: readonly Range[] | undefined, from: number, size: number) =>
    some === undefined || some.some((range) => from >= range.from && from + size <= range.from + range.size);
  return (idmap ?? USUAL_MAP).flatMap(({ type, host_id, size }) =>
    has(ranges[type], host_id, size)
      ? []
      : [
          `root may not use the numbers ${String(host_id)} to ${String(host_id + size - 1)} for containers: ` +
            `add the line root:${String(host_id)}:${String(size)} to /etc/sub${type}id`,
        ],
  );
}
