# SPDX-License-Identifier: MIT
"""A test whose preparation fails leaves nothing in the folder for temporary files."""
import os, pathlib, subprocess, sys, tempfile, unittest
from harness import main

HERE = pathlib.Path(__file__).resolve().parent


class Leftovers(unittest.TestCase):
    def left_by(self, program, says, **env):
        with tempfile.TemporaryDirectory(prefix="of-left-") as tmp:
            done = subprocess.run([sys.executable, *program], capture_output=True, text=True, cwd=HERE, timeout=300,
                                  env={**os.environ, "TMPDIR": tmp, **env})
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(says, done.stderr)
            return os.listdir(tmp)

    def test_doctor_without_an_installed_tree(self):
        self.assertEqual(self.left_by(["test_doctor.py"], "sweep.so", OF_DIST="/nonexistent"), [])

    def test_redis_server_that_is_not_installed(self):
        self.assertEqual(self.left_by(["-c", "import harness; harness.Redis()"], "redis-server", PATH="/nonexistent"), [])


if __name__ == "__main__":
    main()
