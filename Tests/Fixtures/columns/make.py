"""Writes numbers.tsv and times.tsv beside this file: values spelt in many ways, with what Python's decimal and datetime say they are.

python3 Tests/Fixtures/columns/make.py
"""
import datetime, decimal, os, random
from decimal import Decimal

here = os.path.dirname(os.path.abspath(__file__))
dice = random.Random(20261124)
decimal.getcontext().prec = 60
FULL = str.maketrans("0123456789,.-+()%'", "０１２３４５６７８９，．－＋（）％＇")


def groups(digits, size, rest):
    """Groups from the right: the last of `size` digits, the others of `rest`."""
    parts, left = [digits[-size:]], digits[:-size]
    while left:
        parts.insert(0, left[-rest:])
        left = left[:-rest]
    return parts


STYLES = {  # name: separator, point, size, rest, how a number below zero is written, translation
    "plain": (None, ".", 3, 3, ["-{}"], None),
    "english": (",", ".", 3, 3, ["-{}"], None),
    "german": (".", ",", 3, 3, ["-{}"], None),
    "french": ("\u00a0", ",", 3, 3, ["-{}"], None),
    "french-narrow": ("\u202f", ",", 3, 3, ["-{}", "\u2212{}"], None),
    "spaced": (" ", ".", 3, 3, ["-{}"], None),
    "swiss": ("'", ".", 3, 3, ["-{}"], None),
    "swiss-typographic": ("\u2019", ".", 3, 3, ["-{}"], None),
    "indian": (",", ".", 3, 2, ["-{}"], None),
    "myriads": (",", ".", 4, 4, ["-{}"], None),
    "triangle": (",", ".", 3, 3, ["▲{}", "△{}", "▲ {}"], None),
    "parentheses": (",", ".", 3, 3, ["({})", "( {} )"], None),
    "trailing": (",", ".", 3, 3, ["{}-"], None),
    "full-width": (",", ".", 3, 3, ["-{}"], FULL),
    "full-width-triangle": (",", ".", 3, 3, ["▲{}"], FULL),
    "yen": (",", ".", 3, 3, ["-¥{}", "¥-{}", "-{}円"], None),
    "euro": (".", ",", 3, 3, ["-{} €", "-{}€", "€ -{}"], None),
}
MODES = {"": None, "half-even": decimal.ROUND_HALF_EVEN, "half-up": decimal.ROUND_HALF_UP, "down": decimal.ROUND_DOWN}


def spell(style, value):
    separator, point, size, rest, negatives, table = STYLES[style]
    whole, _, fraction = format(abs(value), "f").partition(".")
    if separator and dice.random() < 0.9:
        whole = separator.join(groups(whole, size, rest))
    text = whole + (point + fraction if fraction else "")
    if value < 0:
        text = dice.choice(negatives).format(text)
    elif style == "yen":
        text = dice.choice(["¥{}", "{}円", "{}", "¥ {}"]).format(text)
    return text.translate(table) if table else text


def expected(value, scale, mode):
    unit = Decimal(1).scaleb(-scale)
    if mode is None and value != value.quantize(unit, decimal.ROUND_DOWN):
        return "decimals"
    result = value.quantize(unit, mode or decimal.ROUND_DOWN)
    if not -(2**63) <= int(result.scaleb(scale)) < 2**63:
        return "range"
    return format(abs(result) if result == 0 else result, "f")


rows = []
for style in STYLES:
    for _ in range(60):
        scale = dice.choice([0, 1, 2, 2, 2, 3, 4, 6, 9, 18])
        digits = dice.choice([1, 2, 3, 4, 5, 6, 7, 9, 12, 15, 18, 19, 21])
        decimals = dice.choice([0, 0, 1, 2, 2, 3, 5, 8, scale, scale + 1])
        value = Decimal(dice.randrange(10**digits)).scaleb(-decimals) * dice.choice([1, 1, -1])
        if dice.random() < 0.2:  # exactly half way, where the modes differ
            value = (Decimal(dice.randrange(10**6) * 10 + 5)).scaleb(-scale - 1) * dice.choice([1, -1])
        mode = dice.choice(list(MODES))
        rows.append((style, scale, mode, spell(style, value), expected(value, scale, MODES[mode])))
edges = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809", "0", "-0", "0.0", "-0.000", "+5",
         "007", "000000000000000000000000000001", "0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "0.49999999999999999999999999", "9" * 40,
         "9223372036854775807.5", "9223372036854775806.5"]
for text in edges:
    for mode in MODES:
        rows.append(("plain", 0, mode, text, expected(Decimal(text), 0, MODES[mode])))
