/**
 * A shell function: `zfs` with its arguments, again for up to three seconds while it says that something is busy. Whoever
 * looks at a file system, as we do for others of the same run, has it for an instant, and so has a view of the mounts
 * that ends just then.
 */
export const UNHURRIED = `
unhurried() {
  tries=0
  until said=$(zfs "$@" 2>&1)
  do
    tries=$((tries + 1))
    case $tries$said in [1-6]*' is busy'*) sleep 0.5 ;; *) printf '%s\\n' "$said" >&2; exit 1 ;; esac
  done
}
`;
