"""Judges a tree of guide files: each file alone, then the files against each other.

`python -m knowledge_base.validator [PATHS]` prints `file:line: field: message` and exits 1 on errors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from common.clock import local_date
from common.errors import InvalidGuide
from knowledge_base.catalogue import catalogue_codes, undecided_codes
from knowledge_base.loader import GUIDES_DIR, GuideFile, load_tree, parse_guide
from knowledge_base.model import Guide
from knowledge_base.rules import ERROR_RULES, WARNING_RULES, Context, plain_key

__all__ = ["Report", "check_text", "main", "validate_tree"]


@dataclass
class Report:
    """All problems of a tree, in the order of files and lines; `guides` are those without an error."""

    errors: list[InvalidGuide] = field(default_factory=list)
    warnings: list[InvalidGuide] = field(default_factory=list)
    guides: list[Guide] = field(default_factory=list)
    files: int = 0

    @property
    def ok(self) -> bool:
        return not self.errors


def validate_tree(
    root: Path = GUIDES_DIR,
    *,
    known_codes: Collection[str] | None = None,
    known_forms: Collection[str] | None = None,
    undecided: Collection[str] = (),
    today: date | None = None,
) -> Report:
    """Loads and checks every guide under `root`. Never raises for what the files hold.

    `known_codes` are the codes of the catalogue (None: `related` isn't checked), `known_forms` the e-forms
    (None: not checked), `undecided` codes that may lack a decision number. A guide that breaks a rule is
    reported and left out of `Report.guides`.
    """
    if not root.is_dir():
        return Report(errors=[InvalidGuide("không có thư mục hướng dẫn này", file=str(root))])
    files = load_tree(root)
    written = {file.guide.code for file in files if file.guide}
    codes = None if known_codes is None else {*known_codes, *written}
    context = Context(today or local_date(), codes, known_forms, undecided)
    warnings: list[InvalidGuide] = []
    for file in files:
        file.errors.extend(_placement(file, root))
        _apply_rules(file, context, warnings)
    for check in (_one_file_a_code, _one_guide_a_question):
        check(files)
    warnings.extend(_shared_short_names(files))
    return _report(files, warnings)


def check_text(
    text: str, context: Context, *, name: str = "guide.yml"
) -> tuple[GuideFile, list[InvalidGuide]]:
    """One guide from YAML text, as an editor checks it: the file (with its errors) and the warnings."""
    file = parse_guide(text, name)
    warnings: list[InvalidGuide] = []
    _apply_rules(file, context, warnings)
    file.errors.sort(key=_place)
    return file, sorted(warnings, key=_place)


def _apply_rules(file: GuideFile, context: Context, warnings: list[InvalidGuide]) -> None:
    if file.guide is None:
        return
    for rule in ERROR_RULES:
        file.errors.extend(file.problem(detail, *path) for path, detail in rule(file.guide, context))
    for rule in WARNING_RULES:
        warnings.extend(file.problem(detail, *path) for path, detail in rule(file.guide, context))


def _placement(file: GuideFile, root: Path) -> Iterator[InvalidGuide]:
    """`guides/<field>/<code>.yml`, so that a code leads to its file."""
    path = file.path
    if path is None:
        return
    parts = path.relative_to(root).parts
    if len(parts) != 2:
        yield InvalidGuide("tệp phải nằm ở guides/<lĩnh vực>/<mã>.yml", file=file.name, line=1)
    if path.suffix != ".yml":
        yield InvalidGuide("đuôi tệp phải là .yml", file=file.name, line=1)
    if file.guide and path.stem != file.guide.code:
        yield file.problem(f"tên tệp phải là {file.guide.code}.yml, đúng theo mã thủ tục", "code")


def _one_file_a_code(files: list[GuideFile]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        if file.guide:
            earlier = seen.setdefault(file.guide.code, file.name)
            if earlier != file.name:
                file.errors.append(file.problem(f"mã này đã có ở {earlier}", "code"))


def _one_guide_a_question(files: list[GuideFile]) -> None:
    """The same question can't lead to two guides."""
    for file, index, earlier in _repeated(files, lambda guide: guide.questions):
        file.errors.append(file.problem(f"câu hỏi này đã có ở {earlier}", "questions", index))


def _shared_short_names(files: list[GuideFile]) -> list[InvalidGuide]:
    repeated = _repeated(files, lambda guide: guide.short_names)
    return [
        file.problem(f"tên gọi tắt này cũng có ở {earlier}", "short_names", index)
        for file, index, earlier in repeated
    ]


def _repeated(
    files: list[GuideFile], texts: Callable[[Guide], Iterable[str]]
) -> list[tuple[GuideFile, int, str]]:
    """`(file, index, name of the earlier file)` for each text that an earlier file has too."""
    seen: dict[str, str] = {}
    found = []
    for file in files:
        for index, text in enumerate(texts(file.guide) if file.guide else ()):
            earlier = seen.setdefault(plain_key(text), file.name)
            if earlier != file.name:
                found.append((file, index, earlier))
    return found


def _place(problem: InvalidGuide) -> tuple[str, int]:
    return problem.file, problem.line


def _report(files: list[GuideFile], warnings: list[InvalidGuide]) -> Report:
    errors = sorted((error for file in files for error in file.errors), key=_place)
    sound = [file.guide for file in files if file.guide and not file.errors]
    return Report(errors, sorted(warnings, key=_place), sound, len(files))


def main(arguments: list[str]) -> int:
    """Checks the shipped guides, or the named folders and files with all guides beside them."""
    wanted = [Path(argument).resolve() for argument in arguments] or [GUIDES_DIR]
    failed = False
    for root in dict.fromkeys(_root_of(path) for path in wanted):
        report = validate_tree(root, known_codes=catalogue_codes(), undecided=undecided_codes())
        for kind, problems in (("lỗi", report.errors), ("lưu ý", report.warnings)):
            for problem in problems:
                if any((root.parent / problem.file).is_relative_to(path) for path in wanted):
                    failed |= kind == "lỗi"
                    sys.stdout.write(f"{problem} [{kind}]\n")
        summary = f"{len(report.guides)}/{report.files} hướng dẫn đạt, {len(report.warnings)} lưu ý"
        sys.stdout.write(f"{root}: {summary}\n")
    return 1 if failed else 0


def _root_of(path: Path) -> Path:
    """The `guides` folder that `path` lies in; else the folder itself, or a file's grandparent."""
    for folder in (path, *path.parents):
        if folder.name == "guides":
            return folder
    return path.parent.parent if path.is_file() else path


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