for style, text in [("english", "1,23"), ("english", "1,2345"), ("english", ",123"), ("english", "1,,234"), ("english", "1234,567"),
                    ("english", "12,34,567"), ("english", "1,234,"), ("english", "1.234,5"), ("german", "1.23"), ("german", "1,234,5"),
                    ("french", "1\u00a023"), ("spaced", "1 2345"), ("swiss", "1'23"), ("indian", "123,456"), ("indian", "1,234,567"),
                    ("myriads", "1,234"), ("plain", "1,234"), ("plain", "▲1"), ("plain", "(1)"), ("plain", "1-"), ("plain", "１"),
                    ("plain", "1 000"), ("triangle", "(1)"), ("triangle", "▲-1"), ("triangle", "▲▲1"), ("triangle", "1▲"),
                    ("parentheses", "(1"), ("parentheses", "1)"), ("parentheses", "((1))"), ("parentheses", "-(1)"), ("parentheses", "()"),
                    ("trailing", "-1-"), ("trailing", "1--"), ("trailing", "-"), ("yen", "¥¥1"), ("yen", "¥1円"), ("yen", "$1"), ("yen", "¥"),
                    ("full-width", "１，２３"), ("full-width", "一"), ("english", "1e3"), ("english", "0x1"),
                    ("english", "NaN"), ("english", "∞"), ("english", "1.2.3"), ("english", "١٢٣")]:
    rows.append((style, 2, "half-even", text, "type"))
with open(os.path.join(here, "numbers.tsv"), "w") as out:
    out.write("style\tscale\trounding\ttext\texpected\n")
    for row in rows:
        out.write("\t".join(str(part) for part in row) + "\n")

times = []
FORMATS = [  # ours, Python's
    ("yyyyMMdd", "%Y%m%d"), ("yyyyMMddHHmmss", "%Y%m%d%H%M%S"), ("d.M.yyyy", None), ("dd.MM.yy", "%d.%m.%y"), ("yyMMdd", "%y%m%d"),
    ("dd-MMM-yyyy", "%d-%b-%Y"), ("MMM d, yyyy h:mm a", None), ("MMMM dd, yyyy hh:mm:ss a", "%B %d, %Y %I:%M:%S %p"),
    ("E, dd MMM yyyy HH:mm:ss", "%a, %d %b %Y %H:%M:%S"), ("yyyy-MM-dd HH:mm:ss.SSSSSS", "%Y-%m-%d %H:%M:%S.%f"),
    ("yyyy年M月d日(E) H時m分", None), ("epoch-seconds", None), ("epoch-milliseconds", None), ("excel", None), ("excel-1904", None),
]
for ours, theirs in FORMATS:
    for _ in range(40):
        moment = datetime.datetime(1950, 1, 1) + datetime.timedelta(microseconds=dice.randrange(99 * 365 * 86400 * 10**6))
        clock = "%H%M%S%f"
        if ours == "d.M.yyyy":
            text = f"{moment.day}.{moment.month}.{moment.year}"
        elif ours == "MMM d, yyyy h:mm a":
            text = f"{moment:%b} {moment.day}, {moment.year} {(moment.hour + 11) % 12 + 1}:{moment:%M} {moment:%p}"
            moment = moment.replace(second=0, microsecond=0)
        elif ours == "yyyy年M月d日(E) H時m分":
            text = f"{moment.year}年{moment.month}月{moment.day}日({'月火水木金土日'[moment.weekday()]}) {moment.hour}時{moment.minute}分"
            moment = moment.replace(second=0, microsecond=0)
        elif ours.startswith("epoch"):
            whole = (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
            unit = 10**6 if ours == "epoch-seconds" else 10**3
            text = str(whole // unit)
            moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=whole // unit * unit)
        elif ours.startswith("excel"):
            first = datetime.datetime(1899, 12, 30) if ours == "excel" else datetime.datetime(1904, 1, 1)
            moment = moment.replace(microsecond=0)
            days = Decimal(int((moment - first).total_seconds())) / 86400
            text = format(days.quantize(Decimal(1).scaleb(-10)), "f")  # ten decimals, as spreadsheets write them
        else:
            text = moment.strftime(theirs)
        if "H" not in ours and "h" not in ours and "e" not in ours:
            moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        elif "SSS" not in ours and not ours.startswith("e"):
            moment = moment.replace(microsecond=0)
        times.append((ours, text, moment.isoformat() + "Z" if not moment.microsecond else moment.isoformat() + "Z"))
with open(os.path.join(here, "times.tsv"), "w") as out:
    out.write("format\ttext\texpected\n")
    for row in times:
        out.write("\t".join(row) + "\n")
