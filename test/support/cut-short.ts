/** A process that changes the lab host's firewall, and is gone before it can confirm the change. */
import { connect } from "../../providers/host/ssh.ts";
import { ruleset, RulesetSpec } from "../../providers/kinds/firewall/ruleset.ts";
import { converge } from "../../providers/runtime/converge.ts";
import { erase } from "../../providers/runtime/erased.ts";
import { openSession } from "../../providers/runtime/session.ts";

const [sshConfig = "", spec = ""] = process.argv.slice(2);
const host = await connect({ host: "lab", sshConfig });
const doomed = {
  ...host,
  changeAnew: async () => {
    process.kill(process.pid, "SIGKILL");
    return Promise.reject(new Error("it is gone"));
  },
};
const session = openSession({ connect: async () => Promise.resolve(doomed), secrets: {} });
await converge(erase(ruleset), session, RulesetSpec.parse(JSON.parse(spec)));
