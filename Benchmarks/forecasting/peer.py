"""Series a CPU second of statsforecast on the same series: peer.py FOLDER m3|m4 [series]. pip install statsforecast==2.1.1"""
import sys, time
import pandas as pd
from statsforecast.models import AutoARIMA, AutoCES, AutoETS, DynamicOptimizedTheta, MSTL, Theta

folder, which = sys.argv[1], sys.argv[2]
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 60
table = pd.read_csv(f"{folder}/{'m4_hourly' if which == 'm4' else 'm3_dev'}.csv.gz")
if which == "m3":
    table = table[table.period == "monthly"]
series = [part.value.to_numpy(float) for _, part in table[table.part == "train"].groupby("series_id", sort=False)][:limit]
season, horizon = (24, 48) if which == "m4" else (12, 18)
models = [Theta(season), DynamicOptimizedTheta(season), AutoETS(season)]
models += [MSTL([24, 168])] if which == "m4" else [AutoCES(season), AutoARIMA(season_length=season)]
for model in models:
    model.fit(series[0]).predict(horizon)  # compiles
    start = time.process_time()
    for values in series:
        model.fit(values).predict(horizon)
    print(f"{which} {model} {len(series) / (time.process_time() - start):.1f} series/s", flush=True)
