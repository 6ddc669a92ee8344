/** The end of a container of Proxmox VE: volumes of its mounts, and those that it no longer uses, are kept. */
import type { Found, State, Steps } from "./container.state.ts";
import { end, inOrder, stop } from "./pve.commands.ts";
import type { PveFacts } from "./pve.facts.ts";
import { refusedLock } from "./pve.refusals.ts";

export function destroyed({ vmid: id, shutdown }: State, found: Found, on: PveFacts): Steps {
  const clones = linkedTo(id, on);
  const values = [...(on.containers.get(id)?.current.values ?? [])];
  const kept = values.flatMap(([key, text]) =>
    /^(mp|unused)\d+$/.test(key) && !text.startsWith("/") ? [text.replace(/,.*/, "")] : [],
  );
  return {
    refusals: [
      ...refusedLock(found),
      ...(found.protection === true ? ["it is protected: declare protection: false, and apply that first"] : []),
      ...(clones.length > 0 ? [`linked clones are made of it (${clones.join(", ")}): end these first`] : []),
    ],
    commands: [
      inOrder([...(found.running ? [stop(String(id), shutdown)] : []), end(String(id))], 600 + shutdown.timeout),
    ],
    ...(kept.length === 0 ? {} : { says: `these volumes are kept: ${kept.join(", ")}` }),
  };
}

function linkedTo(id: number, { containers }: PveFacts): number[] {
  const base = new RegExp(`\\bbase(vol)?-${String(id)}-`);
  return [...containers].flatMap(([other, { current }]) =>
    other !== id && base.test(current.values.get("rootfs") ?? "") ? [other] : [],
  );
}
