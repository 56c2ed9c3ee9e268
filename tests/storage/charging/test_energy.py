"""The energy of a session: chosen by measurand, context, location and time, never by the place in a list."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from chargerights.storage.charging.energy import Energy, Registers, by_instant, identities
from tests.support.world import NOW

END = NOW + timedelta(hours=1)


def wh(value: float | str, **more: Any) -> dict[str, Any]:
    return {"value": value, **more}


def energy(*told: tuple[datetime, list[dict[str, Any]]], started_at: datetime | None = NOW) -> Energy:
    registers = Registers(None)
    for at, samples in by_instant(told).items():
        registers.merge(at, samples)
    return Registers(registers.kept()).energy(started_at)


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (wh(5), 5),
        (wh("5"), 5),
        (wh(" 5.5 "), 5.5),
        (wh(5, unit="kWh"), 5000),
        (wh("5", unit="KWH"), 5000),
        (wh(5, unitOfMeasure={"unit": "kWh"}), 5000),
        (wh(5, unitOfMeasure={"unit": "Wh", "multiplier": 3}), 5000),
        (wh(5, unitOfMeasure={"unit": "kWh", "multiplier": -3}), 5),
        (wh(5, unitOfMeasure={"multiplier": None, "unit": None}), 5),
        (wh(5, measurand="Energy.Active.Import.Register"), 5),
        (wh(5, measurand=None, location=None, context=None, phase=None), 5),
        (wh(5, measurand="Power.Active.Import"), None),
        (wh(5, measurand="Energy.Active.Export.Register"), None),
        (wh(5, measurand="Energy.Active.Import.Interval"), None),
        (wh(5, unit="Celsius"), None),
        (wh("abc"), None),
        (wh("303132", format="SignedData"), None),
        (wh("nan"), None),
        (wh("604,213"), None),
        (wh("604,2", unit="kWh"), None),
        (wh("1.234,5"), None),
        (wh("1_000"), None),
        (wh("１２"), None),
        (wh(True), None),
        (wh(-1), None),
        (wh("1e3"), 1000),
        (wh(".5", unit="kWh"), 500),
        (wh("604.213", unit="kWh"), 604213),
        (wh("4.35", unit="kWh"), 4350),
        (wh(5, measurand="", location="", context="", phase="", format="", unit=""), 5),
        (wh(5, unitOfMeasure={"multiplier": 12}), None),
        (wh(5, unitOfMeasure={"multiplier": 0.5}), None),
        (wh(5, unitOfMeasure={"multiplier": "3"}), None),
        (wh(5, unitOfMeasure={"multiplier": 3.0}), 5000),
        (wh(float("inf")), None),
        (wh(1e300, unitOfMeasure={"multiplier": 10**9}), None),
        ({}, None),
        ("5", None),
    ],
)
def test_a_sample_counts_when_it_is_a_register_of_imported_energy(sample: Any, found: float | None) -> None:
    assert energy((NOW, [sample])).start == found


@pytest.mark.parametrize("samples", [None, "5", {"value": 5}, 7, [], [None]])
def test_what_is_no_list_of_samples_has_no_energy(samples: Any) -> None:
    assert energy((NOW, samples)) == (None, None)


def test_the_outlet_goes_before_all_other_places_whatever_the_order() -> None:
    at_start = [wh(110, location="Inlet"), wh(100), wh(105, location="Cable")]
    at_end = [wh(1100, location="Outlet"), wh(1210, location="Inlet")]
    for one, other in ((at_start, at_end), (at_start[::-1], at_end[::-1])):
        assert energy((NOW, one), (END, other)) == (100, 1100)


def test_start_and_stop_are_of_one_place() -> None:
    """The outlet is reported at the start only: its value and the inlet's have nothing in common."""
    assert energy((NOW, [wh(100), wh(90, location="Inlet")]), (END, [wh(1290, location="Inlet")])) == (90, 1290)
    assert energy((NOW, [wh(100)]), (END, [wh(1290, location="Inlet")])) == (100, 1290)


