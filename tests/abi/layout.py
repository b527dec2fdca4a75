# SPDX-License-Identifier: MIT
"""The ABI as a table of text: sizes, offsets, types, constants, prototypes; and whether one table extends another.

layout.py print INCLUDE_DIR     the table of INCLUDE_DIR/orderflow/*.h
layout.py compare OLD NEW       exit status 1, and each breach in words, if NEW is no extension of OLD (tables in files)

Needs clang, and a machine with 8-byte pointers.
"""
import json, os, re, subprocess, sys, tempfile


def headers(include):
    return sorted(f for f in os.listdir(os.path.join(include, "orderflow")) if f.endswith(".h"))


def clang(include, *args, text=""):
    out = subprocess.run(["clang", "-x", "c", "-std=c11", "-I", include, *args, "-"], input=text,
                         capture_output=True, text=True)
    if out.returncode != 0:
        raise SystemExit(f"layout: clang: {out.stderr}")
    return out.stdout


def declared(include, source):
    """Structs {name: [(type, field)]}, enum constants, functions {name: type} of ours."""
    tree = json.loads(clang(include, "-fsyntax-only", "-Xclang", "-ast-dump=json", text=source))
    structs, constants, functions = {}, [], {}
    for node in tree["inner"]:
        name = node.get("name", "")
        if node["kind"] == "RecordDecl" and node.get("completeDefinition") and name.startswith("ofd_"):
            structs[name] = [(f["type"]["qualType"], f["name"]) for f in node["inner"] if f["kind"] == "FieldDecl"]
        elif node["kind"] == "EnumDecl":
            constants += [c["name"] for c in node["inner"] if c["name"].startswith("OFD_")]
        elif node["kind"] == "FunctionDecl" and name.startswith("ofd_"):
            functions[name] = node["type"]["qualType"]
    return structs, constants, functions


def macros(include, source):
    """{NAME or NAME(args): text}, of those with a value."""
    found = {}
    for line in clang(include, "-dM", "-E", text=source).splitlines():
        m = re.match(r"#define (OFD_\w+(?:\([^)]*\))?) (.+)$", line)
        if m and not m.group(1).startswith("OFD_EXPORT"):
            found[m.group(1)] = re.sub(r"\s+", " ", m.group(2))
    return found


def measured(include, source, structs, constants):
    """What a compiler says: lines of `struct`, `field` and `constant`."""
    lines = [source, "#include <stdio.h>", "int main(void) {"]
    for name, fields in structs.items():
        lines.append(f'printf("struct {name} %zu %zu\\n", sizeof({name}), _Alignof({name}));')
        for kind, field in fields:
            lines.append(f'printf("field {name} %zu %zu {field} : {kind}\\n", offsetof({name}, {field}), '
                         f'sizeof((({name} *)0)->{field}));')
    for name in constants:
        lines.append(f'printf("constant {name} %lld\\n", (long long){name});')
    lines.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "measure")
        clang(include, "-o", program, text="\n".join(lines))
        return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


def table(include):
    source = "".join(f"#include <orderflow/{name}>\n" for name in headers(include))
    structs, constants, functions = declared(include, source)
    lines = ["# The plugin ABI on a 64-bit machine, as tests/abi/layout.py sees it. Generated."]
    lines += [f"header {name}" for name in headers(include)]
    lines += [f"macro {name} = {text}" for name, text in sorted(macros(include, source).items())]
    lines += measured(include, source, structs, constants)
    lines += [f"function {name} : {kind}" for name, kind in sorted(functions.items())]
    return "\n".join(lines) + "\n"


class Table:
    def __init__(self, text):
        self.headers, self.macros, self.constants, self.functions = [], {}, {}, {}
        self.structs, self.fields = {}, {}
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            if word == "header":
                self.headers.append(rest)
            elif word == "macro":
                name, _, value = rest.partition(" = ")
                self.macros[name] = value
            elif word == "constant":
                name, value = rest.split()
                self.constants[name] = value
            elif word == "function":
                name, _, value = rest.partition(" : ")
                self.functions[name] = value
            elif word == "struct":
                name, size, align = rest.split()
                self.structs[name] = (int(size), int(align))
                self.fields[name] = []
            elif word == "field":
                left, _, kind = rest.partition(" : ")
                name, offset, size, field = left.split()
                self.fields[name].append((field, int(offset), int(size), kind))


def same(what, old, new, breaches):
    """Every name of old is in new with the same value. Returns how many are new."""
    for name, value in old.items():
        if name not in new:
            breaches.append(f"{what} {name} is gone")
        elif new[name] != value:
            breaches.append(f"{what} {name} was {value}, is {new[name]}")
    return len(set(new) - set(old))


def compare_struct(name, old, new, breaches):
    """The old fields must be the first of the new ones, and what is added must lie behind the old end."""
    before, after = old.fields[name], new.fields[name]
    for i, field in enumerate(before):
        if i >= len(after) or after[i] != field:
            is_now = "nothing" if i >= len(after) else "%s at %d, %d bytes: %s" % after[i]
            breaches.append("%s: field %d was %s at %d, %d bytes: %s; is %s" % (name, i, *field, is_now))
            return 0
    size, align = old.structs[name]
    if new.structs[name][1] != align:
        breaches.append(f"{name}: alignment was {align}, is {new.structs[name][1]}")
    added = after[len(before):]
    for field, offset, *_ in added:
        if offset < size:
            breaches.append(f"{name}: {field} at {offset} lies inside the old {size} bytes: OFD_HAS() would lie")
    if new.structs[name][0] < size or (not added and new.structs[name][0] != size):
        breaches.append(f"{name}: size was {size}, is {new.structs[name][0]}")
    return len(added)


def compare(old_text, new_text):
    """Why the new table does not extend the old one, in words; [] if it does."""
    old, new = Table(old_text), Table(new_text)
    breaches = []
    version = ("OFD_MAJOR", "OFD_MINOR")
    added = len(set(new.headers) - set(old.headers))
    for name in old.headers:
        if name not in new.headers:
            breaches.append(f"header {name} is gone")
    added += same("macro", {k: v for k, v in old.macros.items() if k not in version},
                  {k: v for k, v in new.macros.items() if k not in version}, breaches)
    added += same("constant", old.constants, new.constants, breaches)
    added += same("function", old.functions, new.functions, breaches)
    for name in old.structs:
        if name in new.structs:
            added += compare_struct(name, old, new, breaches)
        else:
            breaches.append(f"struct {name} is gone")
    added += len(set(new.structs) - set(old.structs))
    if new.macros.get("OFD_MAJOR") != old.macros["OFD_MAJOR"]:
        breaches.append("OFD_MAJOR changed: that is another entry function and another header, not this one")
    minor = int(old.macros["OFD_MINOR"]), int(new.macros.get("OFD_MINOR", -1))
    if minor[1] < minor[0]:
        breaches.append(f"OFD_MINOR was {minor[0]}, is {minor[1]}")
    if added and not breaches and minor[1] <= minor[0]:
        breaches.append(f"{added} things were added, but OFD_MINOR is still {minor[1]}")
    return breaches


def main(args):
    if len(args) == 2 and args[0] == "print":
        sys.stdout.write(table(args[1]))
        return 0
    if len(args) == 3 and args[0] == "compare":
        with open(args[1]) as old, open(args[2]) as new:
            breaches = compare(old.read(), new.read())
        print("\n".join(breaches) if breaches else "an extension")
        return 1 if breaches else 0
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
