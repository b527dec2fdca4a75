# SPDX-License-Identifier: MIT
"""The ABI gate: today's headers against what was released. ./dev abi [--approve | --later | --release X.Y]

gate.py                  each released layout must be a prefix of today's, and abidiff finds no change since the last
                         release but those in tests/abi/LAST/abidiff.approved
gate.py --approve        writes today's abidiff report there: to be read, and committed with the change it speaks of
gate.py --later          builds a host with every struct grown and runs old plugins in it, and its plugins here
gate.py --release X.Y    keeps today's headers, layout, plugin binaries, golden files and host as tests/abi/X.Y

A release folder holds: include/ the headers; layout.txt; plugins/*.so and host.tar.xz, stripped, for the machine named in
`machine`; golden/NAME/*.txt; found.txt, the pattern types that the plugins find in the sample quotes.
"""
import os, pathlib, platform, re, shutil, subprocess, sys, tarfile, tempfile

import layout

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIST = ROOT / "build" / "dist"
SAMPLE = ROOT / "conf" / "samples" / "btcusdt_20240808.csv.gz"


def releases():
    """Release folders, oldest first."""
    found = [d for d in HERE.iterdir() if re.fullmatch(r"\d+\.\d+", d.name)]
    return sorted(found, key=lambda d: [int(x) for x in d.name.split(".")])


# ---- abidiff ----------------------------------------------------------------------------------------------------------

def probe(include, structs, out):
    """A library with debug information whose interface reaches each of these structs."""
    source = "".join(f"#include <orderflow/{name}>\n" for name in layout.headers(include))
    source += "OFD_EXPORT void ofd_abi_types(%s);\n" % ", ".join(f"const {s} *" for s in structs)
    source += "void ofd_abi_types(%s) { %s }\n" % (
        ", ".join(f"const {s} *p{i}" for i, s in enumerate(structs)),
        " ".join(f"(void)p{i};" for i in range(len(structs))))
    entry = re.search(r"ofd_entry_v1\(([^)]*)\);", (pathlib.Path(include) / "orderflow" / "detector.h").read_text())
    source += f"const ofd_plugin *ofd_entry_v1({entry.group(1)}) {{ return 0; }}\n"
    subprocess.run(["cc", "-x", "c", "-std=c11", "-g", "-O0", "-fPIC", "-shared", "-I", include, "-o", out, "-"],
                   input=source, text=True, check=True)


def abidiff(old_include, new_include, structs=None):
    """"" if nothing changed between two include folders, else abidiff's report. structs: those of the old ones."""
    structs = structs or sorted(layout.Table(layout.table(old_include)).structs)
    with tempfile.TemporaryDirectory() as folder:
        for name, include in (("old", old_include), ("new", new_include)):
            probe(str(include), structs, f"{folder}/{name}.so")
        out = subprocess.run(["abidiff", "old.so", "new.so"], cwd=folder, capture_output=True, text=True)
    if out.returncode & 3:
        raise SystemExit(f"gate: abidiff failed: {out.stdout}{out.stderr}")
    return out.stdout if out.returncode else ""


# ---- the gate ---------------------------------------------------------------------------------------------------------

def check_release(release, today):
    stored = (release / "layout.txt").read_text()
    faults = layout.compare(stored, today)
    if layout.table(str(release / "include")) != stored:
        faults.append("its own layout.txt is not that of its headers: somebody changed a release")
    return [f"against {release.name}: {fault}" for fault in faults]


def check_abidiff(release):
    if not shutil.which("abidiff"):
        raise SystemExit("gate: no abidiff here (Debian: abigail-tools)")
    report = abidiff(str(release / "include"), str(ROOT / "include"))
    approved = release / "abidiff.approved"
    if report == (approved.read_text() if approved.exists() else ""):
        return []
    return [f"abidiff against {release.name} says this, and {approved.relative_to(ROOT)} does not:\n{report}\n"
            "If each line of it is meant and keeps old plugins and hosts alive: ./dev abi --approve"]


def gate():
    found = releases()
    if not found:
        print("SKIPPED: there is no release yet")
        return 0
    today = layout.table(str(ROOT / "include"))
    faults = [fault for release in found for fault in check_release(release, today)]
    faults = faults or check_abidiff(found[-1])
    for fault in faults:
        print(fault)
    if not faults:
        print(f"ok 1 - the ABI extends {', '.join(r.name for r in found)}")
    return 1 if faults else 0


def approve():
    release = releases()[-1]
    report = abidiff(str(release / "include"), str(ROOT / "include"))
    approved = release / "abidiff.approved"
    if report:
        approved.write_text(report)
        print(report + f"\nwritten to {approved.relative_to(ROOT)}")
    else:
        approved.unlink(missing_ok=True)
        print("nothing to approve")
    return 0


# ---- a release --------------------------------------------------------------------------------------------------------

def run(*args, **more):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **more)


def enabled(folder, plugins):
    """A settings file with every one of these detectors on, whatever their default."""
    path = pathlib.Path(folder) / "all.ini"
    path.write_text(f"[plugins]\ndir = {plugins}\n" + "".join(
        f"[detector:{p.stem}]\nenabled = yes\n" for p in sorted(pathlib.Path(plugins).glob("*.so"))))
    return path


