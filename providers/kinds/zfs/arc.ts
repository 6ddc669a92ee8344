import { z } from "zod";
import { script } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { defineKind, nothing, type Change } from "../../kind.ts";
import { bytes, nice } from "./values.ts";

const size = z
  .string()
  .refine((text) => (bytes(text) ?? 0n) >= 64n << 20n, "must be a size of at least 64M, the least ZFS accepts");

export const ArcSpec = z.strictObject({
  /** The most memory ZFS's cache may take, now and after a reboot: `8G`. At least 64M, less than the host's memory. */
  max: size,
});
export type ArcSpec = z.infer<typeof ArcSpec>;

/** The limit in force, and the one that will be after a reboot. Equal to `max` where they are as declared. */
interface ArcState extends ArcSpec {
  readonly now: string;
  readonly boot: string;
}

interface ArcFacts {
  readonly now: bigint;
  readonly boot: bigint;
  readonly memory: bigint;
  /** Whether an initramfs that loads ZFS is older than the limit's file. */
  readonly staleInitramfs: boolean;
  /** Other files that set the limit, which come after ours. */
  readonly foreign: readonly string[];
}

// Files of modprobe.d are read in the order of their names and the last word counts: hence the name.
const FILE = "/etc/modprobe.d/zz-phoenix-zfs-arc.conf";

const LOOK = `
[ -e /sys/module/zfs/parameters/zfs_arc_max ] || { echo no-module; exit 0; }
echo "now $(cat /sys/module/zfs/parameters/zfs_arc_max)"
echo "boot $(modprobe --showconfig | sed -n 's/^options zfs .*zfs_arc_max=\\([0-9]*\\).*/\\1/p' | tail -n 1)"
echo "memory $(sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo)"
[ ! -e /usr/share/initramfs-tools/hooks/zfs ] || [ ! -e "$1" ] || [ ! -e "/boot/initrd.img-$(uname -r)" ] ||
  [ "/boot/initrd.img-$(uname -r)" -nt "$1" ] || echo stale
grep -l '^options zfs .*zfs_arc_max=' /etc/modprobe.d/*.conf | grep -vxF "$1" | sed 's/^/foreign /' || :`;

// One script for each way it can differ, so that a drift is healed by one command.
const APPLY = `
if [ "$3" = boot ] || [ "$3" = both ]; then
  umask 022
  printf '# Written by phoenix-hypervisor.\\noptions zfs zfs_arc_max=%s\\n' "$2" >"$1.draft"
  sync "$1.draft"
  mv -f "$1.draft" "$1"
  [ ! -e /usr/share/initramfs-tools/hooks/zfs ] || update-initramfs -u
fi
[ "$3" = boot ] || echo "$2" >/sys/module/zfs/parameters/zfs_arc_max`;

const REMOVE = `
rm -f "$1" "$1.draft"
echo 0 >/sys/module/zfs/parameters/zfs_arc_max
[ ! -e /usr/share/initramfs-tools/hooks/zfs ] || update-initramfs -u`;

/** The limit of ZFS's memory cache (ARC): one per host, which is always there. */
export const arc = defineKind<ArcState, ArcFacts>({
  type: "zfs:Arc",
  holdsData: false,
  spec: ArcSpec as unknown as z.ZodType<ArcState>,
  id: () => "arc",
  query: () => script("zfs-arc", LOOK, [FILE]),
  parse,
  view({ now, boot, staleInitramfs }, { max }) {
    if (now === 0n && boot === 0n) return undefined;
    const inWords = (value: bigint) => (value === bytes(max) ? max : nice(value));
    return { max, now: inWords(now), boot: staleInitramfs ? "an older initramfs" : inWords(boot) };
  },
  plan(live, { max }, _context, facts) {
    const changes = (["now", "boot"] as const).flatMap((prop): Change[] =>
      bytes(live?.[prop] ?? "") === bytes(max) ? [] : [{ prop: `max.${prop}`, from: live?.[prop], to: max }],
    );
    if (changes.length === 0) return nothing;
    const what = changes.length === 2 ? "both" : changes[0]?.prop === "max.now" ? "now" : "boot";
    return {
      changes,
      refusals: refusals(max, facts),
      commands: [script("zfs-arc-max", APPLY, [FILE, String(bytes(max)), what])],
    };
  },
  destroy: ({ max }) => ({
    ...nothing,
    changes: [{ prop: "max", from: max, to: undefined }],
    commands: [script("zfs-arc-reset", REMOVE, [FILE])],
  }),
});

function parse({ code, stdout, stderr }: Result): ArcFacts {
  if (stdout.trim() === "no-module") throw new UserError("the ZFS kernel module is not loaded: modprobe zfs");
  if (code !== 0) throw new UserError(`cannot read the ARC's limit: ${stderr.trim()}`);
  const rows = stdout.split("\n").map((line) => line.split(" "));
  const number = (key: string) => BigInt(rows.find(([word]) => word === key)?.[1] ?? "0");
  return {
    now: number("now"),
    boot: number("boot"),
    memory: number("memory") << 10n,
    staleInitramfs: rows.some(([word]) => word === "stale"),
    foreign: rows.filter(([word]) => word === "foreign").map(([, file = ""]) => file),
  };
}

function refusals(max: string, facts: ArcFacts | undefined): string[] {
  if (facts === undefined) return [];
  const later = facts.foreign.filter((file) => file > FILE);
  return [
    ...((bytes(max) ?? 0n) >= facts.memory
      ? [`max ${max} is not below the host's memory of ${String(facts.memory >> 20n)}M`]
      : []),
    ...(later.length > 0 ? [`${later.join(", ")} sets zfs_arc_max too and comes after ours: remove it there`] : []),
  ];
}
