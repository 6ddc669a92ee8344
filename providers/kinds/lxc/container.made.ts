/** What copies were made of: the host keeps it, for a copy of all data does not show it. */
import type { ContainerSpec } from "./container.spec.ts";

type Clone = NonNullable<ContainerSpec["clone"]>;

const MADE = "/var/lib/phoenix-hypervisor/lxc-made";

/** Prints, behind `== made`, lines of path and JSON. */
export const MADE_QUERY = `
echo == made
[ ! -d ${MADE} ] || grep -rH '' ${MADE} || [ $? -eq 1 ]
`;

export function parseMade(lines: readonly string[]): Map<number, Clone> {
  return new Map(
    lines.flatMap((line) => {
      const [, id, text = ""] = /\/(\d+):(\{.*\})$/.exec(line) ?? [];
      return id === undefined ? [] : [[Number(id), JSON.parse(text) as Clone] as const];
    }),
  );
}

/** The call of {@link MAKE} that notes down what a container is made of. */
export function madeCall({ vmid, clone }: Pick<ContainerSpec, "vmid" | "clone">): string[] {
  return ["made", String(vmid), ...(clone === undefined ? [] : [JSON.stringify(clone)])];
}

/** A shell function: `made ID [JSON]`; without JSON it is forgotten. */
export const MAKE = `
made() {
  if [ $# -eq 1 ]
  then rm -f -- "${MADE}/$1"
  else
    mkdir -p ${MADE}
    printf '%s\\n' "$2" >"${MADE}/$1.new"
    mv -fT -- "${MADE}/$1.new" "${MADE}/$1"
  fi
}
`;
