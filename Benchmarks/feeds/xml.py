"""xml.py: our XML reader beside a bare libxml2 SAX parse in C and lxml.iterparse of the same columns, in turn; prints Markdown.

BENCH_ROUNDS=3          rounds of all in turn
BENCH_XML_MB=112        size of the statement
BENCH_XML_LARGE=1       a 2 GB document of 5 million rows as well, ours and bare only
BENCH_TESTS=FILE        the release test binary (.build/release/pipelinePackageTests.xctest); PYTHON=FILE a Python that has lxml
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
MEGABYTES = int(os.environ.get("BENCH_XML_MB", "112"))

ENTRY = """<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="EUR">{amount:.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-{month:02}-{day:02}</Dt></BookgDt>
<AcctSvcrRef>REF{number:012}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>E2E-{number}</EndToEndId></Refs><RmtInf><Ustrd>Invoice {number} &amp; more</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""

LXML = r"""
import json, resource, sys, time
from lxml import etree
ns = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
start = time.process_time()
rows = []
for _, entry in etree.iterparse(sys.argv[1], tag=ns + "Ntry"):
    amount = entry.find(ns + "Amt")
    rows.append((int(entry.findtext(ns + "NtryRef")), float(amount.text), amount.get("Ccy"), entry.findtext(ns + "CdtDbtInd"),
                 entry.findtext(f"{ns}NtryDtls/{ns}TxDtls/{ns}Refs/{ns}EndToEndId")))
    if len(rows) == 8192: rows = []
    entry.clear()
    while entry.getprevious() is not None:
        del entry.getparent()[0]
print(json.dumps({"cpu": time.process_time() - start, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def write(path, megabytes):
    number = 0
    with open(path, "w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
                   "<GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S1</Id>\n")
        while file.tell() < megabytes * 1_000_000:
            for _ in range(10_000):
                number += 1
                file.write(ENTRY.format(number=number, amount=number % 90_000 / 7, sign="DBIT" if number % 3 else "CRDT",
                                        month=number % 12 + 1, day=number % 28 + 1))
        file.write("</Stmt></BkToCstmrStmt></Document>\n")
    return number


def run(command, **variables):
    """The measurement that a process prints, and its peak memory as the kernel has it."""
    process = subprocess.Popen(command, env=dict(os.environ, **variables), stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    found = re.search(r"^\{.*\}$", output, re.M)
    if not found:
        sys.exit(f"error: no measurement of {command[0]} in\n{output}")
    return dict(json.loads(found[0]), peak=usage.ru_maxrss / 1024)


def main():
    tests = os.environ.get("BENCH_TESTS") or os.path.join(ROOT, ".build", "release", "pipelinePackageTests.xctest")
    with tempfile.TemporaryDirectory() as folder:
        bare = os.path.join(folder, "bare_sax")
        flags = subprocess.run(["xml2-config", "--cflags", "--libs"], capture_output=True, text=True, check=True).stdout.split()
        subprocess.run(["cc", "-O2", "-o", bare, os.path.join(HERE, "bare_sax.c"), *flags], check=True)
        large = os.environ.get("BENCH_XML_LARGE")
        for megabytes in [MEGABYTES] + ([2_150] if large else []):
            path = os.path.join(folder, "statement.xml")
            rows = write(path, megabytes)
            size = os.path.getsize(path)
            ours = [tests, "--testing-library", "swift-testing", "--filter", "XMLSpeed"]
            cases = {
                "ours, five typed columns": lambda: run(ours, PIPELINE_SPEED_XML=path),
                "bare libxml2 SAX, push": lambda: run([bare, path, "push", "3" if megabytes < 500 else "1"]),
            }
            if megabytes < 500:
                cases["bare libxml2 SAX, pull"] = lambda: run([bare, path, "pull"])
                python = os.environ.get("PYTHON", sys.executable)
                if subprocess.run([python, "-c", "import lxml"], capture_output=True).returncode == 0:
                    cases["lxml.iterparse, the same columns"] = lambda: run([python, "-c", LXML, path])
            measured = {name: [] for name in cases}
            for _ in range(ROUNDS if megabytes < 500 else 1):
                for name, start in cases.items():
                    measured[name].append(start())
            print(f"\n{size / 1e6:.0f} MB, {rows:,} rows\n\n| what | CPU s | MB per CPU s | peak MB |\n|---|---|---|---|")
            for name, runs in measured.items():
                cpu = [one["cpu"] for one in runs]
                print(f"| {name} | {statistics.median(cpu):.3f} ({min(cpu):.3f} to {max(cpu):.3f}) "
                      f"| {size / 1e6 / statistics.median(cpu):.0f} | {max(one['peak'] for one in runs):.0f} |")
            first = measured["ours, five typed columns"]
            for name, runs in list(measured.items())[1:]:
                ratios = sorted(other["cpu"] / one["cpu"] for one, other in zip(first, runs))
                print(f"\nSpeed of ours / {name}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


main()
