/** All policies, in the order in which they are told. */
import type { AnyPolicy } from "./policy.ts";
import { confined, nesting, privileged, rawDevice } from "./rules/containers.ts";
import { dataProtected, poolRedundancy } from "./rules/data.ts";
import { driverCoherent } from "./rules/driver.ts";
import { firewallClosed, managementReachable } from "./rules/firewall.ts";
import { bootOrder, inNetwork, unique } from "./rules/guests.ts";
import { memoryFits } from "./rules/memory.ts";
import { rootSquash } from "./rules/nfs.ts";
import { ownership } from "./rules/ownership.ts";
import { guestWrite } from "./rules/samba.ts";
import { plaintextSecret } from "./rules/secrets.ts";
import { storageFits } from "./rules/sizes.ts";

export const policies: readonly AnyPolicy[] = [
  dataProtected,
  poolRedundancy,
  storageFits,
  firewallClosed,
  managementReachable,
  rootSquash,
  guestWrite,
  ownership,
  privileged,
  confined,
  rawDevice,
  nesting,
  unique,
  inNetwork,
  bootOrder,
  memoryFits,
  driverCoherent,
  plaintextSecret,
];
