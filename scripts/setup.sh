#!/bin/sh
# Installs what Soilscope needs and this machine lacks, and nothing else. `make setup` calls it; so do `make demo`,
# `make test` and `make check`. On a machine that has everything it looks, says so and ends, without root.
#
#   a C compiler and linker   rustc links with it                            (cc)
#   pkg-config                the crates find the two libraries with it
#   GDAL 3.4 to 3.12          rasters and vector files                       (crate gdal 0.19: bindings for these come with it)
#   PROJ 9.0 or newer         coordinate systems, the one GDAL uses too      (crates proj =0.27.0, proj-sys =0.23.1)
#   libclang and its headers  proj-sys reads PROJ's header with it           (build time only)
#   gdalinfo, ogrinfo         the tests read every output with them          (tests only)
#   Python 3.11, with venv    the Python package, its tests, notebooks       (only with the argument `python` or `wheel`)
#
# With `wheel` it looks for a linker and Python alone: the Python package needs nothing else.
#
# What is there is judged by asking for it, not by a package manager's list, so that hand-built and conda libraries count.
set -u

GDAL_MIN=3.4
GDAL_END=3.13
PROJ_MIN=9.0.0
PYTHON_MIN=3.11

with_python=no with_maps=yes
case "${1:-}" in
'') ;;
python) with_python=yes ;;
wheel) with_python=yes with_maps=no ;;
*) printf 'setup: error: what is %s? there are python and wheel\n' "$1" >&2; exit 2 ;;
esac
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }
die() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# ---- probes: each is silent and returns 0 when its piece is there ----

# A compiler without the C library's start files cannot link, so link something.
has_linker() {
    have cc || return 1
    probe=$(mktemp -d 2>/dev/null) || return 1
    printf 'int main(void) { return 0; }\n' >"$probe/probe.c"
    cc -o "$probe/probe" "$probe/probe.c" >/dev/null 2>&1
    linked=$?
    rm -rf "$probe"
    return $linked
}

has_pkg_config() { have pkg-config; }
has_gdal() { has_pkg_config && pkg-config --exists "gdal >= $GDAL_MIN"; }
has_proj() { has_pkg_config && pkg-config --exists "proj >= $PROJ_MIN"; }

any_file() { # any_file PATTERN...: does any of them, expanded, exist?
    for candidate in "$@"; do
        [ -e "$candidate" ] && return 0
    done
    return 1
}

# Both halves: the library, and the compiler headers (stddef.h) that belong to it. Some systems have the first alone.
has_libclang() {
    if [ -n "${LIBCLANG_PATH:-}" ]; then
        any_file "$LIBCLANG_PATH" "$LIBCLANG_PATH"/libclang* && return 0
    fi
    prefixes="/usr /usr/local /usr/lib/llvm* /usr/lib64/llvm* /opt/homebrew/opt/llvm /usr/local/opt/llvm
        /Library/Developer/CommandLineTools/usr ${CONDA_PREFIX:-}"
    if have llvm-config; then
        prefixes="$prefixes $(llvm-config --prefix 2>/dev/null)"
    fi
    if have xcode-select; then
        prefixes="$prefixes $(xcode-select -p 2>/dev/null)/Toolchains/XcodeDefault.xctoolchain/usr"
    fi
    library=no headers=no
    for prefix in $prefixes; do
        any_file "$prefix"/lib/libclang.so* "$prefix"/lib/libclang-*.so* "$prefix"/lib/libclang.dylib \
            "$prefix"/lib64/libclang.so* "$prefix"/lib/*-linux-*/libclang.so* "$prefix"/lib/*-linux-*/libclang-*.so* \
            && library=yes
        any_file "$prefix"/lib/clang/*/include/stddef.h "$prefix"/lib64/clang/*/include/stddef.h && headers=yes
    done
    [ $library = yes ] && [ $headers = yes ]
}

# Conda and Homebrew bring the programs with the library; Debian does not.
has_gdal_tools() { have gdalinfo && have ogrinfo; }

# Debian cuts venv and ensurepip off from Python itself; both are needed to make an environment that has pip.
has_python() {
    [ $with_python = no ] && return 0
    have "$python" && "$python" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (${PYTHON_MIN%.*}, ${PYTHON_MIN#*.}))" \
        >/dev/null 2>&1
}

has_rust() { have cargo && have rustc; }

missing() { # the names of what is not there, one line
    names=
    has_linker || names="$names linker"
    if [ $with_maps = yes ]; then
        has_pkg_config || names="$names pkg-config"
        has_gdal || names="$names gdal"
        has_proj || names="$names proj"
        has_libclang || names="$names libclang"
        has_gdal_tools || names="$names gdal-tools"
    fi
    has_python || names="$names python"
    printf '%s' "${names# }"
}

versions() {
    printf 'GDAL %s, PROJ %s, libclang, a C linker, pkg-config' \
        "$(pkg-config --modversion gdal)" "$(pkg-config --modversion proj)"
}

explain() { # explain NAME: why it is needed
    case $1 in
    linker) printf 'a C compiler and linker: Rust links programs with it' ;;
    pkg-config) printf 'pkg-config: the build finds GDAL and PROJ with it' ;;
    gdal) printf 'GDAL %s or newer, with headers: reads and writes rasters and vector files' "$GDAL_MIN" ;;
    proj) printf 'PROJ %s or newer, with headers: transforms coordinates' "$PROJ_MIN" ;;
    gdal-tools) printf 'gdalinfo and ogrinfo: the tests read every output with them' ;;
    python) printf 'Python %s or newer with venv: the Python package is built and tested in an environment of its own' "$PYTHON_MIN" ;;
    libclang) printf 'libclang with its headers: reads the header of PROJ while building' ;;
    esac
}

