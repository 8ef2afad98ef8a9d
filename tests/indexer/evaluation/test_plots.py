import sys
from xml.etree import ElementTree

import pytest

from common.errors import InvalidInput, SetupProblem
from indexer.evaluation.plots import plot
from indexer.evaluation.retrieval import report
from tests.indexer.evaluation.outcomes import outcome

FIGURES = report([outcome(confidence=0.9), outcome(gold=("C",), confidence=0.3)], rounds=100)


def test_an_svg_names_both_axes_and_the_working_point(tmp_path):
    file = tmp_path / "curve.svg"
    plot(FIGURES, file)
    text = " ".join(ElementTree.parse(file).getroot().itertext())
    assert "coverage: share of questions answered" in text
    assert "as shipped: 100% answered" in text
    assert "ECE" in text


def test_a_png_is_one(tmp_path):
    plot(FIGURES, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_another_format_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match=r"\.svg hoặc \.png"):
        plot(FIGURES, tmp_path / "curve.pdf")


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SetupProblem, match=r"dev\.lock"):
        plot(FIGURES, tmp_path / "curve.svg")
