/** Kinds applied to a real host as the runtime does it, for tests of what becomes of it. */
import type { Host } from "../../providers/host/host.ts";
import { snapshot } from "../../providers/kinds/lxc/snapshot.ts";
import { template } from "../../providers/kinds/lxc/template.ts";
import { driver } from "../../providers/kinds/nvidia/driver.ts";
import { file } from "../../providers/kinds/system/file.ts";
import { packageKind } from "../../providers/kinds/system/package.ts";
import { service } from "../../providers/kinds/system/service.ts";
import { user } from "../../providers/kinds/system/user.ts";
import { converge, end } from "../../providers/runtime/converge.ts";
import { erase, type AnyKind } from "../../providers/runtime/erased.ts";
import { openSession } from "../../providers/runtime/session.ts";

function applied(kind: AnyKind, host: Host, secrets: Readonly<Record<string, string>> = {}) {
  // What it has seen holds for a moment: where something is changed by hand meanwhile, another one is to look.
  const session = openSession({ connect: async () => Promise.resolve(host), secrets });
  const spec = (declared: object) => kind.spec.parse(declared);
  return {
    apply: async (want: object, was?: object) =>
      converge(kind, session, spec(want), was === undefined ? undefined : spec(was)),
    end: async (was: object) => end(kind, session, spec(was)),
  };
}

export const users = (host: Host, secrets: Readonly<Record<string, string>>) => applied(erase(user), host, secrets);
export const packages = (host: Host) => applied(erase(packageKind), host);
export const services = (host: Host) => applied(erase(service), host);
export const nvidia = (host: Host) => applied(erase(driver), host);
export const fileKind = (host: Host) => applied(erase(file), host);
export const templates = (host: Host) => applied(erase(template), host);
export const snapshots = (host: Host) => applied(erase(snapshot), host);
