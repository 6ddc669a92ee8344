import assert from "node:assert/strict";
import { badClient, canonicalClient } from "../providers/kinds/nfs/clients.ts";
import { badOption, contradiction } from "../providers/kinds/nfs/options.ts";
import { describe as inWords, same, settings } from "../providers/kinds/nfs/settings.ts";

describe("an option of an export", () => {
  const fine = [
    ..."ro rw sync async wdelay no_wdelay hide nohide crossmnt nocrossmnt secure insecure".split(" "),
    ..."root_squash no_root_squash all_squash no_all_squash subtree_check no_subtree_check".split(" "),
    ..."secure_locks insecure_locks auth_nlm no_auth_nlm acl no_acl pnfs no_pnfs".split(" "),
    ..."security_label nordirplus mountpoint mp mp=/tank mountpoint=/ anonuid=0 anongid=4294967295".split(" "),
    ..."anonuid=-1 anongid=-2 fsid=0 fsid=root fsid=4294967295 sec=sys sec=krb5:krb5i:krb5p sec=none".split(" "),
    ..."fsid=01234567-89ab-cdef-0123-456789ABCDEF fsid=0123456789abcdef0123456789abcdef".split(" "),
    ..."refer=/x@10.0.0.2+10.0.0.3:/y@h replicas=/x@h xprtsec=tls:mtls xprtsec=none".split(" "),
    ..."reexport=none reexport=auto-fsidnum reexport=predefined-fsidnum".split(" "),
  ];
  for (const option of fine)
    it(`may be ${option}`, () => {
      assert.equal(badOption(option), undefined);
    });

  const bad: [string, RegExp][] = [
    ["", /not in exports/],
    ["RW", /not in exports/],
    ["no_such", /not in exports/],
    ["toString", /not in exports/],
    ["rdirplus", /not in exports/],
    ["squash_uids=1-5", /not in exports/],
    ["rw=1", /takes no value/],
    ["anonuid", /must be anonuid=VALUE with a user id/],
    ["anonuid=", /a user id/],
    ["anonuid=nobody", /a user id/],
    ["anonuid=4294967296", /larger than 4294967295/],
    ["fsid=4294967296", /larger than 4294967295/],
    ["fsid=x", /a number, root or a UUID/],
    ["sec=sys,krb5", /character/],
    ["sec=nope", /sys, krb5/],
    ["mp=tank", /absolute path/],
    ["refer=10.0.0.1", /path@host/],
    ["rw)", /character/],
    ["rw #", /blank/],
    ["rw\n/etc *(rw)", /blank/],
    ['"rw', /character/],
    ["é", /character/],
  ];
  for (const [option, why] of bad)
    it(`must not be ${JSON.stringify(option)}`, () => {
      assert.match(badOption(option) ?? "", why);
    });
});

describe("two options of an export", () => {
  const excluding: [string, string][] = [
    ["rw", "ro"],
    ["sync", "async"],
    ["secure", "insecure"],
    ["wdelay", "no_wdelay"],
    ["hide", "nohide"],
    ["crossmnt", "nocrossmnt"],
    ["root_squash", "no_root_squash"],
    ["all_squash", "no_all_squash"],
    ["subtree_check", "no_subtree_check"],
    ["secure_locks", "no_auth_nlm"],
    ["acl", "no_acl"],
    ["pnfs", "no_pnfs"],
    ["rw", "rw"],
    ["anonuid=1", "anonuid=2"],
    ["fsid=1", "fsid=root"],
    ["mp", "mountpoint=/x"],
    ["refer=/x@h", "replicas=/x@h"],
    ["sec=sys:krb5", "sec=krb5"],
    ["fsid=1", "reexport=auto-fsidnum"],
  ];
  for (const pair of excluding)
    it(`cannot be ${pair.join(" and ")}`, () => {
      assert.deepEqual(contradiction(["subtree_check", "no_acl", ...pair].filter(unrelated(pair))), pair);
    });
  it("may differ between flavours of security", () => {
    assert.equal(contradiction(["rw", "sec=krb5", "rw", "no_root_squash", "sec=sys", "ro", "root_squash"]), undefined);
  });
});

/** Keeps the pair, and of the others those that are about something else. */
function unrelated(pair: readonly string[]) {
  const about = (option: string) => option.replace(/^no_/, "");
  return (option: string, i: number, all: readonly string[]) =>
    i >= all.length - 2 || !pair.some((one) => about(one) === about(option));
}

