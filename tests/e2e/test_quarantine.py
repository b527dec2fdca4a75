# SPDX-License-Identifier: MIT
"""A detector that keeps crashing: struck three times, held by its contents across restarts, shown as missing, set
free by a better build or by hand; what it crashed at can be tried again from its file. The others go on."""
import glob, json, os, shutil, signal, subprocess, time
import xml.etree.ElementTree as ET
import harness as h

ROWS = 400
CODE = r"""
#include <orderflow/detector.h>
#include <stdlib.h>

static const ofd_kind kinds[] = { { .size = sizeof(ofd_kind), .key = "crasher", .help = "" } };
static const ofd_param params[] = {
    { .size = sizeof(ofd_param), .type = OFD_REAL, .key = "size", .unit = "", .help = "crash above", .def = 50,
      .min = 0, .max = 1e9 },
};
static const uint32_t windows[] = { 10 };
static double size;

static void *create(const ofd_host *host, const ofd_config *config)
{
    (void)host;
    size = config->params[0];
    return &size;
}

static void destroy(void *self) { (void)self; }

static int32_t detect(void *self, const ofd_tick *t)
{
    const ofd_window *w = ofd_window_at(t, 0);
    (void)self;
    for (uint64_t i = w->first_new; i < w->n; i++) {
        if (w->bid_sz[i] > size && !HEALED) {
            abort();
        }
    }
    return 0;
}

static const ofd_plugin plugin = {
    .size = sizeof plugin, .minor = OFD_MINOR, .id = "crasher", .name = "Crasher", .version = "1.0.0", .vendor = "",
    .description = "crashes", .url = "", .license = "MIT", .flags = OFD_DETERMINISTIC, .window_s = windows,
    .n_windows = 1, .memory_s = 10, .params = params, .n_params = 1, .param_stride = sizeof *params, .kinds = kinds,
    .n_kinds = 1, .kind_stride = sizeof *kinds, .create = create, .destroy = destroy, .detect = detect,
};

const ofd_plugin *ofd_entry_v1(uint32_t host_minor, uint32_t index)
{
    (void)host_minor;
    return index == 0 ? &plugin : NULL;
}
"""


