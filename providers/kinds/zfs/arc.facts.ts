/** What one look at the host tells about the limits of ZFS's memory cache. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import { MODPROBE_CONFIG } from "../system/modprobe.ts";

/** Sorts after every usual name: of options that are set twice, modprobe(8) takes the last. */
export const DROP_IN = "/etc/modprobe.d/zz-phoenix-arc.conf";

/** Where the kernel command line sets a limit: modprobe(8) takes it last. */
export const COMMAND_LINE = "the kernel command line";

export type Limit = "max" | "min";
export const LIMITS = ["max", "min"] as const;

/** Bytes; 0 is ZFS's own default. */
export type Limits = Readonly<Record<Limit, bigint>>;

/** A place that sets a limit at boot. */
export interface Setter {
  readonly where: string;
  readonly limit: Limit;
  readonly value: bigint;
}

export interface Facts {
  /** The module's parameters. */
  readonly now: Limits;
  /** What the ARC goes by: parameters that are out of range are ignored, and 0 changes nothing. */
  readonly inForce: Limits;
  /** All of the machine's memory, in bytes, as ZFS sees it. */
  readonly memory: bigint;
  /** What modprobe(8) will set. */
  readonly boot: Limits;
  readonly setters: readonly Setter[];
  /** The lines of our drop-in; undefined: there is none. */
  readonly dropIn: readonly string[] | undefined;
  /** The initramfs images that carry ZFS. */
  readonly images: readonly { readonly path: string; readonly stale: boolean }[];
}

export function query(): Command {
  return script("zfs-arc", QUERY, [DROP_IN]);
}

const QUERY = `${MODPROBE_CONFIG}
[ -d /sys/module/zfs/parameters ] || exit 0
echo == now
cd /sys/module/zfs/parameters
echo "max=$(cat zfs_arc_max)"; echo "min=$(cat zfs_arc_min)"
echo == stats
sed -nE 's/^(c_max|c_min|memory_all_bytes) +[0-9]+ +/\\1=/p' /proc/spl/kstat/zfs/arcstats
echo == boot
# 1: no line sets any.
modprobe_config | grep '^options zfs ' || [ $? -eq 1 ]
echo == setters
set --
for folder in /etc /run /usr/local/lib /usr/lib /lib
do for file in $folder/modprobe.d/*.conf; do [ ! -f "$file" ] || set -- "$@" "$file"; done
done
[ $# -eq 0 ] || grep -HnE '^[[:space:]]*options[[:space:]]+zfs[[:space:]]' -- "$@" || [ $? -eq 1 ]
tr ' ' '\\n' </proc/cmdline | sed -n 's/^zfs[.]/${COMMAND_LINE}:0:options zfs /p'
echo == file
[ ! -f ${DROP_IN} ] || grep -n '' ${DROP_IN} || [ $? -eq 1 ]
echo == images
set -- /usr/lib/dracut/modules.d/*zfs
if [ -e /usr/share/initramfs-tools/hooks/zfs ] || [ -d "$1" ]
then
  for image in /boot/initrd.img-*
  do
    [ -f "$image" ] || continue
    if [ ${DROP_IN} -nt "$image" ]; then echo "stale $image"; else echo "fresh $image"; fi
  done
fi
`;

/** Throws a UserError when ZFS is not there. */
export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the ARC: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const now = pairs(section("now"));
  if (now.size === 0)
    throw new UserError("ZFS is not loaded on the host: modprobe zfs (Debian packages: zfs-dkms, zfsutils-linux)");
  const stats = pairs(section("stats"));
  const boot = section("boot").flatMap((line) => settersIn("modprobe", line));
  const file = section("file").map((line) => line.slice(line.indexOf(":") + 1));
  return {
    now: { max: now.get("max") ?? 0n, min: now.get("min") ?? 0n },
    inForce: { max: stats.get("c_max") ?? 0n, min: stats.get("c_min") ?? 0n },
    memory: stats.get("memory_all_bytes") ?? 0n,
    boot: { max: last(boot, "max"), min: last(boot, "min") },
    setters: section("setters").flatMap((line) => {
      const [, path = "", number = "", text = ""] = /^(.*?):(\d+):(.*)$/.exec(line) ?? [];
      return settersIn(number === "0" ? path : `${path} line ${number}`, text);
    }),
    dropIn: file.length === 0 ? undefined : file,
    images: section("images").map((line) => ({ path: line.slice(6), stale: line.startsWith("stale") })),
  };
}

function pairs(lines: readonly string[]): Map<string, bigint> {
  return new Map(
    lines.map((line) => {
      const [name = "", value = ""] = line.split("=");
      return [name, BigInt(value)];
    }),
  );
}

/** The limits that an `options zfs …` line sets. */
function settersIn(where: string, line: string): Setter[] {
  return [...line.matchAll(/\bzfs_arc_(max|min)=(\d+)/g)].map(([, limit, value = "0"]) => ({
    where,
    limit: limit as Limit,
    value: BigInt(value),
  }));
}

function last(setters: readonly Setter[], limit: Limit): bigint {
  return setters.findLast((setter) => setter.limit === limit)?.value ?? 0n;
}

/** What the parameters come to at boot without our drop-in. */
export function theirs({ setters }: Facts): Limits {
  const foreign = setters.filter(({ where }) => !where.startsWith(DROP_IN));
  return { max: last(foreign, "max"), min: last(foreign, "min") };
}
