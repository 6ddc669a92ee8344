/** What one look at the host tells about named template archives. */
import { script, type Command } from "../../host/command.ts";
import { UserError, type Result } from "../../host/host.ts";
import { sections } from "../../host/sections.ts";
import type { Platform } from "../../kind.ts";
import type { Section } from "../proxmox/section-config.ts";
import { storagesOf } from "../proxmox/storage.facts.ts";
import { recipeOf, type BuildSpec } from "./template.build.ts";
import { RECORD } from "./template.commands.ts";

/** An archive of that name: where it is, or is to be, and what is there. */
export interface Archive {
  /** Undefined where the storage has no place for files. */
  readonly path: string | undefined;
  /** The folder that must be there, and whether it is a mount point. */
  readonly base: string;
  readonly mounted: boolean;
  /** As stat(1) calls it: `regular file`; undefined: nothing. */
  readonly type: string | undefined;
  readonly sha256: string | undefined;
  /** The SHA-256 of what we put there; undefined: we did not. */
  readonly put: string | undefined;
  /** How we built what we put there; undefined: we did not build it. */
  readonly built: BuildSpec | undefined;
}

export interface Facts {
  readonly on: Platform;
  readonly archives: ReadonlyMap<string, Archive>;
  readonly storages: ReadonlyMap<string, Section>;
  /** Whether the host has mmdebstrap(1). */
  readonly builder: boolean;
}

export function query(ids: readonly string[] | undefined): Command {
  return script("lxc-templates", QUERY, ids ?? []);
}

// Where a storage has its templates is asked for here, so that one look is enough.
const PLACE = `
place() { # storage: its path and its folder of templates, a tab between them; nothing where it has none
  awk -v id="$1" '
    /^[^ \\t#]/ { mine = $2 == id; if (mine) type = $1; next }
    mine && $1 == "path" { sub(/^[ \\t]+path[ \\t]+/, ""); sub(/[ \\t]+$/, ""); path = $0 }
    mine && $1 == "content-dirs" { for (n = split($2, all, ","); n > 0; n--) if (sub(/^vztmpl=/, "", all[n])) folder = all[n] }
    END {
      if (path == "" && type == "" && id == "local") path = "/var/lib/vz"
      if (path == "" && type ~ /^(nfs|cifs|cephfs):$/) path = "/mnt/pve/" id
      if (path != "") print path "\\t" (folder == "" ? "template/cache" : folder)
    }
  ' "$cfg"
}
`;

// Reads one archive, and keeps its sum where nobody changed it meanwhile, nor just before: a file's times stand still for
// moments, in which another change would not be seen.
const SUM = `
kept=$1$3
before=$(stat -c "$2" -- "$3")
sum=$(sha256sum -- "$3")
printf "%s\\n" "$sum"
[ "$before" = "$(stat -c "$2" -- "$3")" ] || exit 0
[ $(($(date +%s) - $(stat -c %Z -- "$3"))) -gt 1 ] || exit 0
# Where it cannot be kept it is read again the next time.
{
  mkdir -p -- "\${kept%/*}" &&
  printf "%s\\n" "\${sum%% *}" "$before" >"$kept.new" &&
  mv -fT -- "$kept.new" "$kept"
} 2>/dev/null || :
`;

// Of a file that is as we left it, or as it was when it was last read, the sum is known. Others are read whole, as many
// at a time as there are processors.
const QUERY = `
${RECORD}${PLACE}
! command -v pct >/dev/null || echo == pve
echo == storage
cfg=/etc/pve/storage.cfg
if [ -f "$cfg" ]; then cat "$cfg"; echo; else cfg=/dev/null; fi
tab=$(printf '\\t')
knows() { # file with a sum in it, path: whether it is that of what is there
  [ -n "$is" ] && [ -e "$1" ] && [ "$(sed -n 2p "$1")" = "$(state_of "$2")" ]
}
all=$(for id do
  base= path=
  case $id in
    /*) path=$id base=\${id%/*} base=\${base%/*} ;;
    *)
      folder=$(place "\${id%%:*}")
      [ -z "$folder" ] || base=\${folder%%"$tab"*} path=\${folder%%"$tab"*}/\${folder#*"$tab"}/\${id#*:vztmpl/}
      ;;
  esac
  mounted=no is= put= sum=
  ! mountpoint -q "\${base:-/}" || mounted=yes
  if [ -n "$path" ] && { [ -e "$path" ] || [ -L "$path" ]; }; then is=$(stat -c %F -- "$path"); fi
  if [ -n "$path" ] && [ -e "$records$path" ]
  then
    put=$(sed -n 1p "$records$path")
    ! knows "$records$path" "$path" || sum=$put
  fi
  [ -n "$sum" ] || ! knows "$cache$path" "$path" || sum=$(sed -n 1p "$cache$path")
  printf '%s\\n' "$mounted|$is|$put|$sum|$base|$path|$id"
done)
echo == builder
command -v mmdebstrap || :
echo == builds
printf '%s\\n' "$all" | awk -F '|' '$3 != "" { print $6 }' | sort -u | while IFS= read -r path
do sed -n '3p' "$records$path" | while IFS= read -r built; do printf '%s\\n' "$path|$built"; done
done
echo == archives
printf '%s\\n' "$all"
echo == sums
printf '%s\\n' "$all" | awk -F '|' '$2 ~ /^regular/ && $4 == "" { print $6 }' | sort -u |
  xargs -r -d '\\n' -n 1 -P "$(nproc)" sh -euc '${SUM}' sum "$cache" "$format"
`;

export function parse(answer: Result): Facts {
  if (answer.code !== 0) throw new UserError(`cannot look at the templates: ${answer.stderr.trim()}`);
  const section = sections(answer.stdout);
  const builds = new Map(
    section("builds").map((line) => {
      const end = line.indexOf("|");
      return [line.slice(0, end), recipeOf(line.slice(end + 1))];
    }),
  );
  const sums = new Map(section("sums").map((line) => [line.slice(66), line.slice(0, 64)]));
  return {
    on: answer.stdout.startsWith("== pve\n") ? "proxmox" : "debian",
    storages: storagesOf(section("storage")),
    builder: section("builder").length > 0,
    archives: new Map(
      section("archives").map((line): [string, Archive] => {
        const [mounted, type = "", put = "", sum = "", base = "", path = "", id = ""] = line.split("|");
        // stat(1) has a name of its own for an empty one.
        const is = type === "regular empty file" ? "regular file" : type;
        return [
          id,
          {
            ...{ path: orNot(path), base, mounted: mounted === "yes", type: orNot(is), put: orNot(put) },
            ...{ sha256: orNot(sum) ?? sums.get(path), built: builds.get(path) },
          },
        ];
      }),
    ),
  };
}

function orNot(text: string): string | undefined {
  return text === "" ? undefined : text;
}
