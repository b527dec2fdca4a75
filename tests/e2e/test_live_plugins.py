# SPDX-License-Identifier: MIT
"""Plugins dropped in, replaced and removed while the engine runs."""
import json, os, shutil, time
import harness as h
import live


class LivePlugins(live.Case):
    def test_drop_replace_remove(self):
        self.live(plugins=["sweep"])
        beat = self.path("beat.so")

        # dropped by rename
        live.compile_plugin("beat.c", beat)
        dropped = h.wait_for("its first pattern", self.one)
        self.assertEqual((dropped["state"], dropped["build"]), ("active", 1))
        # replaced: the same episode goes on with the new build's evidence
        live.compile_plugin("beat.c", beat, "-DBUILD=2")
        replaced = h.wait_for("build 2 judges", lambda: (lambda p: p if p["build"] == 2 else None)(self.one()))
        self.assertEqual((replaced["id"], replaced["onset_ms"], replaced["state"]),
                         (dropped["id"], dropped["onset_ms"], "active"))
        # replaced by one that crashes: the old one keeps running and says so
        live.compile_plugin("beat.c", beat, "-DBUILD=3", "-DBREAK")
        kept = h.wait_for("it says so", lambda: (lambda d: d if d and d["note"] else None)(live.detector(self.db, "beat")))
        self.assertIn("a newer build was refused: SIGSEGV" if "asan" not in str(h.DIST) else "a newer build was refused",
                      kept["note"])
        self.assertEqual(kept["version"], "2.0.0")
        self.assertEqual(self.goes_on()["id"], dropped["id"])
        listed = [d for d in json.loads(h.run("detectors", "--json", "--config", self.ini, "--redis",
                                              self.server.url).stdout)["detectors"] if d["id"] == "beat"]
        self.assertIn("a newer build was refused", listed[0]["note"])
        # mended, copied slowly over the file in place
        live.compile_plugin("beat.c", self.path(".made"), "-DBUILD=4")
        with open(self.path(".made"), "rb") as f:
            whole = f.read()
        with open(beat, "wb") as f:
            for at in range(0, len(whole), len(whole) // 3 + 1):
                f.write(whole[at:at + len(whole) // 3 + 1])
                f.flush()
                self.goes_on()  # a tick passes between the pieces, and the old build judges it
        mended = h.wait_for("build 4 judges", lambda: (lambda p: p if p["build"] == 4 else None)(self.one()))
        self.assertEqual((mended["id"], mended["onset_ms"]), (dropped["id"], dropped["onset_ms"]))
        h.wait_for("the note is gone", lambda: live.detector(self.db, "beat")["note"] == "")
        self.assertEqual(live.detector(self.db, "beat")["skipped"], 0)
        # removed: its episode ends with that reason, it is listed no more
        os.remove(beat)
        ended = h.wait_for("the episode ends", lambda: (lambda p: p if p["state"] == "ended" else None)(self.one()))
        self.assertEqual((ended["id"], ended["end_reason"]), (dropped["id"], "removed"))
        h.wait_for("listed no more", lambda: live.detector(self.db, "beat") is None)
        self.assertEqual(live.detector(self.db, "sweep")["restarts"], 0)
        self.assertEqual(live.detector(self.db, "sweep")["skipped"], 0)

    def test_two_files_of_one_id(self):
        self.live()
        live.compile_plugin("beat.c", self.path("b.so"))
        first = h.wait_for("its first pattern", self.one)
        live.compile_plugin("beat.c", self.path("c.so"), "-DBUILD=2")
        twin = h.wait_for("the second is refused", lambda: live.detector(self.db, "c.so"))
        self.assertEqual(twin["state"], "refused")
        self.assertIn(self.path("b.so"), twin["reason"])
        self.assertIn(self.path("c.so"), twin["reason"])
        for engine in (self.server.url, "unix:///nonexistent.sock"):
            listed = json.loads(h.run("detectors", "--json", "--config", self.ini, "--redis", engine).stdout)["detectors"]
            b, c = ([d for d in listed if d["path"] == self.path(name)][0] for name in ("b.so", "c.so"))
            self.assertIn(b["state"], ("ready", "busy") if engine == self.server.url else ("unknown",))
            self.assertEqual((c["state"], c["reason"]), ("refused", f"id beat is taken by {self.path('b.so')}"))
        doctor = h.run("doctor", "--config", self.ini, "--redis", self.server.url).stdout
        self.assertRegex(doctor, f"(?m)^warning +plugin +{self.path('c.so')}: id beat is taken by {self.path('b.so')}")
        os.remove(self.path("b.so"))
        second = h.wait_for("the second takes over", lambda: (lambda p: p if p["build"] == 2 else None)(self.one()))
        self.assertEqual((second["id"], second["state"]), (first["id"], "active"))
        h.wait_for("it is refused no more", lambda: live.detector(self.db, "c.so") is None)

    def test_what_is_refused_before_any_of_it_runs(self):
        self.live(plugins=["sweep"])
        live.compile_plugin("beat.c", self.path(".made"))
        made = self.path(".made")
        os.symlink(made, self.path("link.so"))
        shutil.copy(made, self.path("open.so"))
        os.chmod(self.path("open.so"), 0o666)
        shutil.copy(made, self.path("half.so"))
        os.truncate(self.path("half.so"), os.path.getsize(made) // 2)
        shutil.copy(made, self.path("beat.so.tmp"))
        for name, why in (("link.so", "a symbolic link"), ("open.so", "can be written by others"),
                          ("half.so", "truncated file")):
            refused = h.wait_for(f"{name} is refused", lambda n=name: live.detector(self.db, n))
            self.assertEqual(refused["state"], "refused")
            self.assertIn(why, refused["reason"])
        self.assertIsNone(live.detector(self.db, "beat"))
        os.chmod(self.path("open.so"), 0o644)
        h.wait_for("mended by chmod", self.one)

    def test_wrong_section_of_a_plugin_that_comes_later_is_its_reason(self):
        self.live(ini="[detector:beat]\nloud = 77\n")
        live.compile_plugin("beat.c", self.path("beat.so"))
        refused = h.wait_for("it is refused", lambda: live.detector(self.db, "beat"))
        self.assertEqual(refused["state"], "refused")
        self.assertRegex(refused["reason"], r"test\.ini:\d+: \[detector:beat\] loud")


if __name__ == "__main__":
    h.main()
