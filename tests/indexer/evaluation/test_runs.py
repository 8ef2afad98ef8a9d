from hypothesis import given
from hypothesis import strategies as st

from indexer.evaluation.runs import Row, grouped, intervals, means

values = st.lists(st.sampled_from([None, 0.0, 0.5, 1.0]), max_size=20)


def rows(column, **fields) -> list[Row]:
    return [Row(id=str(place), question="q", values={"m": value}, **fields) for place, value in enumerate(column)]


@given(values)
def test_a_mean_counts_the_rows_to_which_the_metric_applies(column):
    known = [value for value in column if value is not None]
    expected = round(sum(known) / len(known), 4) if known else None
    assert means(rows(column), ("m",)) == {"m": expected}


@given(values)
def test_groups_partition_the_rows(column):
    found = grouped(rows(column), ("m",), lambda row: str(int(row.id) % 3))
    assert sum(group["n"] for group in found.values()) == len(column)
    assert list(found) == sorted(found)


def test_a_metric_that_no_row_knows_has_no_mean():
    assert means(rows([1.0]), ("other",)) == {"other": None}


@given(values)
def test_an_interval_holds_its_mean_where_every_row_is_a_cluster(column):
    mean, span = means(rows(column), ("m",))["m"], intervals(rows(column), ("m",), rounds=200)["m"]
    assert (mean is None) == (span is None)
    assert span is None or span[0] <= span[1]