class Quarantine(h.Case):
    def build(self, name, healed):
        path = os.path.join(self.tmp, name)
        source = os.path.join(self.tmp, "crasher.c")
        with open(source, "w") as f:
            f.write(CODE)
        subprocess.run(["cc", "-std=c11", "-O1", "-shared", "-fPIC", "-fvisibility=default", f"-DHEALED={healed}",
                        f"-I{h.DIST}/include", source, "-o", path], check=True)
        return path

    def put(self, path):
        shutil.copy(path, self.plugins + "/new.tmp")
        os.rename(self.plugins + "/new.tmp", self.plugins + "/crasher.so")

    def start(self):
        self.engine = h.Engine(self.redis.url, self.ini)
        self.addCleanup(self.engine.stop)

    def settings(self, strikes):
        self.ini = h.write_ini(self.tmp, f"[plugins]\ndir = {self.plugins}\nstrikes = {strikes}\n[engine]\n"
                                         f"state_dir = {self.tmp}/state\n[detector:crasher]\nsize = 60\n")

    def state(self):
        told = self.redis.db.hget("orderflow:detectors", "crasher")
        return json.loads(told) if told else {"state": "", "reason": ""}

    def wait_state(self, *states):
        return h.wait_for(f"crasher is {states}", lambda: self.state()["state"] in states and self.state())

    def files(self):
        return glob.glob(f"{self.tmp}/state/quarantine/*")

    def setUp(self):
        super().setUp()
        self.plugins = os.path.join(self.tmp, "plugins")
        os.mkdir(self.plugins)
        os.chmod(self.plugins, 0o755)
        shutil.copy(h.DIST / "lib/orderflow/plugins/sweep.so", self.plugins)
        self.bad = self.build("bad.so", 0)
        self.good = self.build("good.so", 1)
        self.put(self.bad)
        self.settings(strikes=3)
        self.redis = h.Redis()
        self.addCleanup(self.redis.stop)
        now = int(time.time() * 1000)
        h.write_quotes(self.redis.db, "SPY", [(now - (ROWS - i) * 500, "100.01", str(i % 100), "100.02", "7")
                                              for i in range(ROWS)])

    def test_crasher_is_held_until_it_is_mended_or_released(self):
        self.start()
        held = self.wait_state("quarantined")
        self.assertIn("SIGABRT in detect() at SPY 20", held["reason"])
        self.assertEqual(held["strikes"], 3)
        (file,) = self.files()
        text = open(file).read()
        for word in ("# orderflow quarantine 1", "# detector crasher", "# signal SIGABRT", "# phase detect()",
                     "# ticker SPY", "# boundary 20", "case crasher", "set size=60.0", "tick 0.01"):
            self.assertIn(word, text)
        self.assertEqual(text.count("# strike "), 3)
        # What it crashed at, tried again.
        again = subprocess.run([h.DIST / "libexec/orderflow/run_golden", "--in-process", self.bad, file], capture_output=True)
        self.assertEqual(again.returncode, -signal.SIGABRT, again.stderr)
        again = subprocess.run([h.DIST / "libexec/orderflow/run_golden", "--in-process", self.good, file], capture_output=True)
        self.assertEqual(again.returncode, 0, again.stderr)
        # The hole is shown, the others go on.
        root = ET.fromstring(h.run("analyze", "SPY", "--config", self.ini, "--redis", self.redis.url).stdout)
        hole = [e for e in root.iter("unavailable") if e.get("detector") == "crasher"]
        self.assertEqual(len(hole), 1)
        self.assertIn("in quarantine since", hole[0].get("reason"))
        listed = h.run("detectors", "--config", self.ini, "--redis", self.redis.url).stdout
        self.assertIn("crasher 1.0.0  quarantined: in quarantine since", listed)
        self.assertEqual(json.loads(self.redis.db.hget("orderflow:detectors", "sweep"))["restarts"], 0)

        # A restart keeps it; without an engine it is told, too.
        self.engine.stop()
        listed = h.run("detectors", "--config", self.ini, "--redis", self.redis.url).stdout
        self.assertIn("crasher 1.0.0  quarantined: in quarantine since", listed)
        self.start()
        held = h.wait_for("held again", lambda: self.state().get("restarts") == 0 and self.state())
        self.assertEqual((held["state"], held["strikes"], held["pid"]), ("quarantined", 0, 0))

        # A better build runs; the same one is held as before.
        self.put(self.good)
        self.wait_state("ready", "busy")
        self.put(self.bad)
        time_of = h.wait_for("the old one is refused", lambda: "quarantine" in json.dumps(self.state()))
        self.assertTrue(time_of)
        self.assertIn(self.state()["state"], ("ready", "busy"))
        self.engine.stop()

        # By hand, with no engine and with one.
        done = h.run("detectors", "--release", "crasher", "--config", self.ini)
        self.assertEqual((done.returncode, self.files()), (0, []), done.stderr)
        self.assertIn("released crasher: 1 build;", done.stdout)
        done = h.run("detectors", "--release", "crasher", "--config", self.ini)
        self.assertEqual(done.returncode, 1)
        self.assertIn("crasher is not in quarantine", done.stderr)
        self.settings(strikes=1)
        self.start()
        self.assertEqual(self.wait_state("quarantined")["strikes"], 1)
        (file,) = self.files()
        self.assertEqual(h.run("detectors", "--release", "crasher", "--config", self.ini).returncode, 0)
        h.wait_for("it has run again", lambda: self.state()["strikes"] > 1)
        h.wait_for("it is held again", lambda: self.files() == [file])

    def test_damaged_files_stop_nobody(self):
        folder = f"{self.tmp}/state/quarantine"
        os.makedirs(folder)
        with open(f"{folder}/crasher.{'0' * 64}.txt", "w") as f:
            f.write("\0" * 100)
        os.mkdir(f"{folder}/sweep.{'1' * 64}.txt")
        self.put(self.good)
        self.start()
        self.wait_state("ready", "busy")

    def test_kill_from_outside_is_no_strike(self):
        self.put(self.good)
        self.settings(strikes=1)
        self.start()
        os.kill(self.wait_state("ready", "busy")["pid"], signal.SIGKILL)
        h.wait_for("it runs again", lambda: self.state().get("restarts") == 1)
        self.assertEqual(self.state()["strikes"], 0)
        self.assertEqual(self.files(), [])

    def test_workers_are_nobody_and_fenced_in(self):
        self.put(self.good)
        self.start()
        told = self.wait_state("ready", "busy")
        self.assertEqual((told["refused_calls"], told["refused_call"]), (0, ""))
        self.assertIn("user private limits", told["fence"])
        pid = told["pid"]
        status = open(f"/proc/{pid}/status").read()
        self.assertNotIn("Uid:\t0", status)
        self.assertIn("NoNewPrivs:\t1", status)
        self.assertIn("Seccomp:\t2", status)
        # A process that is closed to its own user belongs to root.
        self.assertEqual((os.stat(f"/proc/{pid}/mem").st_uid, os.stat(f"/proc/{self.engine.process.pid}/mem").st_uid),
                         (0, 0))


if __name__ == "__main__":
    h.main()
