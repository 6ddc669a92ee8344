/**
 * What Samba 4.22 knows, from its own `testparm --show-all-parameters`. A line is `name: type (synonyms)`; `!` marks
 * a synonym of the opposite meaning. A type with `|` is an enumeration, with `=` between words of the same meaning, the
 * one that testparm prints first (found by giving testparm each of them).
 */

/** Parameters of a share. In [global] they are the default of the shares below. */
export const LOCAL = `
access based share enum: bool
acl allow execute always: bool
acl check permissions: bool
acl flag inherited canonicalization: bool
acl group control: bool
acl map full control: bool
administrative share: bool
admin users: list
afs share: bool
aio read size: bytes
aio write behind: string
aio write size: bytes
allocation roundup size: bytes
available: bool
blocking locks: bool
block size: bytes
browseable: bool (browsable)
case sensitive: No=False=0|Yes=True=1|Auto (casesignames)
check parent directory delete on close: bool
comment: string
copy: string
create mask: octal (create mode)
csc policy: manual|documents|programs|disable
cups options: string
default case: lower|upper
default devmode: bool
delete readonly: bool
delete veto files: bool
dfree cache time: integer
dfree command: string
directory mask: octal (directory mode)
dmapi support: bool
dont descend: string
dos filemode: bool
dos filetime resolution: bool
dos filetimes: bool
durable handles: bool
ea support: bool
fake directory create times: bool
fake oplocks: bool
follow symlinks: bool
smbd force process locks: bool
force create mode: octal
force directory mode: octal
force group: string (group)
force printername: bool
force unknown acl user: bool
force user: string
fstype: string
guest ok: bool (public)
guest only: bool (only guest)
hide dot files: bool
hide files: string
hide new files timeout: integer
hide special files: bool
hide unreadable: bool
hide unwriteable files: bool
honor change notify privilege: bool
hosts allow: list (allow hosts)
hosts deny: list (deny hosts)
include: string
inherit acls: bool
inherit owner: no|windows and unix=yes|unix only
inherit permissions: bool
invalid users: list
kernel oplocks: bool
kernel share modes: bool
level2 oplocks: bool
locking: bool
lppause command: string
lpq command: string
lpresume command: string
lprm command: string
magic output: string
magic script: string
mangled names: no=false=0|illegal|yes=true=1
mangling char: char
map acl inherit: bool
map archive: bool
map hidden: bool
map readonly: no=false=0|yes=true=1|permissions=perms
map system: bool
max connections: integer
max print jobs: integer
max reported print jobs: integer
min print space: integer
msdfs proxy: string
msdfs root: bool
msdfs shuffle referrals: bool
nt acl support: bool
ntvfs handler: list
oplocks: bool
path: string (directory)
posix locking: bool
postexec: string
preexec: string (exec)
preexec close: bool
preserve case: bool
printable: bool (print ok)
print command: string
printer name: string (printer)
printing: sysv|aix|hpux|bsd|qnx|plp|lprng|cups|iprint|nt|os2
printjob username: string
print notify backchannel: bool
queuepause command: string
queueresume command: string
read list: list
read only: bool (!writeable, !writable, !write ok)
root postexec: string
root preexec: string
root preexec close: bool
server addresses: list
server smb encrypt: default|No=False=0=Off=disabled|if_required=Yes=True=1=On=enabled=auto|desired|required=mandatory=force=forced=enforced (smb encrypt)
short preserve case: bool
smb3 unix extensions: bool
smbd async dosmode: bool
smbd getinfo ask sharemode: bool
smbd max async dosmode: integer
smbd max xattr size: integer
smbd search ask sharemode: bool
spotlight: bool
spotlight backend: noindex|tracker|elasticsearch
store dos attributes: bool
strict allocate: bool
strict locking: No=False=0|Yes=True=1|Auto
strict rename: bool
strict sync: bool
sync always: bool
use client driver: bool
use sendfile: bool
valid users: list
veto files: string
veto oplock files: string
vfs mkdir use tmp name: No=False=0|Yes=True=1|Auto
vfs objects: list (vfs object)
volume: string
volume serial number: integer
wide links: bool
write list: list
`;

