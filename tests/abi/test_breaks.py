# SPDX-License-Identifier: MIT
"""The gate is proven on planted breaks: each must be named, and what only extends must pass."""
import concurrent.futures, pathlib, re, shutil, sys, tempfile, unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import gate  # noqa: E402
import harness as h  # noqa: E402
import layout  # noqa: E402

NOW = str(gate.ROOT / "include")
MINOR = (r"(#define OFD_MINOR) (\d+)", lambda m: f"{m.group(1)} {int(m.group(2)) + 1}")

# name: (edits of detector.h as (regex, replacement), what the layout check must say, whether abidiff sees it too)
BREAKS = {
    "a field inserted": ([(r"(    int64_t price; .*\n)", r"    int64_t extra;\n\1")],
                         "ofd_pattern: field 6 was price at 32.*; is extra at 32", True),
    "a field inserted, and a new minor": ([(r"(    int64_t price; .*\n)", r"    int64_t extra;\n\1"), MINOR],
                                          "ofd_pattern: field 6", True),
    "a field inserted into the host": ([(r"(    void \*ctx; .*\n)", r"    void *more;\n\1")],
                                       "ofd_host: field 2 was ctx", True),
    "a field retyped": ([(r"    double value; ( +/\* how strong)", r"    int64_t value;\1")],
                        "ofd_pattern: field 7 was value.*double; is value.*int64_t", True),
    "a field retyped to another sign": ([(r"    int64_t start_ns;", "    uint64_t start_ns;")],
                                        "ofd_pattern: field 5 was start_ns", True),
    "a field made wider": ([(r"    int32_t side;", "    int64_t side;")], "ofd_pattern: field 2 was side", True),
    "two fields swapped": ([(r"(    int64_t ts_ns;  .*\n)(    int64_t start_ns; .*\n)", r"\2\1")],
                           "ofd_pattern: field 4 was ts_ns at 16.*; is start_ns", True),
    "two fields of one line swapped": ([(r"\*bid_px, \*ask_px;", "*ask_px, *bid_px;")],
                                       "ofd_window: field 7 was bid_px", True),
    "a field removed": ([(r"    const double \*trade_sz;\n", "")], "ofd_window: field 13 was trade_sz.*is nothing", True),
    "a field renamed": ([(r"uint32_t budget_us;", "uint32_t budget;")], "ofd_plugin: field 14 was budget_us", False),
    "an enum renumbered": ([(r"OFD_REAL = 2, OFD_PRICE = 3", "OFD_REAL = 3, OFD_PRICE = 2")],
                           "constant OFD_REAL was 2, is 3", False),
    "an enum constant removed": ([(r"OFD_LOG_DEBUG = 0, ", "")], "constant OFD_LOG_DEBUG is gone", False),
    "a flag moved": ([(r"OFD_ROW_GAP = 1 << 6", "OFD_ROW_GAP = 1 << 8")], "constant OFD_ROW_GAP was 64, is 256", False),
    "a constant of a macro changed": ([(r"(#define OFD_NO_PRICE) INT64_MIN", r"\1 0")], "macro OFD_NO_PRICE was", False),
    "the prototype of the entry changed": ([(r"(ofd_entry_v1\(uint32_t host_minor, uint32_t index)\);", r"\1, int x);")],
                                           "function ofd_entry_v1 was", True),
    "the prototype of a call changed": ([(r"int32_t \(\*detect\)\(void \*self, const ofd_tick \*tick\)",
                                          "int32_t (*detect)(void *self, const ofd_tick *tick, uint32_t n)")],
                                        "ofd_plugin: field .* was detect", True),
    "the answer of a call changed": ([(r"int32_t \(\*emit\)", "int64_t (*emit)")], "ofd_host: field 3 was emit", True),
    "another major": ([(r"(#define OFD_MAJOR) 1", r"\1 2")], "OFD_MAJOR changed", False),
    "a field appended without a new minor": ([(r"(    const void \*\(\*ext\)\(const char \*id\);\n)",
                                               r"\1    const void *later;\n")], "OFD_MINOR is still", True),
    "a constant added without a new minor": ([(r"OFD_CHOICE = 4 \}", "OFD_CHOICE = 4, OFD_TEXT = 5 }")],
                                             "OFD_MINOR is still", False),
}
EXTENSIONS = {
    "a field appended": [(r"(    const void \*\(\*ext\)\(const char \*id\);\n)", r"\1    const void *later;\n"), MINOR],
    "a constant added": [(r"OFD_CHOICE = 4 \}", "OFD_CHOICE = 4, OFD_TEXT = 5 }"), MINOR],
    "a comment": [(r"What emit\(\) answers besides 0", "What emit() may answer")],
}


