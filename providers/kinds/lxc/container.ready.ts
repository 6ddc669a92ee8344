/** When a container that was started is ready, so that those that come after it are started only then. */
import { z } from "zod";

export const Ready = z
  .strictObject({
    /** A TCP port that somebody answers at, at one of the container's addresses. */
    port: z.int().min(1).max(65535).optional(),
    /** A command in the container, as its words, that ends with 0: `[systemctl, is-active, nginx]`. */
    command: z.array(z.string().min(1)).min(1).optional(),
    /** Seconds that it has after its start; then the run fails. Default: 60. */
    timeout: z.int().min(1).max(3600).default(60),
  })
  .refine(({ port, command }) => port !== undefined || command !== undefined, "must say when: port or command");
export type Ready = z.infer<typeof Ready>;

/** Where it is noted, in files of their numbers, which containers were started and are not ready yet. */
const STARTING = "/run/phoenix-hypervisor/lxc-starting";

/** Prints, behind `== starting`, their numbers. */
export const READY_QUERY = `
echo == starting
[ ! -d ${STARTING} ] || ls ${STARTING}
`;

/** The call of {@link READY} that waits. */
export function readyCall(id: number, { port, command = [], timeout }: Ready): string[] {
  return ["ready", String(id), String(timeout), String(port ?? ""), ...command];
}

/** The words of all calls that start a container: `start` is the platform's own. */
export function startCalls(
  { vmid: id, ready }: { readonly vmid: number; readonly ready?: Ready | undefined },
  start: readonly string[],
): (readonly string[])[] {
  return ready === undefined ? [start] : [["starting", String(id)], start, readyCall(id, ready)];
}

/**
 * Shell functions. `starting ID` notes down that it is going to be started; `ready ID SECONDS PORT COMMAND…` waits until
 * the port, if there is one, answers, and the command, if there is one, ends with 0. The port is tried in the container's
 * own network: neither routes nor firewalls of the host, nor what only listens to itself, are mistaken for an answer.
 */
export const READY = `
starting() {
  mkdir -p ${STARTING}
  : >"${STARTING}/$1"
}
ready_answers() { # id port
  [ -n "$2" ] || return 0
  ready_why='it has no address'
  ready_pid=$(lxc-info -n "$1" -pH)
  for ready_address in $(nsenter -t "$ready_pid" -n ip -o address show scope global | sed -n 's/.* inet6\\{0,1\\} \\([^/ ]*\\).*/\\1/p')
  do
    ! ready_why=$(nsenter -t "$ready_pid" -n timeout 5 bash -c ': <"/dev/tcp/$0/$1"' "$ready_address" "$2" 2>&1) || return 0
    ready_why=\${ready_why##*: }
  done
  return 1
}
ready() {
  ready_id=$1 ready_seconds=$2 ready_port=$3
  shift 3
  ready_end=$(($(date +%s) + ready_seconds))
  while ready_left=$((ready_end - $(date +%s)))
  do
    if ready_answers "$ready_id" "$ready_port"
    then
      [ $# -gt 0 ] && ! ready_said="$* fails: $(timeout "$((ready_left > 0 ? ready_left : 1))" lxc-attach -n "$ready_id" --clear-env -- "$@" 2>&1 </dev/null)" || {
        rm -f -- "${STARTING}/$ready_id"
        return 0
      }
    else ready_said="nobody answers at port $ready_port of any of its addresses: \${ready_why:-not within 5 seconds}"
    fi
    [ "$(lxc-info -n "$ready_id" -sH)" = RUNNING ] || {
      echo "container $ready_id stopped before it was ready; its last lines:" >&2
      { journalctl -u "pve-container@$ready_id" -n 20 --no-pager -o cat; tail -n 20 "/var/log/lxc/$ready_id.log"; } 2>/dev/null >&2
      exit 1
    }
    [ "$ready_left" -gt 0 ] || {
      echo "container $ready_id runs, and is not ready after $ready_seconds seconds: $ready_said" >&2
      exit 1
    }
    # What takes long is not kept from it by being asked.
    [ $((ready_seconds - ready_left)) -lt 5 ] && sleep 0.5 || sleep 2
  done
}
`;
