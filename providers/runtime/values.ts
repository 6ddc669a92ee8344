/** Plain values as Pulumi's engine hands them to a provider. */
export type Props = Readonly<Record<string, unknown>>;

/** What the engine sends at preview for a value that is not known yet (rpc.unknownValue of @pulumi/pulumi). */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** The value at a path. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[String(key)] : undefined), value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Without members that are undefined, at any depth: the wire to the engine has no such thing. */
export function defined(props: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(props)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]: [string, unknown]) => [key, plain(value)]),
  );
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return isRecord(value) ? defined(value) : value;
}

/** Without the named members. */
export function omit(props: Props, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(props).filter(([key]) => !keys.includes(key)));
}
