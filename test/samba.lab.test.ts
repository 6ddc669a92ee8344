import assert from "node:assert/strict";
import { server } from "../providers/kinds/samba/server.ts";
import { share } from "../providers/kinds/samba/share.ts";
import { SMB_CONF, shareFile } from "../providers/kinds/samba/smb-conf.ts";
import { user } from "../providers/kinds/samba/user.ts";
import type { Kind } from "../providers/kind.ts";
import { converge, end, look } from "../providers/runtime/converge.ts";
import { erase } from "../providers/runtime/erased.ts";
import { openSession } from "../providers/runtime/session.ts";
import type { Props } from "../providers/runtime/values.ts";
import { useLab } from "./support/lab.ts";
import { unseen } from "./support/unseen.ts";

const secrets = { alice: "alice's \\ secret é", bob: "bob's other secret" };

describe("Samba on the lab host", function () {
  this.timeout(900_000);
  const host = useLab("samba");
  const session = () => openSession({ connect: async () => Promise.resolve(host()), secrets });
  const up = async <Spec, Facts>(kind: Kind<Spec, Facts>, spec: Props, was?: Props) =>
    converge(erase(kind), session(), parsed(kind, spec), was === undefined ? undefined : parsed(kind, was));
  const down = async <Spec, Facts>(kind: Kind<Spec, Facts>, spec: Props) =>
    end(erase(kind), session(), parsed(kind, spec));
  const drift = async <Spec, Facts>(kind: Kind<Spec, Facts>, spec: Props) => {
    const want = parsed(kind, spec);
    const seen = await look(erase(kind), session(), want, want);
    return erase(kind)
      .plan(seen.live, want, seen.context)
      .changes.map(({ prop }) => prop);
  };
  /** Writes a file that lets smbclient log in. */
  const login = async (name: string, password: string, file: string) =>
    host().sh(
      `umask 077; printf '%s\\n' 'username = ${name}' "password = ${password.replace(/[\\"$`]/g, "\\$&")}" >${file}`,
    );
  /** What smbclient says to a command. */
  const client = async (name: string, password: string, of: string, command: string) => {
    await login(name, password, "/root/login");
    return host().sh(`smbclient '//127.0.0.1/${of}' -A /root/login -c '${command}' 2>&1 || echo "exit $?"`);
  };

  let before = "";
  const media = { name: "Media", path: "/srv/media", parameters: { "valid users": ["alice"], "read only": false } };
  const global = { parameters: { "server min protocol": "SMB3", "map to guest": "never" } };
  const users = [
    { name: "alice", secret: "alice", createAccount: true },
    { name: "bob", secret: "bob", createAccount: true },
  ];

  it("is brought about without showing a secret", async () => {
    await host().sh("mkdir -p /srv/media /srv/more && chmod 777 /srv/media");
    // Foreign text, as odd as Samba takes it, and without a line's end at its end.
    await host().sh(
      `printf '[Foreign]\\n\\tpath = /srv \\n  Guest OK=yes\\t\\ncomment = a ; b \\\\\\n # c\\n;x = y\\n\\n# kept' >>${SMB_CONF}`,
    );
    before = await host().sh(`cat ${SMB_CONF}; ls -la --time-style=+ /etc/samba`);
    await unseen(host(), Object.values(secrets), async () => {
      await up(server, global);
      const looks = await Promise.all(users.map(async (one) => up(user, one)));
      await up(share, media);
      return looks.map(({ live }) => live);
    });
  });

  it("lets the declared user in to write, and nobody else", async () => {
    assert.match(await client("alice", secrets.alice, "media", "put /etc/hostname written"), /putting file/);
    assert.equal(await host().sh("stat -c %U /srv/media/written"), "alice\n");
    assert.match(await client("bob", secrets.bob, "media", "ls"), /NT_STATUS_ACCESS_DENIED/);
    assert.match(await client("alice", "wrong", "media", "ls"), /NT_STATUS_LOGON_FAILURE/);
  });

  it("goes on for an open session while all around it changes", async () => {
    await login("alice", secrets.alice, "/root/open");
    await host().sh(
      "mkfifo /tmp/in; nohup sh -c 'sleep 3600 >/tmp/in & smbclient //127.0.0.1/media -A /root/open </tmp/in' >/tmp/out 2>&1 &",
    );
    await host().sh(
      "echo 'put /etc/hostname one' >/tmp/in; timeout 200 sh -c 'until [ -s /srv/media/one ]; do sleep 0.2; done'",
    );
    const state = "systemctl show smbd --property=MainPID; smbstatus -p | grep alice | cut -d ' ' -f 1";
    const was = await host().sh(state);
    await Promise.all([
      up(share, { name: "more", path: "/srv/more" }),
      up(share, { ...media, parameters: { ...media.parameters, comment: "changed" } }, media),
    ]);
    await up(server, { parameters: { ...global.parameters, "server string": "changed" } }, global);
    await up(user, { ...users[1], disabled: true }, users[1]);
    await down(share, { name: "more", path: "/srv/more" });
    await host().sh(
      "echo 'put /etc/hostname two' >/tmp/in; timeout 200 sh -c 'until [ -s /srv/media/two ]; do sleep 0.2; done'",
    );
    assert.equal(await host().sh(state), was);
    await host().sh("echo exit >/tmp/in; timeout 200 sh -c 'while smbstatus -p | grep -q alice; do sleep 0.2; done'");
    assert.match(await client("bob", secrets.bob, "media", "ls"), /NT_STATUS_ACCOUNT_DISABLED/);
  });

  it("heals our file when testparm takes nothing any more for it, and a global of a later line", async () => {
    await host().sh(`echo 'read only = maybe' >>${shareFile("media")}`);
    assert.deepEqual(await drift(share, media), ["file"]);
    await up(share, media, media);
    await host().sh(`printf '[global]\\n  server min protocol = NT1\\n' >>${SMB_CONF}`);
    assert.deepEqual(await drift(server, global), ["parameters.server min protocol", "parameters.server string"]);
    await up(server, global, global);
    assert.deepEqual(await drift(server, global), []);
    await host().sh(`perl -0pi -e 's/\\n\\[global\\]\\n  server min protocol = NT1\\n//' ${SMB_CONF}`);
  });

  it("adopts a share made by hand, unless it would lose what is not declared", async () => {
    await host().sh(`printf '[by hand]\\npath = /srv/more\\nwriteable = 1\\nhosts allow = 10.\\n' >>${SMB_CONF}`);
    const hand = { name: "by hand", path: "/srv/more", parameters: { "read only": "no" } };
    await assert.rejects(
      up(share, hand),
      /hosts allow = 10\. \(\/etc\/samba\/smb\.conf line \d+\), which is not declared/,
    );
    host().changes();
    const whole = { ...hand, parameters: { ...hand.parameters, "hosts allow": ["10."] } };
    await up(share, whole);
    assert.deepEqual(host().changes(), []);
    await down(share, whole);
  });

  it("is refused in words what cannot be", async () => {
    await assert.rejects(up(share, { name: "x", path: "/srv/none" }), /\/srv\/none is no directory: create and mount/);
    await assert.rejects(up(user, { name: "carol", secret: "bob" }), /there is no Unix account carol/);
    await host().sh(`mv ${SMB_CONF} /root/smb.conf; ln -s /root/smb.conf ${SMB_CONF}`);
    await assert.rejects(up(share, { name: "x", path: "/srv/more" }), /is a symbolic link/);
    await host().sh(`mv /root/smb.conf ${SMB_CONF}`);
    await host().sh(`test ! -e ${shareFile("x")} && test ! -e /etc/samba/.phoenix-new`);
  });

  it("leaves the host as it was, to the byte, and the data", async () => {
    await down(share, media);
    for (const one of users) await down(user, one);
    await down(server, global);
    assert.equal(await host().sh(`cat ${SMB_CONF}; ls -la --time-style=+ /etc/samba`), before);
    assert.equal(await host().sh("cat /srv/media/two; systemctl is-active smbd || :"), "phoenix-lab\ninactive\n");
    assert.equal(await host().sh("pdbedit -L; getent passwd alice bob || :"), "");
  });
});

function parsed<Spec, Facts>(kind: Kind<Spec, Facts>, spec: Props): Props {
  return erase(kind).spec.parse(spec);
}
