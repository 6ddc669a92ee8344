/** GPUs of a host by index or PCI address, and the device nodes that it takes to use one. */
import type { Gpu } from "./container.state.ts";

/** Prints, behind `== gpus`, one line for each GPU (its driver, address, and number or node) and each shared node. */
export const GPU_QUERY = `
echo == gpus
for gpu in /proc/driver/nvidia/gpus/*/information
do [ ! -e "$gpu" ] || {
  address=\${gpu%/information}
  echo "nvidia \${address##*/} $(sed -n 's/^Device Minor:[[:space:]]*//p' "$gpu")"
}
done
for node in /dev/nvidiactl /dev/nvidia-uvm /dev/nvidia-uvm-tools
do [ ! -e "$node" ] || echo "shared $node"
done
for link in /dev/dri/by-path/pci-*-card /dev/dri/by-path/pci-*-render
do [ ! -e "$link" ] || {
  address=\${link#*/pci-}
  echo "dri \${address%-*} $(readlink -f "$link")"
}
done
`;

/** What {@link GPU_QUERY} printed. NVIDIA's count first, as nvidia-smi counts them; then others, by address. */
export function parseGpus(lines: readonly string[]): Gpu[] {
  const words = lines.map((line) => line.split(" "));
  const of = (kind: string) => words.filter(([word]) => word === kind);
  const common = of("shared").flatMap(([, node]) => node ?? []);
  const nvidia = of("nvidia")
    .map(([, address = "", minor = ""]) => ({
      address: address.toLowerCase(),
      nodes: [`/dev/nvidia${minor}`, ...common],
    }))
    .toSorted(byAddress);
  const others = [...Map.groupBy(of("dri"), ([, address = ""]) => address.toLowerCase())]
    .filter(([address]) => !nvidia.some((gpu) => gpu.address === address))
    .map(([address, nodes]) => ({ address, nodes: nodes.flatMap(([, , node]) => node ?? []) }))
    .toSorted(byAddress);
  return [...nvidia, ...others];
}

/** The device nodes of `gpu:0` or `gpu:01:00.0`, or a path itself; undefined: the host has no such GPU. */
export function nodesOf(gpus: readonly Gpu[], name: string): readonly string[] | undefined {
  const [, which] = /^gpu:(.*)$/i.exec(name) ?? [];
  if (which === undefined) return [name];
  if (/^\d+$/.test(which)) return gpus[Number(which)]?.nodes;
  const address = which.toLowerCase();
  return gpus.find((gpu) => gpu.address === address || gpu.address === `0000:${address}`)?.nodes;
}

function byAddress(a: Gpu, b: Gpu): number {
  return a.address < b.address ? -1 : 1;
}
