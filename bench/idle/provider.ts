import type { Provider } from "../../providers/runtime/provider.ts";
import type { Props } from "../../providers/runtime/values.ts";

/** A kind that does nothing: a run costs the engine's own time and no more. */
export function provider(type: string): Provider {
  const id = ({ name = type, path = name }: Props) => (typeof path === "string" ? path : type);
  return {
    configure: async () => Promise.resolve(),
    check: async (_, inputs) => Promise.resolve({ inputs, failures: [] }),
    diff: async () => Promise.resolve({ changes: false }),
    create: async (inputs) => Promise.resolve({ id: id(inputs), outs: inputs }),
    read: async (_, props) => Promise.resolve({ id: id(props), props, inputs: props }),
    update: async (_, __, outs) => Promise.resolve({ outs }),
    delete: async () => Promise.resolve(),
  };
}
