"""The inside of an .xlsx file, opened without trusting it.

An .xlsx is a ZIP of XML parts, and both can be made to harm: parts that unpack to gigabytes,
entities that read files or multiply, macros, parts under lock. Parts are unpacked as a stream whose
bytes are counted; XML with a document type is refused before anything of it is used.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

from exchange.spreadsheets.problems import FileError

OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_SIGNATURE = b"PK\x03\x04"

MEGABYTE = 1 << 20
MAX_PARTS = 5_000
MAX_UNPACKED = 512 * MEGABYTE
"""All parts together, as unpacked: a workbook of 200 000 rows stays under half of it."""
MAX_SMALL_PART = 32 * MEGABYTE
"""Parts that are read whole: relations, styles, the list of sheets."""
CHUNK = 64 * 1024

_MACROS = "application/vnd.ms-excel.sheet.macroenabled.main+xml"
_WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
)


def local(name: str) -> str:
    """Return a tag or an attribute without its prefix: producers choose different ones."""
    return name.rpartition(":")[2]


def safe_parser() -> expat.XMLParserType:
    """Return a parser that refuses document types, hence entities of any kind."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_arguments: object) -> NoReturn:
        raise FileError(
            _("Le classeur contient des définitions XML qu’aucun tableur n’écrit : il est refusé.")
        )

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


def damaged() -> FileError:
    """Return the error for a package that does not unpack or parse."""
    return FileError(
        _(
            "Le classeur est endommagé ou incomplet. Ouvrez-le dans votre tableur et "
            "enregistrez-le de nouveau au format .xlsx."
        )
    )


class Package:
    """An opened .xlsx file."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise damaged() from error
        self._unpacked = 0
        try:
            self._check_parts()
            self.workbook = self._find_workbook()
        except BaseException:
            self._zip.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def parts(self) -> list[str]:
        """Return the names of the parts, in their order in the file."""
        return self._zip.namelist()

    def has(self, name: str) -> bool:
        """Whether the package has this part."""
        return name in self._zip.NameToInfo

    def size(self, name: str) -> int:
        """Return how big a part says it is, unpacked; used for progress only."""
        return self._zip.getinfo(name).file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """Unpack a part piece by piece; what does not stop growing is refused."""
        try:
            with self._zip.open(name) as part:
                while chunk := part.read(CHUNK):
                    self._unpacked += len(chunk)
                    # A part may be read more than once (search, reading, annotation).
                    if self._unpacked > 4 * MAX_UNPACKED:
                        raise too_big()
                    yield chunk
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise damaged() from error
        except (RuntimeError, NotImplementedError) as error:
            raise locked() from error

    def whole(self, name: str) -> bytes:
        """Return a small part."""
        content = bytearray()
        for chunk in self.chunks(name):
            content += chunk
            if len(content) > MAX_SMALL_PART:
                raise too_big()
        return bytes(content)

    def parse(self, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
        """Call `start` for every element of a small part, its name without prefix."""
        parser = safe_parser()

        def on_start(tag: str, attributes: Any) -> None:
            start(local(tag), {local(key): value for key, value in attributes.items()})

        parser.StartElementHandler = on_start
        try:
            parser.Parse(self.whole(name), True)
        except expat.ExpatError as error:
            raise damaged() from error

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the part's relations: id → (type, target part); those to outside are left out."""
        name = relations_part(part)
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = resolve(part, attributes.get("Target", ""))
                found[attributes.get("Id", "")] = (kind, target)

        if self.has(name):
            self.parse(name, start)
        return found

    def _check_parts(self) -> None:
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise too_big()
        if any(part.flag_bits & 0x1 for part in parts):
            raise locked()
        names = [part.filename for part in parts]
        if len(set(names)) != len(names):
            raise damaged()
        if "[Content_Types].xml" not in names:
            self._refuse_other_archive(names)
        if any(posixpath.basename(name).lower() == "vbaproject.bin" for name in names):
            raise _with_macros()

    def _refuse_other_archive(self, names: list[str]) -> None:
        if "mimetype" in names and b"opendocument" in self.whole("mimetype"):
            raise FileError(
                _(
                    "C’est un document OpenDocument (.ods). Enregistrez-le au format .xlsx "
                    "ou CSV, puis envoyez ce fichier-là."
                )
            )
        raise FileError(
            _("Ce fichier est une archive ZIP, pas un classeur. Envoyez le .xlsx ou le CSV.")
        )

    def _find_workbook(self) -> str:
        types: dict[str, str] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Override":
                name = attributes.get("PartName", "").lstrip("/")
                types[name] = attributes.get("ContentType", "").lower()

        self.parse("[Content_Types].xml", start)
        if _MACROS in types.values():
            raise _with_macros()
        for name, kind in types.items():
            if kind in _WORKBOOK_TYPES:
                if not self.has(name):
                    raise damaged()
                return name
        if any("sheet.binary" in kind for kind in types.values()):
            raise FileError(_("C’est un classeur binaire (.xlsb). Enregistrez-le au format .xlsx."))
        raise FileError(
            _("Ce fichier est un document bureautique, mais pas un classeur .xlsx ni un CSV.")
        )


def relations_part(part: str) -> str:
    """Return the name of the part that holds another's relations."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def resolve(part: str, target: str) -> str:
    """Return the part that a relation's target names, relative to the part it is of."""
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def too_big() -> FileError:
    """Return the error for what unpacks to more than is read."""
    return FileError(
        _(
            "Une fois décompressé, ce classeur est démesuré : il est refusé. Supprimez les "
            "feuilles, images et mises en forme inutiles, ou envoyez un CSV."
        )
    )


def locked() -> FileError:
    """Return the error for a file that a password protects."""
    return FileError(
        _(
            "Le classeur est protégé par un mot de passe. Enregistrez-le sans mot de passe, "
            "puis envoyez-le."
        )
    )


def _with_macros() -> FileError:
    return FileError(
        _(
            "Le classeur contient des macros (.xlsm) : il est refusé. Enregistrez-le au format "
            ".xlsx, sans macros."
        )
    )


def refuse_ole(path: Path) -> None:
    """Say what a file of the older Office container is: a locked .xlsx, or an .xls."""
    with path.open("rb") as file:
        # The directory that names the streams lies anywhere; it is small, the file is bounded.
        content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise locked()
    raise FileError(
        _(
            "C’est un fichier de l’ancien format d’Office (.xls). Enregistrez-le au format "
            ".xlsx ou CSV, puis envoyez ce fichier-là."
        )
    )
