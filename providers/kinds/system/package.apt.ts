/** One apt transaction for any number of packages. */
import { script, withTimeLimit, type Command } from "../../host/command.ts";
import { OURS } from "./ours.ts";

/**
 * Items are what `apt-get install` takes (`name`, `name=version`, and `name-` to remove), and `hold:name` and
 * `unhold:name`. Waits for others that use apt. Removes nothing that is not named.
 */
export function apt(items: readonly string[]): Command {
  return withTimeLimit(script("apt", APT, items), 3600);
}

// Words without blanks or wildcards all of them, so they may be split as a shell does it.
const APT = `
set -f
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
items= names= remove= hold= unhold=
for item do
  case $item in
    hold:*) hold="$hold \${item#*:}" ;;
    unhold:*) unhold="$unhold \${item#*:}" ;;
    *-) items="$items $item" remove="$remove \${item%-}" ;;
    *) items="$items $item" names="$names \${item%%=*}" ;;
  esac
done

# Runs a command again for ten minutes as long as another process holds a lock that it needs.
patiently() {
  end=$(($(date +%s) + 600))
  until said=$("$@" 2>&1)
  do
    case $said in
      *'Could not get lock'* | *'Unable to acquire the dpkg'* | *'is locked by another process'*) ;;
      *) end=0 ;;
    esac
    if [ "$(date +%s)" -ge "$end" ]
    then
      printf '%s\\n' "$said" | tail -n 30 >&2
      return 1
    fi
    sleep 1
  done
}
install() {
  apt-get -q -y -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \\
    -o APT::Get::AutomaticRemove=false --allow-downgrades "$@" install $items
}
is_there() { [ "$(dpkg-query -W -f '\${db:Status-Status}' -- "$1" 2>/dev/null)" = installed ]; }

# What a killed run left unpacked. A package that cannot be completed is told of; it is apt's to say whether it matters.
[ -z "$(dpkg --audit)" ] || patiently dpkg --force-confdef --force-confold --configure -a ||
  echo 'some packages are only half installed' >&2
[ -z "$unhold" ] || patiently apt-mark unhold $unhold
if [ -n "$items" ]
then
  if ! plan=$(install -s 2>&1)
  then
    case $plan in
      *'Unable to locate package'* | *'was not found'* | *'no installation candidate'*)
        patiently apt-get -q update
        plan=$(install -s 2>&1) || { printf '%s\\n' "$plan" | grep -E '^(E:|  *[^ ]+ :)' >&2; exit 1; }
        ;;
      *) printf '%s\\n' "$plan" | tail -n 30 >&2; exit 1 ;;
    esac
  fi
  also=
  for gone in $(printf '%s\\n' "$plan" | sed -n 's/^Remv \\([^ ]*\\).*/\\1/p')
  do case " $remove " in *" $gone "* | *" \${gone%%:*} "*) ;; *) also="$also $gone" ;; esac
  done
  if [ -n "$also" ]
  then
    echo "it would take other packages away too:$also. Declare these as absent as well where that is meant" >&2
    exit 1
  fi
  new=
  for name in $names; do is_there "$name" || new="$new $name"; done
  patiently install
  mkdir -p -m 755 ${OURS}/packages
  for name in $new; do : >"${OURS}/packages/$name"; done
  for name in $remove; do rm -f -- "${OURS}/packages/$name"; done
fi
[ -z "$hold" ] || patiently apt-mark hold $hold
`;
