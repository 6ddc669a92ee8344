/** From the engine's events to what a stack's preview comes to. Pure. */

/** The events that matter here, as the engine's log has them. */
export interface EngineEvent {
  /** What the engine sets out to do, and what it has done; `planning`: would do, and would have done. */
  readonly resourcePreEvent?: { readonly metadata: StepEvent };
  readonly resOutputsEvent?: { readonly metadata: StepEvent; readonly planning?: boolean };
  readonly policyEvent?: {
    readonly policyName: string;
    readonly enforcementLevel: string;
    readonly message: string;
  };
  readonly diagnosticEvent?: { readonly severity: string; readonly message: string };
}

interface StepEvent {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly old: { readonly inputs?: Values | null } | null;
  readonly new: { readonly inputs?: Values | null } | null;
}

type Values = Readonly<Record<string, unknown>>;

/** One property: what the host has, and what is declared. */
export interface Difference {
  readonly prop: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface Step {
  readonly op: string;
  /** `zfs:Dataset tank/media` */
  readonly object: string;
  readonly differences: readonly Difference[];
}

export interface Violation {
  readonly policy: string;
  readonly level: string;
  readonly text: string;
}

export interface Outcome {
  readonly stack: string;
  readonly ok: boolean;
  readonly steps: readonly Step[];
  readonly unchanged: number;
  readonly violations: readonly Violation[];
  readonly errors: readonly string[];
}

const OURS = /^pulumi-nodejs:dynamic\//;

/** The variable with a stack's own passphrase. */
export function passphraseOf(stack: string): string {
  return `PULUMI_CONFIG_PASSPHRASE_${stack.toUpperCase().replaceAll(/\W/g, "_")}`;
}

/** With what to do about it, where pulumi itself does not know. */
function helped(stack: string, text: string): string {
  if (/incorrect passphrase|passphrase must be set/.test(text))
    return `${text}; the passphrase of this stack goes into ${passphraseOf(stack)}`;
  if (text.includes("no stack named")) return `${text}; make it once: pulumi stack init ${stack}`;
  return text.includes("cannot read ssh config .lab/")
    ? `${text.replace(/: ENOENT.*/, "")}: the lab host is not there; npm run up starts it`
    : text;
}

/** @param said what pulumi wrote to stderr; it counts where there are no events */
export function outcome(stack: string, ok: boolean, events: readonly EngineEvent[], said: string): Outcome {
  const own = onHost(events.map(({ resourcePreEvent }) => resourcePreEvent));
  const told = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent?.severity === "error" ? [plain(diagnosticEvent.message)] : [],
  );
  const errors = [...new Set(told)].filter((text) => text !== "preview failed" && text !== "update failed");
  const violations = events.flatMap(({ policyEvent }) =>
    policyEvent === undefined
      ? []
      : [{ policy: policyEvent.policyName, level: policyEvent.enforcementLevel, text: plain(policyEvent.message) }],
  );
  const isExplained = ok || errors.length > 0 || violations.some(({ level }) => level === "mandatory");
  return {
    stack,
    ok,
    steps: own.filter(({ op }) => op !== "same").map(step),
    unchanged: own.filter(({ op }) => op === "same").length,
    violations,
    errors: (isExplained ? errors : [plain(said) || "pulumi ended without a word"]).map((text) => helped(stack, text)),
  };
}

/** What has been done to the host. */
export function done(events: readonly EngineEvent[]): Step[] {
  const own = onHost(events.map(({ resOutputsEvent: event }) => (event?.planning === true ? undefined : event)));
  return own.filter(({ op }) => op !== "same").map(step);
}

/** Of what is on the host; looks at it left out. */
function onHost(events: readonly ({ readonly metadata: StepEvent } | undefined)[]): StepEvent[] {
  const all = events.flatMap((event) => event?.metadata ?? []);
  return all.filter(({ type, op }) => OURS.test(type) && op !== "refresh" && op !== "read");
}

function step({ op, urn, type, old, new: wanted }: StepEvent): Step {
  const differences = op === "update" ? compare(old?.inputs ?? {}, wanted?.inputs ?? {}, "") : [];
  return { op, object: `${type.replace(OURS, "")} ${urn.split("::").at(-1) ?? ""}`, differences };
}

/** Leaf by leaf; lists as a whole. */
function compare(from: Values, to: Values, path: string): Difference[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => !key.startsWith("__"));
  return keys.flatMap((key): Difference[] => {
    const [one, other] = [from[key], to[key]];
    const prop = path === "" ? key : `${path}.${key}`;
    if (JSON.stringify(one) === JSON.stringify(other)) return [];
    return isMap(one) && isMap(other) ? compare(one, other, prop) : [{ prop, from: one, to: other }];
  });
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without the marks by which Pulumi colours text. */
function plain(text: string): string {
  return text
    .replaceAll(/<\{%[^%]*%\}>/g, "")
    .trim()
    .replace(/^error: /, "");
}
