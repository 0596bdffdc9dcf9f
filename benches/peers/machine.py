"""What the numbers were made on."""
import functools
import os
import pathlib
import platform
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VECTORS = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512dq", "avx512vl", "avx512_vnni", "asimd")


def facts(python):
    """In the order they are shown; what a system does not say is left out."""
    cpu = read("/proc/cpuinfo")
    flags = set((match(r"^(?:flags|Features)\s*:(.*)$", cpu) or "").split())
    memory = match(r"^MemTotal:\s*(\d+) kB", read("/proc/meminfo"))
    ids = [f"{word} {found}" for word in ("family", "model", "stepping") if (found := match(rf"^(?:cpu )?{word}\s*: (\d+)$", cpu))]
    known = {
        "processor": ", ".join([match(r"^model name\s*: (.*)$", cpu) or platform.machine(), *ids]),
        "cores": f"{os.cpu_count()}, of a shared host" if "hypervisor" in flags else str(os.cpu_count()),
        "caches": said("lscpu | sed -n 's/^\\(L[123]d\\{0,1\\}\\) cache: */\\1 /p' | paste -sd, | sed 's/,/, /g'"),
        "vector instructions": " ".join(v for v in VECTORS if v in flags),
        "memory": memory and f"{int(memory) / 2 ** 20:.0f} GiB",
        "kernel": platform.release(),
        "system": match(r'^PRETTY_NAME="(.*)"$', read("/etc/os-release")),
        "rustc": said("rustc --version"),
        "OpenBLAS of NumPy and SciPy": blas(python),
    }
    return {key: value for key, value in known.items() if value}


def blas(python):
    code = ("from threadpoolctl import threadpool_info; import numpy, scipy.linalg; "
            "print(', '.join(sorted({i['version'] + ' ' + str(i.get('architecture')) for i in threadpool_info()})))")
    return said(f"'{python}' -c \"{code}\"")


@functools.cache
def commit():
    """Of the tree that is measured, when it was first asked for; `with changes` where it is not what was committed, Python and documents aside."""
    name = said(f"git -C '{ROOT}' rev-parse --short=10 HEAD")
    changed = said(f"git -C '{ROOT}' status --porcelain -- crates benches/peers/src Cargo.lock Cargo.toml")
    return (name or "unknown") + (" with changes" if changed else "")


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def match(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found and found.group(1).strip()


def said(command):
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