/** Parameters of the whole server. */
export const GLOBAL = `
abort shutdown script: string
acl claims evaluation: AD DC only|never
ad dc functional level: 2008_R2|2012|2012_R2|2016
add group script: string
additional dns hostnames: list
add machine script: string
addport command: string
addprinter command: string
add share command: string
add user script: string
add user to group script: string
afs token lifetime: integer
afs username map: string
aio max threads: integer
algorithmic rid base: integer
allow dcerpc auth level connect: bool
allow dns updates: disabled=No=False=0=Off|nonsecure and secure=nonsecure|secure only=secure=signed
allow insecure wide links: bool
allow nt4 crypto: bool
allow trusted domains: bool
allow unsafe cluster upgrade: bool
apply group policies: bool
async dns timeout: integer
async smb echo handler: bool
auth event notification: bool
auto services: string (preload)
binddns dir: string (bind dns directory)
bind interfaces only: bool
browse list: bool
cache directory: string
change notify: bool
change share command: string
check password script: string
client ipc max protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+
client ipc min protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+
client ipc signing: default|No=False=0=Off=disabled|if_required=Yes=True=1=On=enabled=auto|desired|required=mandatory=force=forced=enforced
client lanman auth: bool
client ldap sasl wrapping: plain|sign|seal|starttls|ldaps
client max protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+
client min protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+
client netlogon ping protocol: cldap|ldap|ldaps|starttls
client NTLMv2 auth: bool
client plaintext auth: bool
client protection: default|plain|sign|encrypt
client schannel: No=False=0|Yes=True=1|Auto
client signing: default|No=False=0=Off=disabled|if_required=Yes=True=1=On=enabled=auto|desired|required=mandatory=force=forced=enforced
client smb encrypt: default|No=False=0=Off=disabled|if_required=Yes=True=1=On=enabled=auto|desired|required=mandatory=force=forced=enforced
client smb3 encryption algorithms: list
client smb3 signing algorithms: list
client use kerberos: desired=auto|yes=required|no=disabled=off
client use krb5 netlogon: No=False=0|Yes=True=1|Auto|default
client use spnego: bool
cluster addresses: list
clustering: bool
config backend: file|registry
config file: string
create krb5 conf: bool
ctdbd socket: string
ctdb locktime warn threshold: integer
ctdb timeout: integer
cups connection timeout: integer
cups encrypt: No=False=0|Yes=True=1|Auto
cups server: string
dcerpc endpoint servers: list
deadtime: integer
debug class: bool
debug encryption: bool
debug hires timestamp: bool
debug pid: bool
debug prefix timestamp: bool
debug syslog format: No=False=0|in_logs=Yes=True=1|always
winbind debug traceid: bool
debug uid: bool
dedicated keytab file: string
default service: string (default)
defer sharing violations: bool
delete group script: string
deleteprinter command: string
delete share command: string
delete user from group script: string
delete user script: string
dgram port: integer
disable netbios: bool
disable spoolss: bool (!enable spoolss)
dns hostname: string
dns forwarder: list
dns port: integer
dns proxy: bool
dns update command: list
dns zone scavenging: bool
dns zone transfer clients allow: list
dns zone transfer clients deny: list
domain logons: bool
domain master: No=False=0|Yes=True=1|Auto
dos charset: string
dsdb event notification: bool
dsdb group change notification: bool
dsdb password event notification: bool
enable asu support: bool
enable core files: bool
enable privileges: bool
encrypt passwords: bool
enhanced browsing: bool
enumports command: string
eventlog list: list
get quota command: string
getwd cache: bool
gpo update command: list
guest account: string
himmelblaud hello enabled: bool
himmelblaud hsm pin path: string
himmelblaud sfa fallback: bool
host msdfs: bool
hostname lookups: bool
idmap backend: string
idmap cache time: integer
idmap gid: string (winbind gid)
idmap negative cache time: integer
idmap uid: string (winbind uid)
include system krb5 conf: bool
init logon delay: integer
init logon delayed hosts: list
interfaces: list
iprint server: string
kdc default domain supported enctypes: integer
kdc enable fast: bool
kdc force enable rc4 weak session keys: bool
kdc supported enctypes: integer
keepalive: integer
kerberos encryption types: all|strong|legacy
kerberos method: default=secrets only=secretsonly|system keytab=systemkeytab|dedicated keytab=dedicatedkeytab|secrets and keytab=secretsandkeytab
kernel change notify: bool
kpasswd port: integer
krb5 port: integer
lanman auth: bool
large readwrite: bool
ldap admin dn: string
ldap connection timeout: integer
ldap debug level: integer
ldap debug threshold: integer
ldap delete dn: bool
ldap deref: never|searching|finding|always|auto
ldap follow referral: No=False=0|Yes=True=1|Auto
ldap group suffix: string
ldap idmap suffix: string
ldap machine suffix: string
ldap max anonymous request size: integer
ldap max authenticated request size: integer
ldap max search request size: integer
ldap page size: integer
ldap passwd sync: no=off|yes=on|only (ldap password sync)
ldap replication sleep: integer
ldap server require strong auth: No=False=0|allow_sasl_over_tls|allow_sasl_without_tls_channel_bindings|Yes=True=1
ldap ssl: no=off|start tls=start_tls
ldap suffix: string
ldap timeout: integer
ldap user suffix: string
lm announce: No=False=0|Yes=True=1|Auto
lm interval: integer
load printers: bool
local master: bool
lock directory: string (lock dir)
lock spin time: integer
log file: string
logging: string
log level: string (debuglevel)
log nt token command: string
logon drive: string
logon home: string
logon path: string
logon script: string
log writeable files on exit: bool
lpq cache time: integer
lsa over netlogon: bool
machine password timeout: integer
mangle prefix: integer
mangling method: string
map to guest: Never|Bad User|Bad Password|Bad Uid
max disk size: bytes
max log size: bytes
max mux: integer
max open files: integer
max smbd processes: integer
max stat cache size: integer
max ttl: integer
max wins ttl: integer
max xmit: bytes
mdns name: netbios|mdns
message command: string
min domain uid: integer
min receivefile size: bytes
min wins ttl: integer
mit kdc command: list
multicast dns register: bool
name cache timeout: integer
name resolve order: list
nbt client socket address: string (socket address)
nbt port: integer
ncalrpc dir: string
netbios aliases: list
netbios name: upper
netbios scope: upper
neutralize nt4 emulation: bool
nmbd bind explicit broadcast: bool
nsupdate command: list
nt hash store: auto|never|always
ntlm auth: disabled|ntlmv2-only=no=false=0|ntlmv1-permitted=yes=true=1|mschapv2-and-ntlmv2-only
nt pipe support: bool
ntp signd socket directory: string
nt status support: bool
null passwords: bool
obey pam restrictions: bool
old password allowed period: integer
oplock break wait time: integer
os2 driver map: string
os level: integer
pam password change: bool
panic action: string
passdb backend: string
passdb expand explicit: bool
passwd chat: string
passwd chat debug: bool
passwd chat timeout: integer
passwd program: string
password hash gpg key ids: list
password hash userPassword schemes: list
password server: string
perfcount module: string
pid directory: string
preferred master: No=False=0|Yes=True=1|Auto (prefered master)
prefork backoff increment: integer
prefork children: integer
prefork maximum backoff: integer
preload modules: list
printcap cache time: integer
printcap name: string (printcap)
private dir: string (private directory)
raw NTLMv2 auth: bool
read raw: bool
realm: string
registry shares: bool
reject aes netlogon servers: bool
reject md5 clients: bool
reject md5 servers: bool
remote announce: string
remote browse sync: string
rename user script: string
require strong key: bool
reset on zero vc: bool
restrict anonymous: integer
root directory: string (root, root dir)
rpc big endian: bool
rpc server dynamic port range: string
rpc server port: integer
rpc start on demand helpers: bool
samba kcc command: list
security: AUTO|USER|DOMAIN|ADS
server max protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+ (max protocol, protocol)
server min protocol: default|SMB2=SMB2_10|SMB3=SMB3_11|SMB3_02|SMB3_00|SMB2_02|NT1|LANMAN2|LANMAN1|CORE|COREPLUS=CORE+ (min protocol)
server multi channel support: bool
server reject aes schannel: bool
server role: auto|standalone server=standalone|member server=member|classic primary domain controller|classic backup domain controller|active directory domain controller=domain controller=dc|IPA primary domain controller
server schannel: No=False=0|Yes=True=1|Auto
server schannel require seal: bool
server services: list
server signing: default|No=False=0=Off=disabled|if_required=Yes=True=1=On=enabled=auto|desired|required=mandatory=force=forced=enforced
server smb3 encryption algorithms: list
server smb3 signing algorithms: list
server string: string
server support krb5 netlogon: bool
set primary group script: string
set quota command: string
show add printer wizard: bool
shutdown script: string
smb1 unix extensions: bool (unix extensions)
smb2 disable lock sequence checking: bool
smb2 disable oplock break retry: bool
smb2 leases: bool
smb2 max credits: integer
smb2 max read: bytes
smb2 max trans: bytes
smb2 max write: bytes
smb3 directory leases: No=False=0|Yes=True=1|Auto
smbd profiling level: off|count|on
smb passwd file: string
smb ports: list
socket options: string
spn update command: list
stat cache: bool
state directory: string
svcctl list: list
sync machine password script: string
sync machine password to keytab: list
syslog: integer
syslog only: bool
template homedir: string
template shell: string
time server: bool
timestamp logs: bool (debug timestamp)
tls ca directories: list
tls cafile: string
tls certfile: string
tls crlfile: string
tls dh params file: string
tls enabled: bool
tls keyfile: string
tls priority: string
tls trust system cas: bool
tls verify peer: no_check|ca_only|ca_and_name_if_available|ca_and_name|as_strict_as_possible
unicode: bool
unix charset: string
unix password sync: bool
use mmap: bool
username level: integer
username map: string
username map cache time: integer
username map script: string
usershare allow guests: bool
usershare max shares: integer
usershare owner only: bool
usershare path: string
usershare prefix allow list: list
usershare prefix deny list: list
usershare template share: string
utmp: bool
utmp directory: string
winbind cache time: integer
winbindd socket directory: string
winbind enum groups: bool
winbind enum users: bool
winbind expand groups: integer
winbind max clients: integer
winbind max domain connections: integer
winbind nested groups: bool
winbind normalize names: bool
winbind nss info: list
winbind offline logon: bool
winbind reconnect delay: integer
winbind refresh tickets: bool
winbind request timeout: integer
winbind rpc only: bool
winbind scan trusted domains: bool
winbind sealed pipes: bool
winbind separator: string
winbind use default domain: bool
winbind use krb5 enterprise principals: bool
wins hook: string
wins proxy: bool
wins server: list
wins support: bool
workgroup: upper
write raw: bool
wsp property file: string
wtmp directory: string
`;