def phases(*values: float, **more: Any) -> list[dict[str, Any]]:
    return [wh(value, phase=f"L{number}", **more) for number, value in enumerate(values, 1)]


def test_phases_are_added_up_where_no_total_is_told() -> None:
    assert energy((NOW, phases(10, 20, 30)), (END, phases(110, 120, 130))) == (60, 360)
    assert energy((NOW, [*phases(10, 20, 30), wh(61)]), (END, [wh(362), *phases(110, 120, 130)])) == (61, 362)
    assert energy((NOW, [wh(5, phase="L1-N")]), (END, [wh(7, phase="L1-N"), wh(9, phase="L1-L2")])) == (5, 7)


def test_phases_of_one_instant_are_added_up_wherever_they_stand() -> None:
    at_start, at_end = phases(100, 100, 100), phases(900, 900, 900)
    apart = [*((NOW, [each]) for each in at_start), *((END, [each]) for each in at_end)]
    assert energy(*apart) == energy(*apart[::-1]) == energy((NOW, at_start), (END, at_end)) == (300, 2700)


def test_an_incomplete_set_of_phases_is_no_total() -> None:
    at_start, middle, later = phases(100, 100, 100), phases(500, 500, 500), NOW + timedelta(minutes=30)
    only_one = phases(900, context="Transaction.End")
    assert energy((NOW, at_start), (later, middle), (END, only_one)) == (300, 1500)
    assert energy((NOW, at_start), (END, only_one)) == (300, None)
    assert energy((NOW, at_start[1:]), (END, phases(500, 500, 500))) == (None, 1500)
    assert energy((NOW, [wh(300)]), (END, only_one)) == (300, None)
    assert energy((NOW, phases(100)), (END, [wh(1500)])) == (None, 1500)
    assert energy((NOW, at_start[:1]), (later, middle[1:])) == (None, None)
    assert energy((NOW, phases(-1, 100, 100)), (END, phases(900, 500, 500))) == (None, 1900)


def test_two_phases_and_one_are_a_total_when_a_charger_has_no_more() -> None:
    assert energy((NOW, phases(100)), (END, phases(900))) == (100, 900)
    assert energy((NOW, phases(100, 50)), (END, phases(900, 50))) == (150, 950)


def test_phases_are_the_same_in_other_words_and_units() -> None:
    at_end = [
        wh(0.9, phase="L1-N", unit="kWh"),
        wh(900, phase="L2"),
        wh(9, phase="L3", unitOfMeasure={"multiplier": 2}),
    ]
    assert energy((NOW, phases(100, 100, 100)), (END, at_end)) == (300, 2700)
    said_twice = [wh(900, phase="L1"), wh("0.9", phase="L1-N", unit="kWh")]
    assert energy((NOW, phases(100, 100, 100)), (END, [*at_end, *said_twice])) == (300, 2700)
    line_to_line = [wh(9000, phase="L1-L2"), wh(9000, phase="N")]
    assert energy((NOW, phases(100, 100, 100)), (END, [*at_end, *line_to_line])) == (300, 2700)


def test_phases_of_two_places_are_not_added_up() -> None:
    mixed = [*phases(100, 100, location="Inlet"), wh(100, phase="L3"), wh(100, phase="L3", location="Inlet")]
    assert energy((NOW, mixed), (END, phases(900, 900, 900, location="Inlet"))) == (300, 2700)


def test_the_context_counts_more_than_the_place_in_the_list() -> None:
    begin, end = wh(1000, context="Transaction.Begin"), wh(5000, context="Transaction.End")
    periodic = wh(3000, context="Sample.Periodic")
    middle = NOW + timedelta(minutes=30)
    told = [(NOW, [begin]), (middle, [periodic]), (END, [end])]
    for _ in range(6):
        random.Random(3).shuffle(told)
        assert energy(*told) == (1000, 5000)
    assert energy((END, [end, begin])) == (1000, 5000)
    assert energy((middle, [begin, periodic]), (END, [wh(4990)]), (middle, [end])) == (1000, 5000)
    assert energy((END, [begin, end]), started_at=None) == (1000, 5000)


