/** Somebody else: a network of its own behind a cable to the host, and addresses in both families. Shell lines. */
export const OUTSIDE = [
  "ip netns add outside",
  "ip link add inner type veth peer name outer netns outside",
  "ip addr add 192.0.2.1/24 dev inner; ip addr add fd00:99::1/64 dev inner nodad; ip link set inner up",
  "ip -n outside addr add 192.0.2.2/24 dev outer; ip -n outside addr add fd00:99::2/64 dev outer nodad",
  "ip -n outside link set outer up; ip -n outside link set lo up",
].join("; ");
