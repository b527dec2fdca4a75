# SPDX-License-Identifier: MIT
"""A Zig project of orderflow new. `./dev zig` fetches the compiler and runs this."""
import glob, os, shutil
import support as s

FETCHED = glob.glob(str(s.h.ROOT / "build" / "zig" / "node_modules" / "*" / "zig-linux-x64" / "zig"))
ZIG = next((path for path in (shutil.which("zig"), *FETCHED) if path), None)


class Zig(s.Project):
    def test_project(self):
        self.env["HOME"] = self.tmp  # its cache
        self.with_make("zig", f"ZIG={ZIG}")


if __name__ == "__main__":
    s.skip_unless(ZIG, "no zig here: ./dev zig")
    s.main()
