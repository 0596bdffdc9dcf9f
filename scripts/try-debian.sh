#!/usr/bin/env bash
# Does a newcomer's machine work? Makes a bare Debian in a folder, with Rust, make, what HEAD holds and nothing else,
# and runs `make demo` and `make test` (or the commands given) there. Committed work only: HEAD, not your edits.
#
#   sudo scripts/try-debian.sh bookworm|trixie [make-target ...]
#
#   TRY_DEBIAN_KEEP=1       keep the folder and say where it is
#   TRY_DEBIAN_ROOT=DIR     use (or make) the bare system here and keep it: a second run skips debootstrap
#   TRY_DEBIAN_MIRROR=URL   where Debian's packages come from; default: debootstrap's own
#
# Needs root, Linux, debootstrap, git, and Rust (its toolchain is mounted, read-only). Proxy and
# certificate settings of this machine are passed on if they are set; none is written here.
set -Eeuo pipefail

say() { printf 'try-debian: %s\n' "$*"; }
die() {
    printf 'try-debian: error: %s\n' "$*" >&2
    exit 2
}

suite=${1:-}
case $suite in bookworm | trixie) shift ;; *) die 'usage: try-debian.sh bookworm|trixie [make-target ...]' ;; esac
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(demo test)

[ "$(id -u)" = 0 ] || die 'needs root, for chroot and mounts'
for tool in debootstrap git chroot mount rustc; do
    command -v "$tool" >/dev/null || die "$tool is not here"
done

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && git rev-parse --show-toplevel)
toolchain=$(rustc --print sysroot)
keep=${TRY_DEBIAN_KEEP:-}

if [ -n "${TRY_DEBIAN_ROOT:-}" ]; then
    root=$TRY_DEBIAN_ROOT
    keep=1
    mkdir -p "$root"
    root=$(cd "$root" && pwd)
else
    root=$(mktemp -d /var/tmp/try-debian.XXXXXX)
fi

mounts=()
mount_in() { # mount_in WHERE mount-arguments...: remembered, to be undone in reverse
    local where=$root$1
    shift
    mkdir -p "$where"
    mount "$@" "$where"
    mounts+=("$where")
}

cleanup() {
    local status=$? i
    trap - EXIT
    for ((i = ${#mounts[@]} - 1; i >= 0; i--)); do
        umount "${mounts[i]}" 2>/dev/null || umount --lazy "${mounts[i]}" || true
    done
    if [ -n "$keep" ]; then
        say "kept: $root"
    elif grep -qF " $root/" /proc/mounts; then
        say "something is still mounted below $root; left as it is" >&2
    else
        rm -rf --one-file-system "$root"
    fi
    exit $status
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- the bare system ----

if [ ! -e "$root/.try-debian" ]; then
    say "a bare $suite in $root"
    debootstrap --variant=minbase --include=ca-certificates,make "$suite" "$root" \
        ${TRY_DEBIAN_MIRROR:+"$TRY_DEBIAN_MIRROR"} >"$root.log" 2>&1 || die "debootstrap failed; see $root.log"
    rm -f "$root.log"
    echo "$suite" >"$root/.try-debian"
fi
[ "$(cat "$root/.try-debian")" = "$suite" ] || die "$root holds $(cat "$root/.try-debian")"

# The network as this machine has it: name servers, and certificates that its administrator may have added.
cp /etc/resolv.conf "$root/etc/resolv.conf"
certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ ! -f "$certificates" ] || cp "$certificates" "$root/etc/ssl/certs/ca-certificates.crt"
settings=()
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY CARGO_HTTP_PROXY CARGO_NET_RETRY \
    PIP_CERT PIP_INDEX_URL; do
    [ -z "${!name:-}" ] || settings+=("$name=${!name}")
done

mount_in /proc -t proc proc
mount_in /dev --bind /dev
mount_in /opt/rust --bind -o ro "$toolchain"
mkdir -p "$root/root/cargo"

# ---- the newcomer's clone ----

commit=$(git -C "$repository" rev-parse --short HEAD)
mkdir -p "$root/root/soilscope"
# In a system that is used again only what was built stays; new times on the files make cargo look at all of ours.
find "$root/root/soilscope" -mindepth 1 -maxdepth 1 ! -name target -exec rm -rf {} +
# An archive of HEAD is what a clone would check out; the bare system needs no git for it.
git -C "$repository" archive HEAD | tar -x -m -C "$root/root/soilscope"

inside() {
    chroot "$root" env -i HOME=/root TERM=dumb LANG=C.UTF-8 CARGO_HOME=/root/cargo \
        PATH=/opt/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        CI=true CARGO_TERM_PROGRESS_WHEN=never "${settings[@]}" "$@" </dev/null
}

say "commit $commit on $suite: $(inside rustc --version); not there: $(inside sh -c \
    'for t in cc pkg-config git curl python3 gdalinfo; do command -v $t >/dev/null || printf "%s " $t; done')"

# ---- the trial ----

failed=()
for target in "${targets[@]}"; do
    began=$SECONDS
    say "make $target"
    if inside make -C /root/soilscope "$target"; then
        say "make $target: passed in $((SECONDS - began)) s"
    else
        say "make $target: FAILED after $((SECONDS - began)) s"
        failed+=("$target")
    fi
done

if [ ${#failed[@]} -gt 0 ]; then
    say "$suite, commit $commit: FAILED: ${failed[*]}"
    exit 1
fi
say "$suite, commit $commit: passed: ${targets[*]}"
