/** All policies, in the order in which they are told. */
import type { AnyPolicy } from "./policy.ts";
import { dataProtected, poolRedundancy } from "./rules/data.ts";
import { firewallClosed, managementReachable } from "./rules/firewall.ts";
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
  plaintextSecret,
];
