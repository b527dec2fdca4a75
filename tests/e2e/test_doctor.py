# SPDX-License-Identifier: MIT
"""orderflow doctor: one line for each thing that has to be right, and what to do about what is not."""
import json, os, shutil, tempfile, time, unittest
from harness import DIST, Engine, Redis, main, run, wait_for, write_ini, write_quotes

HASH = "0011223344556677" * 4


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.redis = Redis()

    @classmethod
    def tearDownClass(cls):
        cls.redis.stop()

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="of-doctor-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.plugins = f"{self.dir}/plugins"
        os.mkdir(self.plugins, 0o755)
        shutil.copy(DIST / "lib/orderflow/plugins/sweep.so", self.plugins)
        self.ini()
        self.redis.db.flushall()

    def ini(self, more=""):
        self.config = write_ini(self.dir, f"[plugins]\ndir = {self.plugins}\n[engine]\n"
                                          f"state_dir = {self.dir}/state\n{more}")

    def quotes(self, ttl=3600):
        now = int(time.time() * 1000)
        write_quotes(self.redis.db, "SPY", [(now - 1000 + i, "100.01", "5", "100.02", "5") for i in range(5)])
        if ttl:
            self.redis.db.expire("orderflow:quotes:SPY", ttl)

    def look(self, url=None, *args):
        done = run("doctor", "--json", "--config", self.config, "--redis", url or self.redis.url, *args)
        said = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if said["broken"] else 0, done.stdout)
        self.assertEqual(said["broken"], sum(c["verdict"] == "broken" for c in said["checks"]))
        return said["checks"]

    def lines(self, checks, what):
        return [c for c in checks if c["check"] == what]

    def expect(self, what, verdict, text, checks=None):
        checks = checks or self.look()
        found = [c for c in self.lines(checks, what) if c["verdict"] == verdict and text in c["text"]]
        self.assertTrue(found, f"{what}: {verdict}: {text}\n" + json.dumps(checks, indent=1))
        self.assertEqual(bool(found[0]["fix"]), verdict != "ok", found)

    def test_firehose_is_looked_at_instead_of_keys(self):
        self.ini("[feed]\nsource = firehose\n")
        self.expect("firehose", "warning", "no entry in orderflow:firehose")
        self.redis.db.xadd("orderflow:firehose", {"q": "x"})
        checks = self.look()
        self.expect("firehose", "ok", "orderflow:firehose, the newest entry came", checks)
        self.assertEqual(self.lines(checks, "quotes"), [])
        self.redis.db.delete("orderflow:firehose")
        self.redis.db.set("orderflow:firehose", "x")
        strange = self.look()
        self.expect("firehose", "broken", "WRONGTYPE", strange)
        self.assertIn("DEL", self.lines(strange, "firehose")[0]["fix"])
        self.redis.db.delete("orderflow:firehose")
        for command in ("xrange", "xrevrange", "xread"):
            self.redis.db.execute_command("ACL", "SETUSER", "default", f"-{command}")
            checks = self.look()
            self.redis.db.execute_command("ACL", "SETUSER", "default", f"+{command}")
            self.expect("firehose", "broken", "NOPERM", checks)
            self.assertIn(command.upper(), self.lines(checks, "firehose")[0]["fix"])

    def test_healthy_place_has_nothing_broken(self):
        self.quotes()
        engine = Engine(self.redis.url, self.config)
        try:
            wait_for("the lease", lambda: self.redis.db.get("orderflow:engine"))
            checks = self.look()
            self.assertEqual([c for c in checks if c["verdict"] == "broken"], [])
            for what, text in (("config", "test.ini"), ("redis", "answers, version"), ("clock", "ms apart"),
                               ("engine", f"pid {engine.process.pid} serves with these settings"),
                               ("quotes", "1 tickers"), ("quotes' TTL", "expires in"), ("plugin", "sweep 1.0.0"),
                               ("plugins", "mode 755"), ("state_dir", "writable"), ("quarantine", "empty"),
                               ("redis memory", "unlimited")):
                self.expect(what, "ok", text, checks)
            self.ini("interval_ms = 500\n")
            self.expect("engine", "warning", "serves with other settings")
        finally:
            engine.stop()
        text = run("doctor", "--config", self.config, "--redis", self.redis.url)
        self.assertIn("ok       redis         unix://", text.stdout)

    def test_fence_is_measured(self):
        fences = self.lines(self.look(), "fence")
        self.assertEqual(len(fences), 9)
        held = [c for c in fences if c["verdict"] == "ok"]
        print("in force:", "; ".join(c["text"] for c in held))
        self.config = write_ini(self.dir, f"[plugins]\ndir = {self.plugins}\nsandbox = off\n")
        self.expect("fence", "warning", "seccomp): not in force")

    def test_redis_that_is_away_is_broken(self):
        self.expect("redis", "broken", "cannot connect", self.look("unix:///nonexistent.sock"))

    def test_redis_that_wants_a_password_is_told_with_its_remedy(self):
        self.redis.db.config_set("requirepass", "secret")
        try:
            said = [c for c in self.look() if c["check"] == "redis"]
            self.assertEqual((said[0]["verdict"], "NOAUTH" in said[0]["text"], "REDIS_PASSWORD" in said[0]["fix"]),
                             ("broken", True, True))
        finally:
            self.redis.db.execute_command("AUTH", "secret")
            self.redis.db.config_set("requirepass", "")

    def test_redis_that_evicts_is_warned_of(self):
        self.redis.db.config_set("maxmemory", "100mb")
        self.redis.db.config_set("maxmemory-policy", "allkeys-lru")
        try:
            self.expect("redis memory", "warning", "allkeys-lru")
        finally:
            self.redis.db.config_set("maxmemory", "0")
            self.redis.db.config_set("maxmemory-policy", "noeviction")

    def test_quotes_none_endless_old_and_of_another_type(self):
        self.expect("quotes", "warning", "no key is like orderflow:quotes:*")
        self.quotes(ttl=0)
        self.expect("quotes' TTL", "warning", "orderflow:quotes:SPY")
        self.redis.db.delete("orderflow:quotes:SPY")
        write_quotes(self.redis.db, "SPY", [(int(time.time() * 1000) - 60000, "1.01", "5", "1.02", "5")])
        self.expect("quotes", "warning", "ms old")
        self.redis.db.set("orderflow:quotes:QQQ", "x")
        self.expect("quotes' keys", "broken", "orderflow:quotes:QQQ is of another type")

    def test_lease_of_somebody_else_is_broken(self):
        self.redis.db.set("orderflow:engine", "hello")
        self.expect("engine", "broken", "no engine of ours")

    def test_plugins_folder_and_files(self):
        with open(f"{self.plugins}/broken.so", "w") as f:
            f.write("no plugin")
        self.expect("plugin", "broken", "not an ELF file")
        os.chmod(self.plugins, 0o777)
        self.expect("plugins", "broken", "can be written by others (mode 777)")
        shutil.rmtree(self.plugins)
        self.expect("plugins", "broken", "No such file")
        os.mkdir(self.plugins)
        self.expect("plugins", "warning", "no .so file")

    def test_config_with_mistakes_is_told_and_the_rest_looked_at(self):
        self.ini("intervall_ms = 5\n")
        checks = self.look()
        self.expect("config", "broken", "intervall_ms", checks)
        self.expect("redis", "ok", "answers", checks)
        self.ini("[detector:sweep]\nchance = 5\n")
        self.expect("config", "broken", "chance")

    def test_state_folder_that_cannot_be_is_broken(self):
        self.config = write_ini(self.dir, "[engine]\nstate_dir = /proc/nowhere\n")
        self.expect("state_dir", "broken", "/proc/nowhere")

    def test_files_that_are_named_are_looked_into(self):
        os.mkdir(f"{self.dir}/journal")
        with open(f"{self.dir}/journal/0000000000000001-000000.journal", "wb") as f:
            f.write(b"OTHER" * 10)
        self.ini(f"[journal]\ndir = {self.dir}/journal\n[results]\nscores = scores.json\n")
        checks = self.look()
        self.expect("journal", "ok", "writable, 1 segments", checks)
        self.expect("journal", "warning", "-000000.journal: no segment of a journal", checks)
        self.expect("scores", "warning", "scores.json: cannot open it", checks)
        with open(f"{self.dir}/scores.json", "w") as f:
            f.write('{"format": "orderflow-scores", "version": 1, "scores": []}')
        self.expect("scores", "ok", "scores.json, 0 entries")
        self.ini(f"[journal]\ndir = {self.dir}/scores.json\n")
        self.expect("journal", "broken", "scores.json: Not a directory")
        self.ini("[journal]\ndir = /proc/nowhere\n")
        self.expect("journal", "broken", "/proc: cannot be written")

    def test_quarantine_is_told_with_its_release(self):
        os.makedirs(f"{self.dir}/state/quarantine")
        with open(f"{self.dir}/state/quarantine/crasher.{HASH}.txt", "w") as f:
            f.write("# orderflow quarantine 1\n# detector crasher\n# sha256 " + HASH + "\n# path /x/crasher.so\n"
                    "# version 1\n# since 2026-01-15T15:30:50.000Z\n# cause SIGSEGV in detect()\n")
        with open(f"{self.dir}/state/quarantine/junk", "w") as f:
            f.write("junk")
        checks = self.look()
        self.expect("quarantine", "warning", "crasher since 2026-01-15T15:30:50.000Z: SIGSEGV in detect()", checks)
        self.assertIn("--release crasher", self.lines(checks, "quarantine")[0]["fix"])
        self.expect("quarantine", "warning", "1 files of", checks)

    def test_wrong_usage_is_status_2(self):
        self.assertEqual(run("doctor", "now").returncode, 2)


if __name__ == "__main__":
    main()
