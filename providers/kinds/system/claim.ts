import { z } from "zod";
import { script } from "../../host/command.ts";
import { removeFile, writeFile } from "../../host/file.ts";
import { UserError, type Result } from "../../host/host.ts";
import { defineKind, nothing, type Plan } from "../../kind.ts";
import { OURS } from "./ours.ts";

export const CLAIM_FILE = `${OURS}/stack`;

const STACK = "must be a stack with its organization and project, such as organization/phoenix/prod";
const stack = z.string(STACK).regex(/^[\w.-]+\/[\w.-]+\/[\w.-]+$/, STACK);

export const ClaimSpec = z.strictObject({
  /** The stack that manages the host: organization, project and name. */
  stack,
  /** The stack that managed it before, and does no longer. Default: none, a host of another stack is refused. */
  takeOver: stack.optional(),
});
export type ClaimSpec = z.infer<typeof ClaimSpec>;

interface Facts {
  readonly stack: string | undefined;
}

/** Which stack manages the host, as the host itself remembers it: so that no two take turns at changing it. */
export const claim = defineKind<ClaimSpec, Facts>({
  type: "system:Claim",
  holdsData: false,
  spec: ClaimSpec,
  id: () => "claim",
  answerFile: CLAIM_FILE,
  query: () => script("claim", `[ ! -e "$1" ] || cat -- "$1"`, [CLAIM_FILE]),
  parse,

  view: ({ stack: is }, { takeOver }) =>
    is === undefined ? undefined : { stack: is, ...(takeOver === undefined ? {} : { takeOver }) },

  plan(live, want): Plan {
    if (live?.stack === want.stack) return nothing;
    const changes = [{ prop: "stack", from: live?.stack, to: want.stack }];
    const refusals = live === undefined || live.stack === want.takeOver ? [] : [taken(live.stack, want.stack)];
    return { changes, refusals, commands: [writeFile(CLAIM_FILE, `${want.stack}\n`, { mode: "644" })] };
  },

  destroy(live, { was }) {
    if (live.stack !== was?.stack) return nothing;
    const changes = [{ prop: "stack", from: live.stack, to: undefined }];
    return { changes, refusals: [], commands: [removeFile(CLAIM_FILE)] };
  },
});

function parse({ code, stdout, stderr }: Result): Facts {
  if (code !== 0) throw new UserError(`cannot look which stack manages the host: ${stderr.trim()}`);
  const text = stdout.trim();
  return { stack: text === "" ? undefined : text };
}

function taken(other: string, ours: string): string {
  return (
    `the host is managed by the stack ${other}, and this is ${ours}: two would undo each other's work, so nothing is ` +
    `changed. If ${other} is no more, or has given it up, say so: pulumi config set takeOver ${other}`
  );
}
