#!/usr/bin/env python3
"""Prints the digests in Tests/ConnectorsTests/Encoding/TextDecoderTableTests.swift: what Python's codecs make of every byte and pair.

The digest is the SHA-256 of a line for each code: its bytes in hex, a space, and the text in UTF-8, or "-" where it cannot be decoded.
Where Python's codec has another table than ours on purpose, the difference is stated here.
"""
import hashlib
import subprocess

MICROSOFT = {"\u301C": "\uFF5E", "\u2016": "\u2225", "\u2212": "\uFF0D", "\u00A2": "\uFFE0", "\u00A3": "\uFFE1", "\u00AC": "\uFFE2"}
PAIRS = [bytes([first, second]) for first in range(0x80, 0x100) for second in range(0x100)]
SINGLES = [bytes([byte]) for byte in range(0x100)]
PLANE = [bytes([first, second]) for first in range(0xA1, 0xFF) for second in range(0xA1, 0xFF)]


def python(codec):
    def decode(code):
        try:
            return code.decode(codec)
        except UnicodeDecodeError:
            return None
    return decode


def cp932(code):
    # The Encoding Standard has no characters for A0, FD, FE and FF; Python has private ones.
    if code[0] in (0xA0, 0xFD, 0xFE, 0xFF) or len(code) == 2 and python("cp932")(code[:1]) and code[1] in (0xA0, 0xFD, 0xFE, 0xFF):
        return None
    return python("cp932")(code)


def euc(code):
    """Python's euc_jp, with Microsoft's mapping, NEC's rows, and a full-width tilde in JIS X 0212."""
    if len(code) == 2 and 0xA1 <= code[0] <= 0xFE and 0xA1 <= code[1] <= 0xFE:
        row, cell = code[0] - 0xA0, code[1] - 0xA0
        if row == 13 or 89 <= row <= 92:
            lead = (row - 1) // 2 + 0x81
            lead += 0x40 if lead > 0x9F else 0
            return python("cp932")(bytes([lead, cell + 0x9E if row % 2 == 0 else cell + 0x3F + (cell >= 64)]))
        text = python("euc_jp")(code)
        return text and MICROSOFT.get(text, text)
    if code == b"\x8F\xA2\xB7":
        return "\uFF5E"
    return python("euc_jp")(code)


def iconv(codec):
    def decode(code):
        run = subprocess.run(["iconv", "-f", codec, "-t", "UTF-8"], input=code, capture_output=True)
        return run.stdout.decode() if run.returncode == 0 else None
    return decode


def iso2022(prefix):
    def decode(code):
        text = euc(prefix + code)
        return text
    return decode


def digest(name, codes, decode):
    text = hashlib.sha256()
    count = 0
    for code in codes:
        value = decode(code)
        count += value is not None
        text.update(code.hex().encode() + b" " + ("-" if value is None else value).encode("utf-8") + b"\n")
    print(f"{name:14} {count:6} {text.hexdigest()}")


for ours, codec in (("iso-8859-1", "latin-1"), ("iso-8859-15", "iso8859-15"), ("windows-1252", "cp1252")):
    digest(ours, SINGLES, python(codec))
digest("cp932 single", SINGLES, cp932)
digest("cp932", PAIRS, cp932)
digest("euc-jp", PAIRS, euc)
digest("euc-jp three", [b"\x8F" + code for code in PLANE], euc)
digest("iso-2022-jp", PLANE, iso2022(b""))
digest("iso-2022-jp-1", PLANE, iso2022(b"\x8F"))
digest("eucjp-ms", PLANE, iconv("EUC-JP-MS"))
digest("eucjp-ms three", [b"\x8F" + code for code in PLANE], iconv("EUC-JP-MS"))

# Python writes NEC's selection of IBM's characters (ED, EE) where Microsoft writes IBM's own rows (FA to FC), and writes the six
# characters of JIS that Microsoft maps differently as if they were Microsoft's.
IBM = {}
for lead in (0xFA, 0xFB, 0xFC):
    for trail in range(0x40, 0xFD):
        text = python("cp932")(bytes([lead, trail]))
        if text and len(text) == 1:
            IBM.setdefault(text, bytes([lead, trail]))
encoded = hashlib.sha256()
for value in [*range(0x80, 0xD800), *range(0xE000, 0x10000)]:
    try:
        code = chr(value).encode("cp932")
    except UnicodeEncodeError:
        code = b"\xFF"
    if code[0] in (0xED, 0xEE):
        code = IBM[chr(value)]
    shown = "-" if code[0] in (0xA0, 0xFD, 0xFE, 0xFF) or chr(value) in MICROSOFT else code.hex()
    encoded.update(f"{value:04x} {shown}\n".encode())
print("cp932 written", encoded.hexdigest())
