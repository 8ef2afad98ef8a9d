"""Audit of the curated guides: is each number, unit, legal number and paper found in its official record?

What isn't must carry a written reason in `knowledge_base/audit.yml`. The measure and its limits are described in
`docs/curation.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.errors import InvalidGuide
from knowledge_base.audit.claims import Claim, claims_of
from knowledge_base.audit.evidence import Evidence
from knowledge_base.audit.fingerprint import load_fingerprints, read_evidence
from knowledge_base.audit.judge import borne_out, nearest
from knowledge_base.audit.reasons import EVERY, REASONS_FILE, Reason, load_reasons
from knowledge_base.loader import GUIDES_DIR, GuideFile, load_tree
from knowledge_base.model import Guide

__all__ = ["AuditReport", "Finding", "audit", "audit_guides"]


@dataclass(frozen=True)
class Finding:
    """A value of a guide that its record doesn't bear out; `why` is its written reason, empty if it has none."""

    code: str
    file: str
    line: int
    field: str
    value: str
    nearest: str
    advice: str
    why: str = ""

    def __str__(self) -> str:
        near = f"; gần nhất: {self.nearest}" if self.nearest else ""
        return f"{self.file}:{self.line}: {self.field}: “{self.value}” không có trong hồ sơ gốc{near}. {self.advice}"


@dataclass
class AuditReport:
    """`checked` values of `guides` guides; `found` in the record, `reasoned` and open ones apart.

    `problems` are guides or reasons that can't be judged, and reasons that no longer match anything.
    """

    guides: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    reasoned: list[Finding] = field(default_factory=list)
    problems: list[InvalidGuide] = field(default_factory=list)

    @property
    def values(self) -> int:
        return sum(self.checked.values())

    @property
    def found(self) -> int:
        return self.values - len(self.findings) - len(self.reasoned)

    @property
    def ok(self) -> bool:
        return not self.findings and not self.problems


def audit(
    records: Path | None = None,
    codes: Collection[str] = (),
    *,
    root: Path = GUIDES_DIR,
    reasons: Path = REASONS_FILE,
) -> AuditReport:
    """Compares the guides under `root` (those of `codes`, or all) with their records.

    `records` is an official catalogue; without it, the shipped fingerprints. Raises InvalidInput when the
    catalogue or the fingerprints can't be read.
    """
    files = [file for file in load_tree(root) if not codes or _code(file) in codes]
    evidence = read_evidence(records, {_code(file) for file in files}) if records else load_fingerprints()
    written, problems = load_reasons(reasons)
    report = audit_guides(files, evidence, written, whole=not codes)
    for code in sorted(set(codes) - {_code(file) for file in files}):
        report.problems.append(InvalidGuide("không có hướng dẫn biên soạn của mã này", file=code))
    report.problems = [*problems, *report.problems]
    return report


def audit_guides(
    files: Iterable[GuideFile], evidence: Mapping[str, Evidence], reasons: Iterable[Reason] = (), *, whole: bool = True
) -> AuditReport:
    """Judges guide files as read. Reasons of guides that aren't among them count as outdated only if `whole`."""
    report = AuditReport()
    known = {(reason.code, reason.field, reason.value): reason for reason in reasons}
    used: set[Reason] = set()
    seen: set[str] = set()
    for file in files:
        seen.add(_code(file))
        guide = file.guide
        if guide is None or guide.code not in evidence:
            report.problems.append(file.problem(_ADVICE["guide" if guide is None else "record"], "code"))
            continue
        report.guides += 1
        for claim, finding in _findings(file, guide, evidence, report.checked):
            reason = _reason(finding, claim, known)
            if reason is None:
                report.findings.append(finding)
            else:
                used.add(reason)
                report.reasoned.append(Finding(**{**vars(finding), "why": reason.why}))
    for reason in known.values():
        if reason not in used and (whole or reason.code in seen):
            problem = InvalidGuide(_ADVICE["outdated"], file=REASONS_FILE.name, line=reason.line, field=reason.code)
            report.problems.append(problem)
    return report


_ADVICE = {
    "fact": "Sửa theo hồ sơ gốc, hoặc ghi lý do vào knowledge_base/audit.yml.",
    "stated": "Sửa theo cách thức thực hiện của hồ sơ gốc, hoặc ghi lý do vào knowledge_base/audit.yml.",
    "free": "Hồ sơ gốc không nói rõ là miễn: để amount trống và ghi note, hoặc ghi lý do vào knowledge_base/audit.yml.",
    "document": "Gọi tên giấy tờ theo hồ sơ gốc, bỏ đi, hoặc ghi lý do vào knowledge_base/audit.yml.",
    "copies": "Sửa số bản theo hồ sơ gốc, hoặc ghi lý do vào knowledge_base/audit.yml.",
    "guide": "hướng dẫn chưa đọc được; chạy isee kb validate",
    "record": "không có hồ sơ gốc của mã này; dùng --records, hoặc chạy lại python -m knowledge_base.audit",
    "outdated": "lý do này không còn khớp với mục nào; bỏ đi hoặc sửa field, value",
}


def _code(file: GuideFile) -> str:
    return file.guide.code if file.guide else Path(file.name).stem


def _findings(
    file: GuideFile, guide: Guide, evidence: Mapping[str, Evidence], checked: Counter[str]
) -> Iterator[tuple[Claim, Finding]]:
    """Claims that aren't borne out; every claim is counted by how it is judged. A neighbour's facts are its own."""
    for claim in claims_of(guide):
        checked[claim.how] += 1
        records = [evidence[guide.code]]
        if claim.path[0] == "related" and (neighbour := evidence.get(guide.related[int(claim.path[1])].code)):
            records.append(neighbour)
        if not any(borne_out(claim, record) for record in records):
            where = file.problem("", *claim.path)
            near = nearest(claim, records[0])
            yield claim, Finding(guide.code, file.name, where.line, where.field, claim.value, near, _ADVICE[claim.how])


def _reason(finding: Finding, claim: Claim, known: Mapping[tuple[str, str, str], Reason]) -> Reason | None:
    name = ".".join(part for part in claim.path if isinstance(part, str))
    value = " ".join(finding.value.split())
    return known.get((finding.code, name, value)) or known.get((EVERY, name, value))