def from_templates(plugins, golden, folder):
    """The projects of `orderflow new`, as binaries."""
    env = dict(os.environ, PATH=f"{DIST}/bin:{os.environ['PATH']}")
    for lang in ("c", "cpp"):
        name = f"new_{lang}"
        run("orderflow", "new", name, "--lang", lang, cwd=folder, env=env)
        run("cmake", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release", cwd=f"{folder}/{name}", env=env)
        run("cmake", "--build", "build", cwd=f"{folder}/{name}", env=env)
        shutil.copy(f"{folder}/{name}/build/{name}.so", plugins)
        shutil.copytree(f"{folder}/{name}/golden", golden / name)


def keep_host(release, folder):
    """Engine, worker and golden runner of today."""
    host = pathlib.Path(folder) / "libexec" / "orderflow"
    host.mkdir(parents=True)
    for name in ("orderflow-engine", "orderflow-worker", "run_golden"):
        shutil.copy(DIST / "libexec" / "orderflow" / name, host)
        run("strip", host / name)
    with tarfile.open(release / "host.tar.xz", "w:xz", preset=9) as tar:
        tar.add(host.parent, "libexec", filter=plain)


def plain(info):
    """The same archive whoever makes it."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def types_in(answer):
    return sorted(set(re.findall(r"<type>([^<]*)</type>", answer)))


def make_release(version):
    release = HERE / version
    today = layout.table(str(ROOT / "include"))
    macros = layout.Table(today).macros
    if version != f"{macros['OFD_MAJOR']}.{macros['OFD_MINOR']}":
        raise SystemExit(f"gate: the headers say {macros['OFD_MAJOR']}.{macros['OFD_MINOR']}, not {version}")
    if release.exists():
        raise SystemExit(f"gate: {release.relative_to(ROOT)} is there already, and a release is never changed")
    if releases() and gate() != 0:
        return 1
    with tempfile.TemporaryDirectory() as folder:
        new = pathlib.Path(folder) / "release"
        shutil.copytree(DIST / "lib" / "orderflow" / "plugins", new / "plugins")
        for plugin in (new / "plugins").iterdir():
            if (ROOT / "tests" / "golden" / plugin.stem / "by_hand").exists():
                shutil.copytree(ROOT / "tests" / "golden" / plugin.stem / "by_hand", new / "golden" / plugin.stem)
        from_templates(new / "plugins", new / "golden", folder)
        for plugin in (new / "plugins").iterdir():
            run("strip", plugin)
        shutil.copytree(ROOT / "include", new / "include")
        (new / "layout.txt").write_text(today)
        (new / "machine").write_text(platform.machine() + "\n")
        keep_host(new, folder)
        answer = run(DIST / "bin" / "orderflow", "analyze", "BTCUSDT", "--file", SAMPLE, "--history", "1h", "--config",
                     enabled(folder, new / "plugins")).stdout
        (new / "found.txt").write_text("\n".join(types_in(answer)) + "\n")
        shutil.move(new, release)
    print(f"{release.relative_to(ROOT)}: made; commit it and tag the commit abi-{version}")
    return 0


# ---- what a later version may look like ---------------------------------------------------------------------------------

def grow(include):
    """Edits these headers as a later minor might: every struct gets a member at its end."""
    for name in layout.headers(include):
        path = pathlib.Path(include) / "orderflow" / name
        text = re.sub(r"\n\} (ofd_\w+);", r"\n    uint64_t later0, later1;\n} \1;", path.read_text())
        text = re.sub(r"(\nstruct ofd_\w+ \{(?:[^{}]*))\};", r"\1    uint64_t later0, later1;\n};", text)
        text = re.sub(r"(#define OFD_MINOR) (\d+)", lambda m: f"{m.group(1)} {int(m.group(2)) + 1}", text)
        path.write_text(text)


def later_host():
    """Builds host and plugins of such a version and runs the plugins of today and of all releases in it, and its plugins
    in the host of today: ./dev abi --later"""
    import test_zoo
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "later"
        for name in ("core", "plugins", "sdk", "cmake", "include", "conf", "CMakeLists.txt"):
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / name, tree / name)
        grow(tree / "include")
        run("cmake", "-S", tree, "-B", tree / "b", "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc", "-DCMAKE_CXX_COMPILER=g++",
            "-DOF_TESTS=OFF")
        run("cmake", "--build", tree / "b")
        run("cmake", "--install", tree / "b", "--prefix", tree / "dist")
        here, there = DIST / "lib/orderflow/plugins", tree / "dist/lib/orderflow/plugins"
        for host, plugins in [(tree / "dist", p) for p in [here] + [r / "plugins" for r in releases()]] + [(DIST, there)]:
            detectors, types = test_zoo.report_of(host / "libexec/orderflow/orderflow-engine", folder, plugins)
            bad = [d for d in detectors.values() if (d["state"], d["refused"], d["restarts"]) != ("ready", 0, 0)]
            said = sum(d["emitted"] for d in detectors.values())
            print(f"{plugins} in {host}: {len(detectors)} detectors, {said} emissions, {len(types)} types, {len(bad)} bad")
            if bad or not detectors or said == 0:
                print(bad)
                return 1
    print("ok 1 - a later version and this one take each other's plugins")
    return 0


def main(args):
    if args == []:
        return gate()
    if args == ["--later"]:
        return later_host()
    if args == ["--approve"] and releases():
        return approve()
    if len(args) == 2 and args[0] == "--release" and re.fullmatch(r"\d+\.\d+", args[1]):
        return make_release(args[1])
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
