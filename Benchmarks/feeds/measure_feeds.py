"""Reads the same CSV files with ours and with DuckDB, Polars and pyarrow, in turn, one thread each; prints Markdown. Started by run.sh."""

import codecs
import gzip
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
MEGABYTES = int(os.environ.get("BENCH_MB", "100"))
LARGE = int(os.environ.get("BENCH_LARGE_MB", "2000"))
SHOPS = ["Central Station", "Smith & Sons, Ltd.", 'Hotel ""Zur Post""', "Café de la Gare, Quai 3", "Supermarket 12"]
JAPANESE = ["東京駅構内売店", "株式会社ソフト表示, 本店", "能登屋旅館 新館", "大阪梅田ポイント店", "予定表サービス"]
PEERS = ("duckdb", "polars", "pyarrow")


def write(path, megabytes, shops, encoding="utf-8"):
    """id, time, customer, quoted text, amount, flag: what a bank's day looks like."""
    seed, rows = 12345, 0
    encoder = codecs.getincrementalencoder(encoding)()
    with open(path, "wb") as file:
        file.write(b"id,time,customer,shop,amount,flag\n")
        while file.tell() < megabytes * 1_000_000:
            lines = []
            for _ in range(20_000):
                seed = (seed * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
                second = rows // 20
                minute, hour, day = second // 60, second // 3_600, second // 86_400
                lines.append(
                    f"{rows + 288062},2018-{1 + day // 28 % 12:02}-{1 + day % 28:02} {hour % 24:02}:{minute % 60:02}:{second % 60:02},"
                    f"{seed >> 50},\"{shops[(seed >> 40) % 5]}\",{(seed >> 33) % 40_000 / 100:.2f},{(seed >> 20) % 50 == 0:d}\n")
                rows += 1
            file.write(encoder.encode("".join(lines)))
    return rows


PEER = r"""
import sys, time, json, resource
peer, path, way = sys.argv[1:]
SELECT = "SELECT * FROM read_csv(?, header=true, auto_detect=false, delim=',', quote='\"', escape='\"', columns={'id':'BIGINT','time':'TIMESTAMP','customer':'BIGINT','shop':'VARCHAR','amount':'DOUBLE','flag':'BIGINT'}, timestampformat='%Y-%m-%d %H:%M:%S')"
if peer == "duckdb":
    import duckdb
    db = duckdb.connect(); db.execute("SET threads=1")
    def read():
        db.execute("DROP TABLE IF EXISTS t")
        if way == "blocks":
            result = db.execute(SELECT, [path])
            reader = result.to_arrow_reader(8192) if hasattr(result, "to_arrow_reader") else result.fetch_record_batch(8192)
            return sum(batch.num_rows for batch in reader)
        db.execute("CREATE TABLE t AS " + SELECT, [path])
        return db.execute("SELECT count(*) FROM t").fetchone()[0]
elif peer == "polars":
    import polars as pl
    schema = {"id": pl.Int64, "time": pl.String, "customer": pl.Int64, "shop": pl.String, "amount": pl.Float64, "flag": pl.Int64}
    def read():
        if way == "blocks":
            lazy = pl.scan_csv(path, schema=schema).with_columns(pl.col("time").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us"))
            return sum(frame.height for frame in lazy.collect_batches())
        frame = pl.read_csv(path, schema=schema)
        return frame.with_columns(pl.col("time").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")).height
else:
    import pyarrow as pa, pyarrow.csv as csv
    pa.set_cpu_count(1)
    types = {"id": pa.int64(), "time": pa.timestamp("us"), "customer": pa.int64(), "shop": pa.string(), "amount": pa.float64(), "flag": pa.int64()}
    def read():
        convert = csv.ConvertOptions(column_types=types, timestamp_parsers=[csv.ISO8601])
        if way == "blocks":
            return sum(batch.num_rows for batch in csv.open_csv(path, read_options=csv.ReadOptions(use_threads=False), convert_options=convert))
        return csv.read_csv(path, read_options=csv.ReadOptions(use_threads=False), convert_options=convert).num_rows
best = None
for _ in range(3):
    cpu, wall = time.process_time(), time.perf_counter()
    rows = read()
    one = (time.process_time() - cpu, time.perf_counter() - wall)
    best = min(best, one) if best else one
print(json.dumps({"cpu": best[0], "wall": best[1], "rows": rows, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def ours(path, **settings):
    """The release test binary reads the file; the best of three within it, as with the peers."""
    environment = dict(os.environ, PIPELINE_SPEED_FILE=path, **{f"PIPELINE_SPEED_{name.upper()}": str(value) for name, value in settings.items()})
    binary = os.environ.get("BENCH_TESTS") or os.path.join(ROOT, ".build", "release", "pipelinePackageTests.xctest")
    text = subprocess.run([binary, "--testing-library", "swift-testing", "--filter", "CSVSpeed"], env=environment, capture_output=True, text=True)
    found = re.search(r"^\{.*\}$", text.stdout, re.M)
    if not found:
        sys.exit(f"error: no measurement in\n{text.stdout}\n{text.stderr}")
    return json.loads(found[0])


def peer(name, path, way):
    environment = dict(os.environ, POLARS_MAX_THREADS="1", OMP_NUM_THREADS="1")
    result = subprocess.run([sys.executable, "-c", PEER, name, path, way], env=environment, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"error: {name}\n{result.stderr}")
    return json.loads(result.stdout)


def bare_inflate(path):
    """zlib's inflate of the whole file, gzip wrapper and checksum included, from Python: the same libz."""
    best = None
    for _ in range(3):
        cpu, wall = time.process_time(), time.perf_counter()
        inflater = zlib.decompressobj(31)
        with open(path, "rb") as file:
            while piece := file.read(1 << 18):
                while piece:
                    inflater.decompress(piece, 1 << 18)
                    piece = inflater.unconsumed_tail
        one = (time.process_time() - cpu, time.perf_counter() - wall)
        best = min(best, one) if best else one
    return {"cpu": best[0], "wall": best[1], "rows": 0, "peak": 0}


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def in_turn(cases):
    measured = {name: [] for name in cases}
    for number in range(ROUNDS):
        for name, start in cases.items():
            measured[name].append(start())
            print(f"round {number + 1}: {name}: {measured[name][-1]}", file=sys.stderr)
    return measured


def table(measured, size):
    print("| what | CPU s | wall s | MB per CPU s | peak MB |\n|---|---|---|---|---|")
    for name, runs in measured.items():
        cpu = [run["cpu"] for run in runs]
        print(f"| {name} | {spread(cpu, 3)} | {spread([run['wall'] for run in runs], 3)} | {size / 1e6 / statistics.median(cpu):.0f} "
              f"| {max(run['peak'] for run in runs):.0f} |")
    print(flush=True)


def ratio(measured, one, other, key):
    return spread([a[key] / b[key] for a, b in zip(measured[one], measured[other])])


def main():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    print(f"{time.strftime('%Y-%m-%d')}; {model}, {os.cpu_count()} cores; load before {os.getloadavg()[0]:.1f}; {ROUNDS} rounds in turn, "
          "each the best of three within one process: median (least to most).\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="pipeline-feeds-") as folder:
        plain = os.path.join(folder, "plain.csv")
        rows = write(plain, MEGABYTES, SHOPS)
        size = os.path.getsize(plain)
        for title, way, settings in [("materialised", "keep", {"keep": 1}), ("block by block, none kept", "blocks", {})]:
            print(f"\n### Typed columns, {title}: {rows:,} rows, {size / 1e6:.0f} MB\n")
            cases = {"ours": lambda: ours(plain, **settings)} | {name: lambda name=name: peer(name, plain, way) for name in PEERS}
            measured = in_turn(cases)
            assert all(run["rows"] == rows for runs in measured.values() for run in runs), "not all read every row"
            table(measured, size)
            for name in PEERS:
                print(f"- {name} / ours, CPU: {ratio(measured, name, 'ours', 'cpu')}")
        print("\n### gzip\n")
        packed = plain + ".gz"
        with open(plain, "rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
            while piece := source.read(1 << 20):
                target.write(piece)
        measured = in_turn({"ours": lambda: ours(packed), "ours, inflate alone": lambda: ours(packed, bare=1), "zlib from Python": lambda: bare_inflate(packed)})
        table(measured, size)
        for key in ("wall", "cpu"):
            print(f"- ours / ours, inflate alone, {key}: {ratio(measured, 'ours', 'ours, inflate alone', key)}")
        os.remove(packed)
        print("\n### CP932 beside UTF-8, the same rows\n")
        japanese = {name: os.path.join(folder, f"{name}.csv") for name in ("utf-8", "cp932")}
        for name, path in japanese.items():
            write(path, MEGABYTES // 2, JAPANESE, name)
        cases = {name: lambda name=name, path=path: ours(path, encoding=name) for name, path in japanese.items()}
        measured = in_turn(cases)
        print("| encoding | CPU s | rows | rows per CPU s |\n|---|---|---|---|")
        for name, runs in measured.items():
            print(f"| {name} | {spread([run['cpu'] for run in runs], 3)} | {runs[0]['rows']:,} "
                  f"| {statistics.median(run['rows'] / run['cpu'] for run in runs):,.0f} |")
        speeds = [b["rows"] / b["cpu"] / (a["rows"] / a["cpu"]) for a, b in zip(measured["utf-8"], measured["cp932"])]
        print(f"\n- CP932 / UTF-8, rows per CPU second: {spread(speeds)}\n\n### Memory, block by block\n")
        print("| file | peak MB | MB per CPU s |\n|---|---|---|")
        one = ours(plain, rounds=1)
        print(f"| {size / 1e6:,.0f} MB | {one['peak']:.0f} | {size / 1e6 / one['cpu']:.0f} |")
        large = os.path.join(folder, "large.csv")
        with open(plain, "rb") as source:
            header, body = source.readline(), source.read()
        with open(large, "wb") as target:
            target.write(header)
            while target.tell() < LARGE * 1_000_000:
                target.write(body)
        del body
        one, size = ours(large, rounds=1), os.path.getsize(large)
        print(f"| {size / 1e6:,.0f} MB | {one['peak']:.0f} | {size / 1e6 / one['cpu']:.0f} |")


main()