def edited(folder, edits, file="detector.h"):
    """Today's headers with these edits, in a new folder."""
    include = pathlib.Path(tempfile.mkdtemp(dir=folder))
    shutil.copytree(NOW, include, dirs_exist_ok=True)
    path = include / "orderflow" / file
    text = path.read_text()
    for pattern, by in edits:
        text, n = re.subn(pattern, by, text, count=1)
        if n != 1:
            raise AssertionError(f"the header has changed: {pattern} is not in it; plant this break another way")
    path.write_text(text)
    return str(include)


class Breaks(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.mkdtemp(prefix="of-abi-")
        self.addCleanup(shutil.rmtree, self.tmp, True)
        self.now = layout.table(NOW)

    def judged(self, edits):
        """What layout check and abidiff say about the edited headers."""
        include = edited(self.tmp, edits)
        structs = sorted(layout.Table(self.now).structs)
        return "\n".join(layout.compare(self.now, layout.table(include))), gate.abidiff(NOW, include, structs)

    def test_every_planted_break_is_named(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            said = list(pool.map(lambda name: self.judged(BREAKS[name][0]), BREAKS))
        for (name, (_, wanted, seen)), (breaches, report) in zip(BREAKS.items(), said):
            with self.subTest(name):
                self.assertRegex(breaches, wanted)
                self.assertEqual(report != "", seen, f"abidiff: {report}")
        print(f"# {len(BREAKS)} planted breaks: all named by the layout table, "
              f"{sum(1 for _, report in said if report)} also seen by abidiff")

    def test_what_only_extends_passes(self):
        for name, edits in EXTENSIONS.items():
            with self.subTest(name):
                self.assertEqual(layout.compare(self.now, layout.table(edited(self.tmp, edits))), [])
        self.assertEqual(layout.compare(self.now, self.now), [])
        self.assertEqual(self.judged(EXTENSIONS["a comment"]), ("", ""))

    def test_an_extension_header_is_guarded_too(self):
        include = edited(self.tmp, [(r"(    double threshold;\n)", r"    double weight;\n\1")], "explain.h")
        self.assertRegex("\n".join(layout.compare(self.now, layout.table(include))), "ofd_condition: field .* threshold")
        include = edited(self.tmp, [(r'(#define OFD_EXPLAIN_ID) ".*"', r'\1 "ofd.explain/2"')], "explain.h")
        self.assertRegex("\n".join(layout.compare(self.now, layout.table(include))), "macro OFD_EXPLAIN_ID was")

    def test_a_field_in_old_padding_is_refused(self):
        old = ("macro OFD_MAJOR = 1\nmacro OFD_MINOR = 0\nstruct ofd_x 16 8\n"
               "field ofd_x 0 8 a : int64_t\nfield ofd_x 8 4 b : int32_t\n")
        new = old.replace("MINOR = 0", "MINOR = 1") + "field ofd_x 12 4 c : int32_t\n"
        self.assertIn("lies inside the old 16 bytes", layout.compare(old, new)[0])


if __name__ == "__main__":
    if not shutil.which("abidiff"):
        print("SKIPPED: no abidiff here (Debian: abigail-tools)")
        sys.exit(0)
    h.main()
