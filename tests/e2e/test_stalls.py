# SPDX-License-Identifier: MIT
"""A Redis that does not answer for a while, or slowly: no quote is late for it, and no silence is hidden."""
import collections, signal, socket, threading, time
import harness as h
from test_hardship import tape


def link(path, server_path, hold):
    """A Unix socket at path before the server's; its URL, and what cuts the connections that were asked for
    something. hold(asked) lets each answer through when it returns; asked is what was sent last on the same connection."""
    connections = []

    def pump(source, sink, pass_on):
        try:
            while data := source.recv(1 << 20):
                pass_on(data)
                sink.sendall(data)
        except OSError:
            pass
        source.close()
        sink.close()

    def serve():
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(server_path)
            asked = collections.deque([b""], 1)
            connections.append((client, asked))
            for a, b, pass_on in (client, server, asked.append), (server, client, lambda _, q=asked: hold(q[0])):
                threading.Thread(target=pump, args=(a, b, pass_on), daemon=True).start()

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    threading.Thread(target=serve, daemon=True).start()

    def cut(wanted):
        for client, asked in connections:
            if wanted in asked[0]:
                client.shutdown(socket.SHUT_RDWR)
    return f"unix://{path}", cut


class Stalls(h.Case):
    def none_late_after_a_stall(self, server, url, begin, end, looks=1):
        rows = tape({}, 500)
        early, stalled = rows[:-40], rows[-40:]
        h.write_quotes(server.db, "SPY", early)
        config = h.write_ini(self.tmp, "[redis]\ntimeout_ms = 60000\n[engine]\nidle_ms = 3000\nlease_ms = 60000\n")
        engine = h.Engine(url, config)
        self.addCleanup(engine.stop)
        self.settled(server.db, "SPY", early[-1][0] // 1000 * 1000)
        stalled = [(int(time.time() * 1000) + 50 * i, *r[1:]) for i, r in enumerate(stalled)]
        reads = lambda: server.db.info("commandstats")["cmdstat_zrangebyscore"]["calls"]
        begin()
        time.sleep(3.5)  # longer than idle_ms
        end()
        before = reads()  # the broker is let in only when the engine has looked since, and found nothing
        h.wait_for("it has looked", lambda: reads() >= before + looks, 20)
        h.write_quotes(server.db, "SPY", stalled)
        self.settled(server.db, "SPY", stalled[-1][0])
        h.wait_for("all are read", lambda: int(server.db.hget("orderflow:status", "quotes_read")) == len(rows), 20)
        self.assertEqual(server.db.hget("orderflow:status", "quotes_late"), "0")

    def test_what_a_broker_writes_after_a_stall_is_not_late(self):
        server = self.redis()
        self.none_late_after_a_stall(server, server.url, lambda: server.process.send_signal(signal.SIGSTOP),
                                     lambda: server.process.send_signal(signal.SIGCONT))

    def held_link(self, server, wanted, cuts=None):
        """Answers to what is wanted wait from begin() to end(); begin() waits for the first. Connections that were
        asked for `cuts` are cut at the beginning."""
        is_held, goes_on = threading.Event(), threading.Event()
        goes_on.set()
        self.addCleanup(goes_on.set)

        def hold(asked):
            if wanted in asked and not goes_on.is_set():
                is_held.set()
                goes_on.wait()
        url, cut = link(f"{self.tmp}/link.sock", server.path, hold)

        def begin():
            goes_on.clear()
            if cuts:
                cut(cuts)
            self.assertTrue(is_held.wait(20))
        return url, begin, goes_on.set

    def test_a_stall_that_only_the_results_wait_for_is_one_too(self):
        server = self.redis()
        url, begin, end = self.held_link(server, b"EXEC")
        self.none_late_after_a_stall(server, url, begin, end)

    def test_a_stall_amid_connecting_anew_is_one_too(self):
        server = self.redis()
        url, begin, end = self.held_link(server, b"PING", cuts=b"ZRANGEBYSCORE")
        self.none_late_after_a_stall(server, url, begin, end, looks=2)

    def test_one_read_that_brings_nothing_is_no_silence(self):
        """The broker, too, waited for a stall of which the engine noticed nothing."""
        server = self.redis()
        start = int(time.time() * 1000) - 20_000
        rows = [(start + 100 * i, "450.01", str(100 + i), "450.02", "200") for i in range(180)]
        works, stalled, done, lock = *(threading.Event() for _ in range(3)), threading.Lock()

        def hold(asked):
            with lock:
                if b"ZRANGEBYSCORE" not in asked or not works.is_set() or done.is_set():
                    return
                if not stalled.is_set() and 250 < rows[-1][0] % 2000 < 1000:  # a boundary is taken now: the next read is far
                    stalled.set()
                elif stalled.is_set():
                    boundary = int(time.time() * 1000) // 2000 * 2000
                    h.write_quotes(server.db, "SPY", [(boundary - 400 + 20 * i, "450.01", str(300 + i), "450.02", "200")
                                                      for i in range(20)])
                    done.set()
        h.write_quotes(server.db, "SPY", rows)
        url, _ = link(f"{self.tmp}/link.sock", server.path, hold)
        engine = h.Engine(url, h.write_ini(self.tmp, "[engine]\ninterval_ms = 2000\nidle_ms = 500\n"))
        self.addCleanup(engine.stop)
        self.settled(server.db, "SPY", rows[-1][0])
        works.set()
        while not stalled.wait(0.1):
            with lock:
                if not stalled.is_set():
                    rows.append((int(time.time() * 1000), "450.01", str(400 + len(rows)), "450.02", "200"))
                    h.write_quotes(server.db, "SPY", rows[-1:])
        self.assertTrue(done.wait(20))
        h.wait_for("all are read", lambda: int(server.db.hget("orderflow:status", "quotes_read")) == len(rows) + 20, 20)
        self.assertEqual(server.db.hget("orderflow:status", "quotes_late"), "0")
        self.settled(server.db, "SPY", time.time() * 1000)

    def test_stalls_without_end_hide_no_silence(self):
        server = self.redis()
        rows = tape({}, 300)
        h.write_quotes(server.db, "SPY", rows)
        url, _ = link(f"{self.tmp}/slow.sock", server.path, lambda asked: time.sleep(0.3 if b"EXEC" in asked else 0))
        for trigger in ("interval", "event"):
            engine = h.Engine(url, h.write_ini(self.tmp, f"[engine]\ntrigger = {trigger}\n"))
            h.wait_for("it works", lambda: server.db.hget("orderflow:status", "trigger") == trigger)
            stop = threading.Event()

            def other():
                while not stop.wait(0.3):
                    h.write_quotes(server.db, "QQQ", [(int(time.time() * 1000), "9.01", "100", "9.02", "200")])
            thread = threading.Thread(target=other)
            thread.start()
            try:
                for _ in range(3):
                    self.settled(server.db, "SPY", time.time() * 1000, 20)
            finally:
                stop.set()
                thread.join()
                engine.stop()

    def test_silence_is_seen_through_a_slow_link(self):
        server = self.redis()
        rows = tape({}, 300)
        h.write_quotes(server.db, "SPY", rows)
        url, _ = link(f"{self.tmp}/slow.sock", server.path, lambda asked: time.sleep(0.1))
        config = h.write_ini(self.tmp, "[engine]\nidle_ms = 200\n")  # a stall is 50 ms or more
        engine = h.Engine(url, config)
        self.addCleanup(engine.stop)
        self.settled(server.db, "SPY", rows[-1][0] + 1000)


if __name__ == "__main__":
    h.main()