def test_without_a_context_time_decides() -> None:
    near = NOW + timedelta(seconds=40)
    assert energy((END, [wh(5000)]), (NOW, [wh(1000)]), (near, [wh(1010)])) == (1000, 5000)
    assert energy((END, [wh(5000)]), (near, [wh(1010)])) == (1010, 5000)


def test_a_reading_long_after_the_start_is_no_start_value() -> None:
    assert energy((NOW + timedelta(minutes=15), [wh(3000)]), (END, [wh(5000)])) == (None, 5000)


def test_a_reading_of_the_start_message_is_the_start_value_whenever_it_was_taken() -> None:
    registers = Registers(None)
    registers.merge(NOW - timedelta(minutes=15), [wh(1000)], NOW)
    registers.merge(END, [wh(5000)])
    assert registers.energy(NOW) == (1000, 5000)


def test_the_start_value_alone_is_no_stop_value() -> None:
    assert energy((NOW, [wh(1000)])) == (1000, None)
    assert energy((NOW, [wh(1000), wh(1000, context="Transaction.End")])) == (1000, 1000)


def test_a_stop_message_tells_the_stop_value_also_by_a_clock_that_stands_still() -> None:
    registers = Registers(None)
    registers.merge(NOW, [wh(5100)], in_stop=True)
    registers.merge(NOW, [wh(100)], NOW)
    registers.merge(NOW, [wh(2000)])
    assert Registers(registers.kept()).energy(NOW) == (100, 5100)
    registers = Registers(None)
    registers.merge(NOW, [wh(100, context="Transaction.Begin")], in_stop=True)
    assert registers.energy(NOW) == (100, None)


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (100, 900, (100, 900)),
        (0, 0, (150, 800)),
        (0, None, (0, 800)),
        (800, 800, (800, 800)),
        (0, 900, (0, 900)),
        (100, None, (100, 800)),
        (None, 900, (150, 900)),
        (-1, -1, (150, 800)),
        (100, 0, (100, 800)),
        (100, 50, (100, 800)),
        (900, 50, (900, None)),
        (900, 0, (900, None)),
        (900, None, (900, None)),
        (None, None, (150, 800)),
    ],
)
def test_what_1_6_says_stands_unless_it_cannot_be(start: Any, stop: Any, expected: tuple[float, float]) -> None:
    registers = Registers(None)
    registers.say(start, None)
    registers.say(None, stop)
    registers.merge(NOW, [wh(150, context="Transaction.Begin")])
    registers.merge(END, [wh(800, context="Transaction.End")])
    assert registers.energy(NOW) == expected


@pytest.mark.parametrize(("at", "value"), [(NOW, 150), (END, 0)])
def test_zeros_of_1_6_stand_without_a_whole_pair_of_samples(at: Any, value: float) -> None:
    registers = Registers(None)
    registers.say(0, 0)
    registers.merge(at, [wh(value)])
    assert registers.energy(NOW) == (0, 0)


def test_a_stop_below_the_start_is_no_stop_value() -> None:
    """A charger that cannot read its meter says 0."""
    later = NOW + timedelta(minutes=30)
    zero = wh(0, context="Transaction.End")
    assert energy((NOW, [wh(100)]), (END, [zero])) == (100, None)
    assert energy((NOW, [wh(100)]), (later, [wh(700)]), (END, [zero])) == (100, 700)
    assert energy((NOW, [wh(100)]), (later, [wh(700)]), (END, [wh(0)])) == (100, 700)
    inlet = [wh(1290, location="Inlet")]
    assert energy((NOW, [wh(100), wh(90, location="Inlet")]), (END, [zero, *inlet])) == (90, 1290)
    registers = Registers(None)
    registers.say(0, 0)
    assert registers.energy(NOW) == (0, 0)
    registers = Registers(None)
    registers.say(100, 0)
    assert registers.energy(NOW) == (100, None)


