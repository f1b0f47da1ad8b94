"""The kind of a file, by its first bytes and not by its name."""

import codecs
import re

HEAD = 4096
COMPRESSED = ("gzip", "bzip2", "xz", "zstd")
ARCHIVES = ("zip", "tar")
SUPPORTED = (
    "CSV and other delimited text, SDF, Parquet, Excel and OpenDocument spreadsheets; plain, in gzip, bzip2, xz or "
    "zstd, or in a zip or tar"
)
# Supported kinds
READ = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x5d\x00\x00", "xz"),  # the older .lzma, which the same library reads
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PAR1", "Parquet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel"),
)
# Unsupported kinds, by their name in messages
REFUSED = (
    (rb"ARROW1", "an Arrow or Feather file"),
    (rb"\x89HDF\r\n", "an HDF5 file"),
    (rb"SQLite format 3\x00", "an SQLite database"),
    (rb"%PDF", "a PDF"),
    (rb"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (rb"Rar!\x1a", "a RAR archive"),
    (rb"\x04\x22\x4d\x18", "an LZ4 file"),
    (rb"\x1f\x9d", "a file of compress (.Z)"),
    (rb"\x93NUMPY", "a NumPy array"),
    (rb"\x80[\x02-\x05]", "a Python pickle"),
    (rb"(RDX|RDA)[23]\n|X\n\x00\x00\x00", "a data file of R"),
    (rb"<stata_dta>", "a Stata file"),
    (rb"\$FL[23]", "an SPSS file"),
    (rb"Obj\x01", "an Avro file"),
    (rb"ORC", "an ORC file"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "an image"),
    (rb"\{\\rtf", "a text document (RTF)"),
    (rb"version https://git-lfs\.github\.com", "a pointer of Git LFS, not the file itself"),
    (
        rb"\s*<(!doctype html|html|head|body|meta|style|table)",
        "a web page (HTML), perhaps the error of a server",
    ),
    (rb"\s*<datawarrior-", "a DataWarrior file"),
    (rb"\$(RDFILE|RXN)\b", "a file of reactions (RDfile)"),
    (rb"\s*<\?xml|\s*<!--", "an XML file"),
    (rb"\s*(\{\s*[\"}]|\[\s*[{\"])", "a JSON file"),
    (rb"(#.*\n|\s)*@<TRIPOS>", "a MOL2 file"),
    (rb"HEADER .{60}|data_\w+\s+loop_|ATOM  [ \d]{5} ", "a file of crystal or protein structures (PDB, CIF)"),
    (rb"InChI=1S?/[^,;\t\n]*\n", "a list of InChIs, which hold no SMILES"),
)
PATTERNS = [(re.compile(pattern, re.IGNORECASE), name) for pattern, name in REFUSED]
# The fourth line of a molfile, and so of an SDF, holds two numbers of three columns each and ends with the version,
# except in the oldest files. "M  END" alone does not identify an SDF: a cell of a table may hold it.
MOLFILE = re.compile(
    rb"([^\r\n]*(\r?\n|\r)){3}(?=[ \d]{0,5}\d)[ \d]{6}([^\r\n]*V[23]000|[ \d]*\r?\n.*^M  END)", re.S | re.M
)
OPENED = re.compile(rb"(?:^|[,;|\t])\"", re.M)
BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}


def identify(head: bytes) -> str:
    """Return the kind of file that begins with these bytes: a name in READ, tar, SDF, text, or an unsupported kind."""
    for magic, kind in READ:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if MOLFILE.match(head) and not in_a_cell(head):
        return "SDF"
    text = head.removeprefix(codecs.BOM_UTF8)
    for pattern, name in PATTERNS:
        if pattern.match(text):
            return name
    if head.startswith(tuple(BOMS)) or wide_encoding(head):
        return "text"
    return "a binary file of an unknown kind" if is_binary(head) else "text"


def in_a_cell(head: bytes) -> bool:
    """Return whether the first three lines open a quote without closing it: the mol block is in a cell of a table."""
    first = b"\n".join(head.splitlines()[:3])
    return first.count(b'"') % 2 == 1 and OPENED.search(first) is not None


def wide_encoding(head: bytes) -> str | None:
    """Return the encoding of UTF-16 text without a byte order mark: every other byte is zero."""
    even, odd = head[0:200:2], head[1:200:2]
    if len(odd) > 3 and odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if len(odd) > 3 and even.count(0) > 0.7 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return None


def is_binary(head: bytes) -> bool:
    """Return whether there are more than a few control characters, which no table has, and more than two per cent."""
    control = sum(head.count(byte) for byte in (*range(9), *range(14, 32), 127))
    return control > max(4, 0.02 * len(head))
