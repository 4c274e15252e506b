"""A database of the size of the whole mission, without a single FITS file.

    python benchmarks/mission.py mongodb://127.0.0.1:27017/mission --observations 213000

A small sample archive is ingested, and its documents are the templates of all others: each gets
a rootname, a proposal, a time, a target and a place in the sky of its own, in its promoted
keywords and in every header alike.  How often something occurs follows the real archive: half
of all observations are biases and darks, most proposals are small and a few are huge.
"""

import argparse
import itertools
import math
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from mission_templates import Template

from acsql import keywords as keyword_specs
from acsql import sample
from acsql.config import Config
from acsql.ingest import run, workers
from acsql.keywords import KeywordSpecs
from acsql.migrations import runner
from acsql.sample.schedule import mjd, moment
from acsql.store.client import Store
from acsql.store.columns.fold import fold_all
from acsql.store.derived import headerless
from acsql.store.schema import CHANGED

OBSERVATIONS = 213_000
PROPOSALS = 4_000
LARGEST_PROPOSAL = 3_000
TARGETS = 6_000
TEMPLATES = 240
AT_ONCE = 500
FIRST_DAY = datetime(2002, 4, 1)
LAST_DAY = datetime(2025, 6, 30)
# The programmes of the archive, roughly as often as they have observations.
TYPES = {
    "GO": 44,
    "CAL/ACS": 30,
    "SNAP": 6,
    "GTO/ACS": 5,
    "GO/PAR": 4,
    "GO/DD": 2,
    "CAL/OTA": 2,
    "ENG/ACS": 2,
    "SM3/ACS": 1,
    "SM3/ERO": 1,
    "SM4/ACS": 1,
    "SM4/ERO": 1,
    "SM4/COS": 1,
    "CAL/STIS": 1,
    "CAL/WFC3": 1,
    "GTO/COS": 1,
    "NASA": 1,
}
# How often each kind of exposure is taken of what the templates show.
KINDS = {
    ("WFC", "BIAS"): 22,
    ("WFC", "DARK"): 24,
    ("WFC", "FLAT"): 5,
    ("WFC", "EXT"): 33,
    ("HRC", "BIAS"): 2,
    ("HRC", "DARK"): 3,
    ("HRC", "FLAT"): 1,
    ("HRC", "EXT"): 6,
    ("SBC", "DARK"): 1,
    ("SBC", "FLAT"): 1,
    ("SBC", "EXT"): 2,
}
# The filters of each wheel and the apertures, the frequent ones first.
WHEELS = {
    "WFC": (
        "CLEAR1L F606W F475W F775W F555W F850LP F625W F658N G800L F502N F550M F892N POL0V POL60V",
        "CLEAR2L F814W F435W F660N POL0UV POL60UV FR656N FR459M FR914M FR505N FR716N FR782N",
    ),
    "HRC": (
        "CLEAR1S F606W F475W F555W F775W F850LP F625W F658N F250W",
        "CLEAR2S F330W F435W F814W F220W F344N POL0UV FR388N",
    ),
    "SBC": ("F150LP F140LP F125LP F165LP F115LP F122M PR110L", "N/A"),
}
APERTURES = {
    "WFC": "WFC WFCENTER WFC1 WFC2 WFC1-CTE WFC1-1K WFC1-2K WFC2-2K WFC-FIX WFC1-512 WFC1-IRAMP",
    "HRC": "HRC HRC-FIX HRC-512 HRC-CORON1.8 HRC-CORON3.0 HRC-ACQ HRC-SUB1.8",
    "SBC": "SBC SBC-FIX SBC-LODARK",
}
# Exposure times of the sky, in seconds: round ones are requested, others are the rest of an orbit.
ROUND_TIMES = (0.5, 10, 30, 60, 100, 120, 200, 300, 337, 350, 400, 450, 500, 507, 520, 600, 700)
# Not everything has jitter files, which makes 4.8 files of an observation.
WITHOUT_JITTER = {"EXT": 0.5, "BIAS": 0.9, "DARK": 0.9, "FLAT": 0.9}
JITTER = ("jif", "jit")
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def main() -> None:
    """Write the database, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("connection_string")
    parser.add_argument("--observations", type=int, default=OBSERVATIONS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with Store(arguments.connection_string, keyword_specs.load()) as store:
        if store.observations.find_one({}, {"_id": 1}):
            parser.error(f"{store.address} holds observations already")
        for line in write(store, keyword_specs.load(), arguments.observations, arguments.seed):
            print(line, flush=True)


def write(store: Store, specs: KeywordSpecs, observations: int, seed: int) -> Iterator[str]:
    """Fill an empty database, and yield lines that say what it took."""
    proposals = made_proposals(observations, random.Random(seed))
    clock = time.perf_counter()
    runner.migrate_if_empty(store, specs)
    templates = ingested_templates(store, specs)
    yield f"{len(templates)} templates: {time.perf_counter() - clock:.0f} s"
    clock = time.perf_counter()
    documents = Mission(templates, proposals, seed).documents(observations)
    while batch := list(itertools.islice(documents, AT_ONCE)):
        store.observations.insert_many(batch, ordered=False, bypass_document_validation=True)
    store.proposals.insert_many(proposal.document() for proposal in proposals)
    yield f"{observations} documents: {time.perf_counter() - clock:.0f} s"
    clock = time.perf_counter()
    store.make_indexes()
    yield f"indexes: {time.perf_counter() - clock:.0f} s"
    clock = time.perf_counter()
    headerless.make_all(store)
    marks = [{"$project": {"_id": 1}}, {"$set": {"token": "new"}}, {"$merge": CHANGED}]
    store.observations.aggregate(marks)
    fold_all(store)
    yield f"copies and columns: {time.perf_counter() - clock:.1f} s"
    yield from described(store)


def described(store: Store) -> Iterator[str]:
    """Yield lines that say how large the collection and its indexes are."""
    found = store.database.command("collStats", store.observations.name)
    average, data, disk = found["avgObjSize"] / 1e3, found["size"] / 1e9, found["storageSize"] / 1e9
    yield f"{found['count']} documents of {average:.1f} KB: {data:.2f} GB, {disk:.2f} GB on disk"
    for name, size in sorted(found["indexSizes"].items(), key=lambda item: -item[1]):
        yield f"  {size / 1e6:7.1f} MB {name}"
    yield f"  {sum(found['indexSizes'].values()) / 1e6:7.1f} MB in {found['nindexes']} indexes"


def ingested_templates(store: Store, specs: KeywordSpecs) -> list[dict[str, Any]]:
    """Return the documents of a sample archive, ingested into a database beside the given one."""
    server, _, options = store.connection_string.partition("?")
    uri = f"{server.rpartition('/')[0]}/{store.database.name}_templates?{options}"
    with tempfile.TemporaryDirectory() as folder, Store(uri, specs) as beside:
        root = Path(folder)
        sample.write(root / "archive", TEMPLATES, 1, "small")
        folders = {
            name: root / name for name in ("data_dir", "jpeg_dir", "thumbnail_dir", "log_dir")
        }
        config = Config(
            filesystem=root / "archive",
            proposals_file=root / "archive" / "proposals.yaml",
            ncores=1,
            connection_string=uri,
            **folders,
        )
        try:
            run.ingest(config, run.Options(scheduler=workers.SYNCHRONOUS))
            return list(beside.observations.find().sort("_id", 1))
        finally:
            beside.client.drop_database(beside.database.name)


@dataclass(frozen=True)
class Proposal:
    """A proposal, and how many observations it has; `first` is when they begin (MJD)."""

    proposid: int
    code: str
    type: str
    last_name: str
    first_name: str
    observations: int
    first: float
    days: float
    internal: bool

    def document(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "_id": self.proposid,
            "type": self.type,
            "title": f"Programme {self.proposid} of {self.last_name}",
            "cycle": 11 + int((self.first - mjd(FIRST_DAY)) / 365.25),
            "pi": f"{self.last_name}, {self.first_name}",
        }


def made_proposals(observations: int, chance: random.Random) -> list[Proposal]:
    """Return proposals that have a given number of observations together, most of them few."""
    number = max(1, min(PROPOSALS, observations // 20))
    sizes = _sizes(observations, number, chance)
    span = mjd(LAST_DAY) - mjd(FIRST_DAY)
    made = []
    for index, size in enumerate(sizes):
        # The huge ones are the monitors of biases and darks, which go on for years.
        internal = size > 6 * observations / number
        type_ = "CAL/ACS" if internal else chance.choices(list(TYPES), TYPES.values())[0]
        days = chance.uniform(300, 2000) if internal else chance.uniform(1, 700)
        number_of_name = chance.randrange(1500)
        made.append(
            Proposal(
                proposid=8990 + 2 * index,
                code=_base36(index + 8 * 36**2, 3),
                type=type_,
                last_name=f"{_word(number_of_name)}",
                first_name=_word(number_of_name % 97),
                observations=size,
                first=mjd(FIRST_DAY) + (span - days) * index / number,
                days=days,
                internal=internal,
            )
        )
    return made


def _sizes(observations: int, number: int, chance: random.Random) -> list[int]:
    """Return the sizes of proposals, log-normal and with one that has `LARGEST_PROPOSAL`."""
    largest = min(LARGEST_PROPOSAL, observations // 10)
    weights = [min(chance.lognormvariate(0, 1.3), 30) for _ in range(number - 1)]
    rest = observations - largest - (number - 1)
    total = sum(weights)
    sizes = [1 + min(int(rest * weight / total), largest - 1) for weight in weights]
    short = observations - largest - sum(sizes)
    for index in range(short):
        sizes[index % len(sizes)] += 1
    sizes.insert(number // 3, largest)
    return sizes


class Mission:
    """Makes the documents of a mission from templates.

    Parameters
    ----------
    templates : sequence of dict
        Documents that an ingest wrote.
    """

    def __init__(
        self,
        templates: Sequence[Mapping[str, Any]],
        proposals: Sequence[Proposal],
        seed: int,
    ) -> None:
        self._proposals = proposals
        self._chance = random.Random(seed)
        self._pointings = _pointings(self._chance)
        self._templates: dict[tuple[str, str], list[Template]] = {}
        for document in templates:
            kind = (document["detector"], document["imagetyp"])
            if kind in KINDS:
                self._templates.setdefault(kind, []).append(Template(document))
        self._internal = [kind for kind in self._templates if kind[1] != "EXT"]
        self._sky = [kind for kind in self._templates if kind[1] == "EXT"]
        self._ingested = datetime(2025, 7, 1)

    def documents(self, observations: int) -> Iterator[dict[str, Any]]:
        """Yield the documents, in the order of their proposals."""
        made = (
            self._document(proposal, number)
            for proposal in self._proposals
            for number in range(proposal.observations)
        )
        return itertools.islice(made, observations)

    def _document(self, proposal: Proposal, number: int) -> dict[str, Any]:
        chance = self._chance
        template = self._template(proposal)
        visit, exposure = divmod(number, 12)
        obset = _base36(visit + 1, 2)
        stem = f"j{proposal.code}{obset}{_base36(10 * 36 + exposure * 7, 2)}"
        start = proposal.first + proposal.days * (number + chance.random()) / proposal.observations
        exptime = self._exptime(template)
        promoted = {
            "proposid": proposal.proposid,
            "proposal_type": proposal.type,
            "pr_inv_l": proposal.last_name,
            "pr_inv_f": proposal.first_name,
            "visit": obset,
            "linenum": f"{visit % 100:02d}.{exposure + 1:03d}",
            "exptime": exptime,
            "expstart": start,
            "expend": start + exptime / 86400,
            "date_obs": datetime.combine(moment(start).date(), datetime.min.time()),
            "time_obs": moment(start).time().isoformat(),
        }
        if template.associated:
            promoted["asn_id"] = f"J{proposal.code}{obset}010".upper()
        pointing = None
        if template.points:
            # A visit stays at its target, and the next one is often at the same.
            index = hash((proposal.proposid, visit // 4)) % len(self._pointings)
            target, pointing = self._pointings[index]
            promoted |= {"targname": target, "ra_targ": pointing[0], "dec_targ": pointing[1]}
            promoted |= self._optics(template.document["detector"])
        without = JITTER if chance.random() < WITHOUT_JITTER[template.document["imagetyp"]] else ()
        ingested = self._ingested - timedelta(minutes=chance.randrange(500_000))
        return template.filled(stem, promoted, pointing, without, ingested, chance.gauss(1, 0.2))

    def _template(self, proposal: Proposal) -> Template:
        kinds = self._internal if proposal.internal else self._sky
        if not proposal.internal and self._chance.random() < 0.35:
            kinds = self._internal
        weights = [KINDS[kind] for kind in kinds]
        kind = self._chance.choices(kinds, weights)[0]
        # The same few ways of observing make most of what a detector does.
        return self._often(self._templates[kind])

    def _optics(self, detector: str) -> dict[str, str]:
        first, second = (wheel.split() for wheel in WHEELS[detector])
        # One wheel is mostly clear while the other one filters.
        by_first = self._chance.random() < 0.6
        return {
            "filter1": self._often(first) if by_first else first[0],
            "filter2": second[0] if by_first else self._often(second),
            "aperture": self._often(APERTURES[detector].split()),
        }

    def _often(self, choices: Sequence[Any]) -> Any:
        """Return one of some, the first ones much more often."""
        return choices[int(len(choices) * self._chance.random() ** 3)]

    def _exptime(self, template: Template) -> float:
        if not template.points:
            return template.document["exptime"]
        if self._chance.random() < 0.6:
            return float(self._chance.choice(ROUND_TIMES))
        return round(self._chance.lognormvariate(5.8, 0.9))


def _pointings(chance: random.Random) -> list[tuple[str, tuple[float, float]]]:
    """Return the names and places of targets; famous ones stand there many times."""
    made = []
    for index in range(TARGETS):
        place = (chance.uniform(0, 360), math.degrees(math.asin(chance.uniform(-1, 1))))
        catalogue = chance.choice(("NGC", "NGC-", "ABELL-", "M31-F", "SDSSJ", "GOODS-S", "HD"))
        times = 1 + int(chance.paretovariate(1.2)) if index % 50 == 0 else 1
        made += [(f"{catalogue}{index:04d}", place)] * min(times, 60)
    return made


def _base36(number: int, digits: int) -> str:
    """Return a number in base 36 with a given number of digits."""
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 36)
        text = _BASE36[digit] + text
    return text


def _word(number: int) -> str:
    """Return a name that one can say, another one for each number."""
    syllables = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "ru", "sa", "te", "vi")
    text = ""
    for _ in range(3):
        number, part = divmod(number, len(syllables))
        text += syllables[part]
    return text.capitalize()


if __name__ == "__main__":
    main()
