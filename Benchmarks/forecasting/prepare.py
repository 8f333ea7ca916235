"""Writes the sets of demand data as feeds of the jobs beside this file: prepare.py FOLDER OUT. Standard library only."""
import csv, datetime, gzip, os, sys

folder, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)


def rows(name):
    with gzip.open(f"{folder}/{name}_dev.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(name, header, lines):
    with open(f"{out}/{name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header + ["COST"])
        writer.writerows([*line, "1.00"] for line in lines)


write("juice", ["ITEM", "DATE", "UNITS", "PRICE", "DEAL", "FEAT", "BRAND"],
      ([r["series_id"], r["date"], r["units"], r["price"], r["deal"], r["feat"], r["brand"]] for r in rows("dominicks_oj")))
write("rossmann", ["ITEM", "DATE", "UNITS", "OPEN", "PROMO", "SCHOOL", "HOLIDAY"],
      ([r["series_id"], r["date"], r["sales"], r["open"], r["promo"], r["school_holiday"], 1 if r["holiday_code"] not in ("", "0") else 0]
       for r in rows("rossmann")))
# Series that end early are left out, as the scoring rules say.
early = {r["series_id"] for r in rows("carparts") if r["units"] == ""}
write("carparts", ["ITEM", "DATE", "UNITS"],
      ([r["series_id"], r["date"], r["units"]] for r in rows("carparts") if r["series_id"] not in early))
start = datetime.date(2020, 1, 6)
write("uci", ["ITEM", "DATE", "UNITS"],
      ([r["series_id"], start + datetime.timedelta(weeks=int(r["week"])), r["units"]] for r in rows("uci_weekly")))
write("retail", ["ITEM", "DATE", "UNITS"], ([r["series_id"], r["date"], r["units"]] for r in rows("online_retail_daily")))
