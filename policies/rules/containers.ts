/** Containers as policies look at them, and what gives one more power over the host than it should have. */
import { z } from "zod";
import { ContainerSpec } from "../../providers/kinds/lxc/container.spec.ts";
import { definePolicy, none, type Finding } from "../policy.ts";
import type { Declared, Stack } from "../stack.ts";

export type Container = Declared<ContainerSpec>;

export function containers(stack: Stack): Container[] {
  return stack.of("lxc:Container", ContainerSpec);
}

/** A container is named by its number; what is told has its host name, too. */
export function about({ resource, spec: { vmid: id, hostname } }: Container, message: string): Finding {
  return { on: resource, subject: String(id), message: `${hostname === undefined ? "it" : hostname} ${message}` };
}

export const privileged = definePolicy({
  name: "container-privileged",
  rule: "The root of a container is nobody on the host.",
  level: "mandatory",
  reason: "whoever breaks out of a privileged container is root of the host, and ways out are found every year.",
  remedy: "take `unprivileged: false` out; what needs a device or a directory gets it by devices, mounts and idmap.",
  settings: none,
  find: (stack) =>
    containers(stack).flatMap((one) => (one.spec.unprivileged === false ? [about(one, "is privileged")] : [])),
});

export const confined = definePolicy({
  name: "container-confined",
  rule: "AppArmor confines every container.",
  level: "mandatory",
  reason: "without a profile nothing but the kernel's own checks keeps a container from the host's files and settings.",
  remedy: "take `apparmorProfile: unconfined` out, or name a profile that allows what is missing and no more.",
  settings: none,
  find: (stack) =>
    containers(stack).flatMap((one) =>
      one.spec.apparmorProfile === "unconfined" ? [about(one, "has no AppArmor profile (unconfined)")] : [],
    ),
});

export const nesting = definePolicy({
  name: "container-nesting",
  rule: "No container runs containers.",
  level: "mandatory",
  reason: "nesting shows the host's /proc and /sys to the container and lets it mount more, which widens the way out.",
  remedy: "take features.nesting out; where Docker or systemd needs it, except the container and say what for.",
  settings: none,
  find: (stack) =>
    containers(stack).flatMap((one) =>
      one.spec.features?.nesting === true ? [about(one, "has features.nesting")] : [],
    ),
});

export const rawDevice = definePolicy({
  name: "container-device",
  rule: "A container has the devices that are meant for containers, and no others.",
  level: "mandatory",
  reason: "who can write to a disk's or the memory's device has all that is in it, past every permission.",
  remedy: "hand a GPU over as gpu:0, a directory as a mount; take lines about devices out of `lxc`.",
  settings: z.strictObject({
    allow: z
      .array(z.string().regex(/^\/dev\/[^\s,]+$/, "must be a path below /dev"))
      .default(["/dev/net/tun", "/dev/fuse"])
      .describe("Devices that any container may have. Default: /dev/net/tun and /dev/fuse."),
  }),
  find: (stack, { allow }) =>
    containers(stack).flatMap((one) => {
      const paths = Object.keys(one.spec.devices ?? {}).filter((name) => name.startsWith("/dev/"));
      const lines = (one.spec.lxc ?? []).filter((line) =>
        /^lxc\.cgroup2?\.devices\.|^lxc\.mount\.entry: \/?dev\//.test(line),
      );
      return [...paths.filter((path) => !allow.includes(path)), ...lines].map((what) => about(one, `has ${what}`));
    }),
});