# ---- ways to install ----

# sudo may ask for a password only where somebody sits.
may_ask=no
[ -t 0 ] && [ -z "${CI:-}" ] && may_ask=yes

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        if [ $may_ask = yes ]; then sudo -- "$@"; else sudo -n -- "$@"; fi
    else
        return 127
    fi
}

can_be_root() { [ "$(id -u)" = 0 ] || have sudo; }

install_with_apt() { # install_with_apt NAME...
    packages=
    for name in "$@"; do
        case $name in
        linker) packages="$packages gcc libc6-dev" ;;
        pkg-config) packages="$packages pkg-config" ;;
        gdal) packages="$packages libgdal-dev" ;;
        proj) packages="$packages libproj-dev" ;;
        libclang) packages="$packages libclang-dev" ;;
        gdal-tools) packages="$packages gdal-bin" ;;
        python) packages="$packages python3 python3-venv" ;;
        esac
    done
    can_be_root || die "need root for: apt-get install --no-install-recommends$packages
  Neither root nor sudo here. Ask whoever looks after this machine to run that line, then try again."
    say "apt-get update && apt-get install --no-install-recommends$packages"
    [ $with_maps = no ] || say "(some 230 packages on a bare machine, a minute or two; nothing else is shown unless it goes wrong)"
    # `env` rather than an assignment: sudo drops the caller's environment.
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
        </dev/null >/dev/null || say "apt-get update failed; trying with the package lists that are here"
    # shellcheck disable=SC2086  # the list is meant to be split
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 $packages </dev/null >/dev/null ||
        die "apt-get could not install$packages; its own message stands above"
}

advise() { # systems that this script does not install on
    cat >&2 <<'ADVICE'
setup: this script installs with apt (Debian 12 or newer, Ubuntu 24.04 or newer). Elsewhere install by hand; none of
       these lines has been tried by us:
  Fedora       sudo dnf install gcc pkgconf-pkg-config gdal-devel proj-devel clang-devel
  macOS        xcode-select --install; brew install pkgconf gdal proj llvm
               (if Homebrew's GDAL is 3.13 or newer, use conda-forge's)
  conda-forge  conda install -c conda-forge c-compiler pkg-config "libgdal-core<3.13" "proj>=9" libclang
               export PKG_CONFIG_PATH="$CONDA_PREFIX/lib/pkgconfig" LIBCLANG_PATH="$CONDA_PREFIX/lib"
               export LD_LIBRARY_PATH="$CONDA_PREFIX/lib" PROJ_DATA="$CONDA_PREFIX/share/proj"
       Then run `make setup` again: it checks what it finds.
ADVICE
}

# ---- the work ----

has_rust || die "Rust is not here: cargo and rustc must be on PATH. Install it from https://rustup.rs, then try again."

lacking=$(missing)
if [ -n "$lacking" ]; then
    say "this machine lacks:"
    for name in $lacking; do
        say "  - $(explain "$name")"
    done
    if have apt-get; then
        # shellcheck disable=SC2086  # the list is meant to be split
        install_with_apt $lacking
    else
        advise
        exit 1
    fi
    lacking=$(missing)
fi

for name in $lacking; do
    case $name in
    proj)
        found=$(pkg-config --modversion proj 2>/dev/null) &&
            die "PROJ $found is too old: $PROJ_MIN or newer is needed (Debian 12, Ubuntu 24.04 or newer have it; so does conda-forge)"
        ;;
    gdal)
        found=$(pkg-config --modversion gdal 2>/dev/null) &&
            die "GDAL $found is too old: $GDAL_MIN or newer is needed (Debian 12, Ubuntu 22.04 or newer have it; so does conda-forge)"
        ;;
    esac
    die "still missing after installing: $(explain "$name")"
done

# Builds, but not with the bindings that come with the crate: say it now rather than let a build script panic later.
if [ $with_maps = yes ] && pkg-config --exists "gdal >= $GDAL_END"; then
    die "GDAL $(pkg-config --modversion gdal) is too new: crate gdal 0.19 has bindings for $GDAL_MIN up to 3.12.
  Install an older one beside it (conda-forge: libgdal-core<3.13) and point PKG_CONFIG_PATH at that."
fi

if [ $with_python = yes ]; then
    say "all there: $("$python" --version)"
fi
if [ $with_maps = yes ]; then
    say "all there: $(versions)"
fi
