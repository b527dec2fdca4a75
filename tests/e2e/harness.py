# SPDX-License-Identifier: MIT
"""What the whole-program tests share: the installed tree, private redis-servers, waiting for conditions."""
import gzip, json, os, pathlib, shutil, signal, subprocess, sys, tempfile, time, unittest
import redis

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = pathlib.Path(os.environ.get("OF_DIST", ROOT / "build" / "dist"))
ORDERFLOW = str(DIST / "bin" / "orderflow")
ENGINE = str(DIST / "libexec" / "orderflow" / "orderflow-engine")
BTC = str(ROOT / "conf" / "samples" / "btcusdt_20240808.csv.gz")
ETH = str(ROOT / "conf" / "samples" / "ethusd_20240808.csv.gz")
MINUTE = 60_000
PATIENCE = 5  # on a loaded machine everything takes longer; a deadline is no measure of speed


def wait_for(what, condition, timeout_s=60):
    """Polls until condition() is true (its value is returned); fails with what was awaited."""
    deadline = time.monotonic() + timeout_s * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s * PATIENCE} s: {what}")
        time.sleep(0.02)


class Redis:
    """A redis-server on a Unix socket in a temporary folder."""

    def __init__(self, *args, env=None):
        self.dir = tempfile.mkdtemp(prefix="of-e2e-")
        self.path = f"{self.dir}/redis.sock"
        self.url = f"unix://{self.path}"
        self.args, self.env, self.process = args, {**os.environ, **(env or {})}, None
        try:
            self.start()
        except BaseException:
            self.stop()
            raise

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.path, "--save", "", "--appendonly", "no",
             "--dir", self.dir, *self.args], env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.db = redis.Redis(unix_socket_path=self.path, decode_responses=True)

        def up():
            try:
                return self.db.ping()
            except redis.AuthenticationError:
                return True
            except redis.ConnectionError:
                return False
        wait_for("redis-server answers", up)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def clean_env(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("REDIS_", "ORDERFLOW_", "PROCESSOR_", "LOG_"))}
    env.update(XDG_CONFIG_HOME="/nonexistent", HOME="/nonexistent", **extra)
    return env


def run(*args, timeout=300, input=None, **env):
    """Runs orderflow to its end."""
    return subprocess.run([ORDERFLOW, *args], capture_output=True, text=True, timeout=timeout, input=input,
                          env=clean_env(**env))


class Engine:
    def __init__(self, redis_url, config=None, **env):
        args = [ENGINE] + (["--config", config] if config else [])
        self.log = tempfile.TemporaryFile("a+")  # appending: text() moves the place both read and write at
        self.process = subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=self.log,
                                        stdin=subprocess.DEVNULL,
                                        env=clean_env(**({"ORDERFLOW_REDIS_URL": redis_url} if redis_url else {}), **env))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def text(self):
        self.log.seek(0)
        return self.log.read()


def write_ini(folder, text):
    path = os.path.join(folder, "test.ini")
    with open(path, "w") as f:
        f.write(text)
    return path


def read_csv(path):
    """Rows (ts_ms, bid, bid_size, ask, ask_size) with prices as text."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt") as f:
        next(f)
        for line in f:
            ts, b, bs, a, asz = line.strip().split(",")
            yield int(ts), b, bs, a, asz


def member(ticker, ts, b, bs, a, asz, seq=None):
    """A quote as the Python broker writes it."""
    quote = {"ticker": ticker, "timestamp": ts, "bid_price": float(b), "bid_size": int(float(bs)),
             "ask_price": float(a), "ask_size": int(float(asz)),
             "mid_price": (float(a) + float(b)) / 2, "spread": float(a) - float(b)}
    if seq is not None:
        quote["seq"] = seq
    return json.dumps(quote)


def write_quotes(db, ticker, rows, chunk=2000):
    key, batch = f"orderflow:quotes:{ticker}", {}
    for row in rows:
        batch[member(ticker, *row)] = row[0]
        if len(batch) >= chunk:
            db.zadd(key, batch)
            batch = {}
    if batch:
        db.zadd(key, batch)


def stored_patterns(db, ticker):
    return [json.loads(m) for m in db.zrange(f"orderflow:patterns:{ticker}", 0, -1)]


# What runs by default, and what does not.
SEED = {"absorption", "stacking", "momentum_shift", "sweep"}
OFF = ("exhaustion", "flicker", "iceberg", "ofi_pressure", "pulling", "vacuum")


def essence(patterns, shift_ms=0, before_ms=None):
    """The set that must not depend on how quotes arrived: (type, side, dir, price, onset, last true)."""
    found = set()
    for p in patterns:
        if before_ms is not None and p["onset_ms"] - shift_ms > before_ms:
            continue
        price = float(p["level_px"]) if "level_px" in p else None
        found.add((p["type"], p.get("side"), p["dir"], price, p["onset_ms"] - shift_ms,
                   p["timestamp"] - shift_ms, p["end_ms"] - shift_ms if p.get("end_ms") else None))
    return found


def file_answer(path, ticker, *args):
    out = run("analyze", ticker, "--file", path, "--format", "json", "--history", "1h", *args)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.cleanups = []
        self.tmp = tempfile.mkdtemp(prefix="of-e2e-")
        self.addCleanup(shutil.rmtree, self.tmp, True)

    def redis(self, *args):
        server = Redis(*args)
        self.addCleanup(server.stop)
        return server

    def engine(self, server, config=None, **env):
        engine = Engine(server.url, config, **env)
        self.addCleanup(engine.stop)
        return engine

    def settled(self, db, ticker, newest_ms, timeout_s=60):
        """The engine has reported a tick at or after the newest quote, with history judged."""
        def done():
            state = db.hgetall(f"orderflow:state:{ticker}")
            return state and int(state.get("tick_ms", 0)) >= newest_ms and state.get("warming", "0") in ("0", "")
        wait_for(f"{ticker} is analysed up to {newest_ms}", done, timeout_s)


class TapResult(unittest.TextTestResult):
    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"ok {self.testsRun} - {test.id()}", flush=True)


def main():
    runner = unittest.TextTestRunner(resultclass=TapResult, verbosity=0)
    program = unittest.main(module="__main__", testRunner=runner, exit=False)
    sys.exit(0 if program.result.wasSuccessful() else 1)