@pytest.mark.parametrize(
    ("seen", "last", "expected"),
    [
        ([wh(900)], [wh(899)], True),
        ([wh(900)], [wh(899.5)], False),
        ([wh(900)], [wh(900)], False),
        ([wh(900, location="Inlet")], [wh(5)], False),
        ([wh(900, location="Inlet")], [wh(5, location="Inlet")], True),
        ([wh(900)], phases(200, 200, 200), True),
        (phases(300, 300, 300), [wh(600)], True),
        (phases(300, 300, 301), [wh(900)], True),
        ([*phases(300, 300, 302), wh(900)], [wh(900)], False),
        (phases(300, 300), [wh(500)], False),
        (phases(300, 300), phases(300, 299), True),
        ([], [wh(5)], False),
        ([wh(900)], [], False),
    ],
)
def test_an_end_below_what_a_session_has_shown_is_another_ones(seen: Any, last: Any, expected: bool) -> None:
    session, end = Registers(None), Registers(None)
    session.merge(NOW, seen)
    end.merge(END, last)
    assert Registers(session.kept()).contradicts(Registers(end.kept())) is expected


def test_what_1_6_says_first_counts() -> None:
    registers = Registers(None)
    for start, stop in ((100, 900), (200, 1900)):
        registers.say(start, stop)
    assert Registers(registers.kept()).energy(NOW) == (100, 900)


def test_a_sample_is_the_same_however_it_is_written() -> None:
    written = [
        wh("700", context="Sample.Periodic", unit="Wh"),
        wh(700),
        wh("700.0", measurand="Energy.Active.Import.Register", location="Outlet", format="Raw"),
        wh(700, unitOfMeasure={"unit": "Wh", "multiplier": 0}),
        wh(700, unitOfMeasure={"unit": "wh"}, phase=None),
    ]
    assert len(identities(written)) == 1
    written += [
        wh(0.7, unit="kWh"),
        wh("0.70", unitOfMeasure={"unit": "kWh"}),
        wh(7, unitOfMeasure={"multiplier": 2}),
        wh("7e-1", unit="kWh", measurand="", phase=""),
    ]
    others = [wh(700, phase="L1"), wh(701), wh(700, context="Transaction.End"), wh(700, unit="kWh"), wh("x"), "x"]
    others += [wh("0,7", unit="kWh"), wh(True), wh(700, unit="W"), wh(7, unitOfMeasure={"multiplier": 12})]
    assert len(identities(written)) == 1
    assert len(identities([*written, *others])) == 1 + len(others) - 1
    assert len(identities([wh(11, unit="kW", measurand="Power"), wh("11000", unit="W", measurand="Power")])) == 1


def test_neither_order_nor_repetition_makes_a_difference() -> None:
    dice = random.Random(9)
    contexts = ("Sample.Periodic", "Transaction.Begin", "Transaction.End", "Sample.Clock")
    for _ in range(100):
        told = [
            (
                NOW + timedelta(seconds=dice.choice((0, 0, 30, 60, 600, 3600))),
                [
                    wh(
                        dice.randrange(5),
                        context=dice.choice(contexts),
                        location=dice.choice(("Outlet", "Inlet")),
                        phase=dice.choice((None, None, "L1", "L2", "L1-N")),
                    )
                    for _ in range(dice.randrange(1, 4))
                ],
            )
            for _ in range(dice.randrange(1, 8))
        ]
        expected = energy(*told)
        split = [(at, [sample]) for at, samples in told for sample in samples]
        for again in (told, split):
            mixed = [*again, *dice.choices(again, k=3)]
            dice.shuffle(mixed)
            assert energy(*mixed) == expected, told
