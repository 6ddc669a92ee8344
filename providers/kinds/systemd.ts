/**
 * A shell function: `enable_unit UNIT [OTHER]` has a unit started at boot, and by OTHER where it is wanted by that one.
 * Asked to enable one, systemd reads all units again, which takes seconds where there are many of them. Here only the
 * links are made (`--root`), and it reads them where it holds something else of UNIT, or of OTHER while that one is
 * active, than their files say. systemctl waits 25 s for systemd by default, which is busy for longer when many ask.
 */
export const ENABLE_UNIT = `
export SYSTEMD_BUS_TIMEOUT=250s
known() { systemctl show --property="$1" --value -- "$2"; }
enable_unit() {
  systemctl --root=/ enable --quiet -- "$1"
  [ "$(known UnitFileState "$1")" = enabled ] && [ "$(known NeedDaemonReload "$1")" = no ] &&
    { [ $# -eq 1 ] || ! systemctl is-active --quiet -- "$2" || known Wants "$2" | grep -qwF -e "$1"; } ||
    systemctl daemon-reload
}
`;
