/** Which groups let their members use sudo: those that the host's own rules name. */

/** A shell function: `sudo_groups` prints them, one a line. Files that sudo itself does not read are left out. */
export const SUDO_GROUPS = `
sudo_groups() {
  for rules in /etc/sudoers /etc/sudoers.d/*
  do
    case \${rules##*/} in *.* | *~) continue ;; esac
    [ ! -f "$rules" ] || cat -- "$rules"
  done | awk '!/^[ \\t]*Defaults/ {
    sub(/#.*/, "")
    while (match($0, /%[^ \\t,:=!()#%]+/)) {
      print substr($0, RSTART + 1, RLENGTH - 1)
      $0 = substr($0, RSTART + RLENGTH)
    }
  }' | sort -u
}
`;
