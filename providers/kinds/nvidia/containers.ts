/** The user-space driver in running containers, which has to be the one of the host's modules. */
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { FETCH, LONG } from "./commands.ts";
import { RUNNING } from "./query.ts";
import type { DriverSpec } from "./spec.ts";

// In the container. Until 545 the option had no s: the installer's help is looked into for the new name, and one that has
// no such help is an old one.
const BY_RUNFILE = `
umask 077
folder=$(mktemp -d /var/tmp/phoenix-nvidia.XXXXXX)
trap 'rm -rf -- "$folder"' EXIT
file=$folder/NVIDIA.run
cat >"$file"
only=--no-kernel-module
! sh "$file" --advanced-options 2>/dev/null | grep -q -e --no-kernel-modules || only=--no-kernel-modules
sh "$file" --silent --tmpdir="$folder" "$only" --no-x-check --no-nouveau-check "$@"
`;

const BY_APT = `
apt-get -q update
exec apt-get -q --yes --allow-downgrades install "$@"
`;

const MATCH = `${RUNNING}
failures=
said=$(mktemp)
folder=$(mktemp -d /var/tmp/phoenix-nvidia.XXXXXX)
trap 'rm -rf -- "$said" "$folder"' EXIT
failed() {
  tail -n 30 "$said" >&2
  exit 1
}
${FETCH}
in_container() { # name command...
  container=$1
  shift
  lxc-attach -n "$container" --clear-env -v PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    -v DEBIAN_FRONTEND=noninteractive -- "$@" >"$said" 2>&1
}
packages_of() { # pid version
  # dpkg-query would follow /proc/PID/root to the host's own list.
  list=/proc/$1/root/var/lib/dpkg/status
  [ ! -f "$list" ] || awk -v is="$2" '
    $1 == "Package:" { name = $2 }
    $1 == "Status:" { status = $4 }
    $1 == "Version:" {
      sub(/^[0-9]+:/, "", $2); sub(/-[^-]*$/, "", $2)
      if (status == "installed" && $2 == is && name ~ /nvidia|cuda|^libnv/) print name
    }' "$list"
}
by_apt() { # container version package...
  container=$1 to=$2
  shift 2
  for package do shift; set -- "$@" "$package=$to-*"; done
  in_container "$container" /bin/sh -euc "$by_apt" apt "$@" </dev/null
}
version=$1 source=$2 digest=$3 by_runfile=$4 by_apt=$5
shift 5
[ -n "$version" ] || version=$(libraries '' | sort -V | tail -n 1)
running >"$folder/running"
while read -r name is pid <&3
do
  [ "$is" != "$version" ] || continue
  packages=$(packages_of "$pid" "$is")
  if [ -n "$packages" ]
  then by_apt "$name" "$version" $packages
  elif [ -n "$source" ]
  then
    [ -e "$folder/NVIDIA.run" ] || fetch "$source" "$digest"
    in_container "$name" /bin/sh -euc "$by_runfile" runfile "$@" <"$file"
  else
    echo "it has the user-space driver $is of no package: install $version in it, or declare inContainers: leave" >"$said"
    false
  fi || {
    failures=$((failures + 1))
    echo "container $name:" >&2
    tail -n 15 "$said" >&2
  }
done 3<"$folder/running"
[ -z "$failures" ]
`;

/**
 * Gives each running container that has another user-space driver the host's: by apt where it has it of packages, else
 * of the run file, whose kernel modules it does not need. One that fails keeps no other from it. `version`: that of the
 * host; empty: the one that is found there.
 */
export function matchContainers({ runfile }: DriverSpec, version: string): Command {
  const { url, path, sha256 = "", arguments: more = [] } = runfile ?? {};
  const args = [version, url ?? path ?? "", sha256, BY_RUNFILE, BY_APT, ...more];
  return withTimeLimit({ ...script("nvidia-containers", MATCH, args), label: "nvidia-containers" }, LONG);
}
