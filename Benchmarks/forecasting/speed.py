"""Speed beside statsforecast and stockpyl: speed.py FOLDER [rounds], with the Python that has them.

FOLDER has the gzipped sets of demand data. Ours (built first: swift build -c release) and the peer run in turn, set by set, one thread each,
in CPU seconds, on the same first series of each set; ratios are formed round by round. Ours gives nine quantiles a step besides the mean, the
peer means only. Prints the median (least to most) of the rounds as a table of Markdown.
"""
import gzip, os, pathlib, shutil, statistics, subprocess, sys, tempfile

folder, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
here = pathlib.Path(__file__).parent
work = {
    "m3": ["theta:714", "dynamic-optimised-theta:200", "ces:100", "ets:40", "arima:12", "ses:714", "seasonal-naive:714"],
    "m4": ["dynamic-optimised-theta:40", "ets:8", "mstl:20"],
    "car": ["croston-sba:1256", "tsb:1256"],
    "stock": [],
}
with tempfile.TemporaryDirectory() as data:
    for file in folder.glob("*.csv.gz"):
        with gzip.open(file) as source, open(f"{data}/{file.name[:-3]}", "wb") as target:
            shutil.copyfileobj(source, target)
    environment = os.environ | {"DEMAND_DATA": data, "OMP_THREAD_LIMIT": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

    def figures(command):
        lines = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()
        return {tuple(line.split()[:2]): float(line.split()[2]) for line in lines if len(line.split()) >= 3}

    ours, peer = [], []
    for round in range(rounds):
        for name, asked in work.items():
            ours.append(figures([here / ".build/release/forecasting", name, "speed", *asked]))
            peer.append(figures([sys.executable, here / "peer.py", data, name, *asked]))
            for key, value in ours[-1].items():
                print(round + 1, *key, value, peer[-1].get(key), file=sys.stderr, flush=True)


def text(values):
    values = sorted(values)
    digits = 1 if values[0] < 100 else 0
    spread = f" ({values[0]:,.{digits}f} to {values[-1]:,.{digits}f})" if len(values) > 1 else ""
    return f"{statistics.median(values):,.{digits}f}{spread}"


print(f"load {os.getloadavg()[0]:.1f}\n\n| what | ours | peer | times |\n|---|---|---|---|")
for key in dict.fromkeys(key for part in ours for key in part):
    pairs = [(a[key], b[key]) for a, b in zip(ours, peer) if key in a and key in b]
    print("|", " ".join(key), "|", text([a for a, _ in pairs]), "|", text([b for _, b in pairs]), "|", text([a / b for a, b in pairs]), "|")