describe("options of an export", () => {
  const equal: [string, string][] = [
    ["", "ro,sync,wdelay,hide,nocrossmnt,secure,root_squash,no_all_squash,no_subtree_check,secure_locks,acl,no_pnfs"],
    ["", "anonuid=65534,anongid=65534,sec=sys,reexport=none"],
    ["rw,async", "async,rw"],
    ["no_auth_nlm", "insecure_locks"],
    ["mp", "mountpoint"],
    ["fsid=root", "fsid=0"],
    ["fsid=01234567-89ab-cdef-0123-456789ABCDEF", "fsid=0123456789abcdef0123456789abcdef"],
    ["anonuid=4294967295,anongid=4294967294", "anonuid=-1,anongid=-2"],
    ["rw,sec=sys", "sec=sys,rw"],
    ["sec=krb5,rw,no_root_squash,sec=sys", "sec=krb5:sys,rw,no_root_squash"],
    ["rw,no_root_squash,sec=krb5,ro,sec=sys,insecure", "sec=krb5,ro,no_root_squash,sec=sys,ro,insecure,no_root_squash"],
    ["xprtsec=tls:mtls", "xprtsec=mtls:tls"],
    ["reexport=auto-fsidnum", "reexport=auto-fsidnum,fsid=7"],
  ];
  for (const [a, b] of equal)
    it(`come to the same: ${a || "none"} and ${b}`, () => {
      assert.deepEqual(settings(list(a)), settings(list(b)));
    });

  const different: [string, string][] = [
    ["rw", "ro"],
    ["sec=sys:krb5", "sec=krb5:sys"],
    ["sec=sys,rw,sec=krb5,ro", "sec=sys,ro,sec=krb5,rw"],
    ["fsid=1", ""],
    ["mp", "mp=/x"],
    ["security_label", ""],
    ["nordirplus", ""],
    ["unheard_of", ""],
  ];
  for (const [a, b] of different)
    it(`differ: ${a} and ${b || "none"}`, () => {
      assert.equal(same(settings(list(a)), settings(list(b))), false);
    });

  it("may hold words in the live table that this program does not know", () => {
    assert.deepEqual(settings(list("rw,unheard_of"), "dropped"), settings(list("rw")));
  });

  const words: [live: string, declared: string, shown: string][] = [
    ["rw,sync", "rw,sync", "rw,sync"],
    ["ro", "rw,no_root_squash", "ro,root_squash"],
    ["rw,async", "rw", "rw,async"],
    ["rw,anonuid=5", "rw,anonuid=1000", "rw,anonuid=5"],
    ["rw", "rw,fsid=7", "rw"],
    ["rw,insecure_locks", "rw,auth_nlm", "rw,insecure_locks"],
    ["rw,no_auth_nlm,async", "rw,no_auth_nlm", "rw,no_auth_nlm,async"],
    ["rw", "rw,security_label", "rw"],
    ["rw,fsid=7,async", "", "rw,async,fsid=7"],
    ["sec=krb5,rw", "rw", "sec=krb5,rw,secure,root_squash,no_all_squash"],
    ["rw,unheard_of", "rw", "rw,unheard_of"],
  ];
  for (const [live, declared, shown] of words) {
    it(`are shown as ${shown || "none"} where ${declared || "none"} is declared`, () => {
      assert.deepEqual(inWords(settings(list(live)), list(declared)), list(shown));
    });
    it(`are told in full by ${shown || "none"}`, () => {
      assert.deepEqual(settings(list(shown)), settings(list(live)));
    });
  }
});

describe("a client of an export", () => {
  const fine = [
    ..."* 10.0.0.1 10.0.0.0/24 10.0.0.0/255.255.255.0 0.0.0.0/0 ::1 2001:db8::/32 fe80::1 @trusted".split(" "),
    ..."box box.example.com *.example.com box?.example.com box[0-9].example.com 3com.example XN--80AK6AA92E.com".split(
      " ",
    ),
  ];
  for (const client of fine)
    it(`may be ${client}`, () => {
      assert.equal(badClient(client), undefined);
    });

  const bad: [string, RegExp][] = [
    ["", /is no address/],
    ["10.0.0.256", /no IPv4 address/],
    ["10.0.0", /no IPv4 address/],
    ["010.0.0.1", /no IPv4 address/],
    ["10.0.0.*", /wildcards match names only/],
    ["10.0.0.7/24", /write 10\.0\.0\.0\/24/],
    ["2001:db8::1/32", /write 2001:db8::\/32/],
    ["10.0.0.0/33", /no network/],
    ["10.0.0.0/255.0.255.0", /no network/],
    ["10.0.0.0/24/1", /no network/],
    ["box/24", /no network/],
    ["fe80::1%eth0", /no IPv6 address/],
    ["1:2", /no IPv6 address/],
    ["gss/krb5", /sec=krb5/],
    ["@", /@NETGROUP/],
    ["@a b", /@NETGROUP/],
    ["-rw", /is no address/],
    ["a b", /is no address/],
    ["box(rw)", /is no address/],
    ["box,other", /is no address/],
    ["box#", /is no address/],
    ["a\nb", /is no address/],
    ["$(id)", /is no address/],
    ["é.example", /is no address/],
    ["a..b", /is no address/],
    [`${"a".repeat(64)}.example`, /is no address/],
    ["x.".repeat(127), /is no address/],
  ];
  for (const [client, why] of bad)
    it(`must not be ${JSON.stringify(client)}`, () => {
      assert.match(badClient(client) ?? "", why);
    });

  const same: [string, string][] = [
    ["10.0.0.1", "10.0.0.1/32"],
    ["10.0.0.0/24", "10.0.0.0/255.255.255.0"],
    ["2001:DB8:0:0::/32", "2001:db8::/32"],
    ["::ffff:10.0.0.1", "::ffff:a00:1/128"],
    ["BOX.example.com", "box.example.com"],
    ["0.0.0.0/0", "0.0.0.0/0.0.0.0"],
  ];
  for (const [a, b] of same)
    it(`is the same: ${a} and ${b}`, () => {
      assert.equal(canonicalClient(a), canonicalClient(b));
    });
  it("is told apart: an address, its network, its name", () => {
    const all = ["10.0.0.1", "10.0.0.0/24", "10.0.0.0/25", "*", "@a", "@A", "a", "::1", "::"].map(canonicalClient);
    assert.equal(new Set(all).size, all.length);
  });
});

function list(options: string): string[] {
  return options.split(",").filter((option) => option !== "");
}
