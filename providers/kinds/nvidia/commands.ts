/** The commands that change the driver. */
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { OURS } from "../system/ours.ts";
import { apt } from "../system/package.apt.ts";
import { NAME, RUNFILE_OURS, UNIT, UNIT_FILE } from "./query.ts";
import type { DriverSpec } from "./spec.ts";

/** Seconds for what builds kernel modules: minutes for each kernel, on a slow machine. */
export const LONG = 7200;

// A build that fails shows the end of its log; one that was made before says nothing about it.
const BUILD = `
begun=$(mktemp)
said=$(mktemp)
trap 'rm -f -- "$begun" "$said"' EXIT
failed() {
  code=$?
  log=$(find /var/lib/dkms -path '/var/lib/dkms/nvidia*' -name make.log -newer "$begun" | tail -n 1)
  if [ -z "$log" ]; then tail -n 30 "$said"; else tail -n 5 "$said"; echo "the end of $log:"; tail -n 15 "$log"; fi >&2
  exit "$code"
}
# Has DKMS build and install the newest version it has, where that is not done and can be done.
build() {${NAME}
  version=$(ls -d /var/lib/dkms/"$name"/*/source 2>/dev/null | sed 's|/source$||; s|.*/||' | sort -V | tail -n 1)
  for kernel do
    [ -n "$version" ] && [ "$(by_dkms "$kernel" || :)" != "$version" ] && [ -e "/lib/modules/$kernel/build/Makefile" ] ||
      continue
    dkms install --force -m "$name" -v "$version" -k "$kernel" >"$said" 2>&1 || failed
  done
}
`;

/** Has the driver built for kernels. */
export function build(kernels: readonly string[]): Command {
  return withTimeLimit(script("nvidia-build", `${BUILD}build "$@"`, kernels), LONG);
}

// $1: how many kernels follow; after them the command.
const PACKAGES = `${BUILD}
count=$1 kernels=
shift
while [ "$count" -gt 0 ]; do kernels="$kernels $1"; shift; count=$((count - 1)); done
"$@" >"$said" 2>&1 || failed
build $kernels
`;

/** One apt transaction, as all packages have it, and what DKMS did not build in it. */
export function packages(items: readonly string[], kernels: readonly string[]): Command {
  const args = [String(kernels.length), ...kernels, ...apt(items).argv];
  return withTimeLimit(
    { ...script("nvidia-packages", PACKAGES, args), label: `nvidia-packages ${items.join(" ")}` },
    LONG,
  );
}

/**
 * A shell function that makes the run file `$file`, in the folder `$folder`: what is checked is what is run, a copy that
 * only root can write. What was said of a failure is in `$said`, for `failed` to tell.
 */
export const FETCH = `
fetch() { # source digest
  file=$folder/NVIDIA.run
  case $1 in
    # apt is there, a program for downloads need not be.
    https://*) /usr/lib/apt/apt-helper download-file "$1" "$file" >"$said" 2>&1 || failed ;;
    *) cp -- "$1" "$file" ;;
  esac
  sum=$(sha256sum <"$file" | cut -c 1-64)
  [ "$sum" = "$2" ] || { echo "nothing of $1 was run: its SHA-256 is $sum" >&2; exit 1; }
}
`;

const RUNFILE = `${BUILD}${FETCH}
source=$1 digest=$2 count=$3 kernels=
shift 3
while [ "$count" -gt 0 ]; do kernels="$kernels $1"; shift; count=$((count - 1)); done
folder=$(mktemp -d /var/tmp/phoenix-nvidia.XXXXXX)
trap 'rm -rf -- "$begun" "$said" "$folder"' EXIT
fetch "$source" "$digest"
# There is none before the first installation.
there=$(head -n 1 /var/lib/nvidia/log 2>/dev/null || :)
sh "$file" --silent --tmpdir="$folder" "$@" >"$said" 2>&1 || {
  # It may fail before it has a log; what it said is told in any case.
  tail -n 10 /var/log/nvidia-installer.log >&2 2>/dev/null || :
  false || failed
}
mkdir -p -m 755 ${OURS}
[ -n "$there" ] || : >${RUNFILE_OURS}
build $kernels
`;

/** Fetches, checks and runs the vendor's installer. `quiet`: it is not to load the modules it has made. */
export function runfile(spec: DriverSpec, kernels: readonly string[], quiet: boolean): Command[] {
  const { runfile: from, kernelModules } = spec;
  if (from === undefined) return [];
  const options = [
    `-m=${kernelModules === "open" ? "kernel-open" : "kernel"}`,
    ...(from.dkms ? ["--dkms"] : []),
    ...["--no-x-check", "--no-nouveau-check"],
    ...(quiet ? ["--skip-module-load"] : []),
    ...from.arguments,
  ];
  const args = [from.url ?? from.path ?? "", from.sha256, String(kernels.length), ...kernels, ...options];
  return [withTimeLimit(script("nvidia-runfile", RUNFILE, args), LONG)];
}

// The kernel's own words tell why a module does not load.
const UNLOAD = `
unload() {
  for module in nvidia_peermem nvidia_uvm nvidia_drm nvidia_modeset nvidia
  do [ ! -e "/sys/module/$module" ] || rmmod "$module"
  done
}
`;
const LOAD = `${UNLOAD}
daemon=nvidia-persistenced.service
restart=
if systemctl is-active --quiet $daemon; then restart=yes; systemctl stop $daemon; fi
unload
modprobe nvidia || { dmesg | grep -iE 'nvidia|nvrm' | tail -n 5 >&2; exit 1; }
! modprobe -n -q nvidia-uvm || modprobe nvidia-uvm
[ -z "$restart" ] || systemctl start $daemon
[ ! -e ${UNIT_FILE} ] || systemctl restart ${UNIT}
`;

/** Puts the installed version in the place of the one that is loaded, which nobody may be using. */
export const load: Command = script("nvidia-load", LOAD);

const ENABLE = `
systemctl daemon-reload
systemctl enable --quiet ${UNIT}
[ "$1" = enable ] || systemctl restart ${UNIT}
`;

/** Makes the unit's file count: at boot, and now where the driver is loaded. */
export function unit(now: boolean): Command {
  return script("nvidia-unit", ENABLE, [now ? "start" : "enable"]);
}

const DISABLE = `
[ ! -e ${UNIT_FILE} ] || systemctl disable --quiet --now ${UNIT}
rm -f -- ${UNIT_FILE}
systemctl daemon-reload
`;
export const removeUnit: Command = script("nvidia-unit-remove", DISABLE);

export const unloadDriver: Command = script(
  "nvidia-unload",
  `${UNLOAD}! systemctl is-active --quiet nvidia-persistenced.service || systemctl stop nvidia-persistenced.service
unload`,
);

export const uninstallRunfile: Command = withTimeLimit(
  script("nvidia-uninstall", `nvidia-uninstall --silent; rm -f -- ${RUNFILE_OURS}`),
  LONG,
);
