"""Why the answer is yes or no, and by which rights. The cases say which tags are accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chargerights.rights.decide import (
    Cause,
    Decision,
    Reason,
    RightEvaluation,
    RightStatus,
    decide,
    decide_driver,
    evaluate_rights,
)
from chargerights.rights.model import Driver, Hours, Right
from chargerights.rights.network import Network
from tests.support.world import (
    ALICE,
    AN_INSTANT,
    BOB,
    CAROL,
    CIR_2,
    CIRCUIT_A,
    COMPANY,
    DAN,
    DEP_1,
    DEPOT,
    ERIN,
    FACTS,
    FRANK,
    GF_1,
    GRACE,
    GROUND_FLOOR,
    HEIDI,
    IVAN,
    JUDY,
    MALLORY,
    NIAJ,
    NOW,
    OFF_1,
    PEGGY,
    RIV_1,
    RIVAL,
    TOMORROW,
    VISITORS,
    YESTERDAY,
    On,
    driver,
    network,
)

THE_CASTS_CAUSES = {
    ALICE: Cause.RIGHT_STANDS,
    BOB: Cause.RIGHT_STANDS,
    CAROL: Cause.NO_RIGHT_NOW,
    DAN: Cause.NO_RIGHT_HERE,
    ERIN: Cause.RIGHT_STANDS,
    FRANK: Cause.DRIVER_DISABLED,
    GRACE: Cause.TAG_BLOCKED,
    HEIDI: Cause.TAG_EXPIRED,
    IVAN: Cause.TAG_NOT_STARTED,
    JUDY: Cause.NO_RIGHT_HERE,
    NIAJ: Cause.NO_RIGHT_HERE,
    PEGGY: Cause.NO_RIGHT_NOW,
    MALLORY: Cause.TAG_UNKNOWN,
}


@pytest.mark.parametrize(("who", "cause"), THE_CASTS_CAUSES.items(), ids=[each.name for each in THE_CASTS_CAUSES])
def test_at_the_depot_each_of_the_cast_meets_their_own_cause(who: Driver, cause: Cause) -> None:
    decision = decide(network(), who.name, "DEP-1", NOW)
    known = cause is not Cause.TAG_UNKNOWN
    assert (decision.cause, decision.at, decision.charger) == (cause, NOW, DEP_1)
    assert decision.driver == (who if known else None)
    assert decision.tag == (who.tags[0] if known else None)


def test_the_first_sentence_of_the_rule_that_fails_names_the_cause() -> None:
    """Walter fails at all of them; each step mends one."""
    walter = driver(50, "Walter", enabled=False, blocked=True, expires_at=NOW)
    unblocked = with_tag(walter, blocked=False)
    enabled = replace(unblocked, enabled=True)
    unexpired = with_tag(enabled, expires_at=None, starts_at=TOMORROW)
    started = with_tag(unexpired, starts_at=None)

    def cause(who: Driver, id_tag: str = "WALTER", charger_id: str = "DEP-1", end: datetime = TOMORROW) -> Cause:
        blocked = [replace(each, blocked_until=end) for each in FACTS.chargers]
        return decide(network(FACTS._replace(chargers=blocked, drivers=[who])), id_tag, charger_id, NOW).cause

    assert [
        cause(walter, "STRANGER", "NONE"),
        cause(walter, "STRANGER"),
        cause(walter),
        cause(unblocked),
        cause(enabled),
        cause(unexpired),
        cause(started),
        cause(replace(started, rights=CAROL.rights)),
        cause(replace(started, rights=CAROL.rights + ALICE.rights)),
        cause(replace(started, rights=CAROL.rights + ALICE.rights), end=NOW),
    ] == [
        Cause.CHARGER_UNKNOWN,
        Cause.TAG_UNKNOWN,
        Cause.TAG_BLOCKED,
        Cause.DRIVER_DISABLED,
        Cause.TAG_EXPIRED,
        Cause.TAG_NOT_STARTED,
        Cause.NO_RIGHT_HERE,
        Cause.NO_RIGHT_NOW,
        Cause.CHARGER_BLOCKED,
        Cause.RIGHT_STANDS,
    ]


def with_tag(who: Driver, **changed: Any) -> Driver:
    return replace(who, tags=(replace(who.tags[0], **changed),))


def test_every_cause_has_its_reason() -> None:
    assert {cause: cause.reason for cause in Cause} == {
        Cause.RIGHT_STANDS: Reason.ACCEPTED,
        Cause.CHARGER_UNKNOWN: Reason.NOT_AT_THIS_LOCATION,
        Cause.TAG_UNKNOWN: Reason.UNKNOWN,
        Cause.TAG_BLOCKED: Reason.BLOCKED,
        Cause.DRIVER_DISABLED: Reason.BLOCKED,
        Cause.TAG_NOT_STARTED: Reason.NOT_AT_THIS_TIME,
        Cause.TAG_EXPIRED: Reason.EXPIRED,
        Cause.NO_RIGHT_HERE: Reason.NOT_AT_THIS_LOCATION,
        Cause.NO_RIGHT_NOW: Reason.NOT_AT_THIS_TIME,
        Cause.CHARGER_BLOCKED: Reason.NOT_AT_THIS_TIME,
        Cause.FREE_TO_USE: Reason.ACCEPTED,
        Cause.NOT_FREE_TO_USE: Reason.INVALID,
    }


def test_only_a_right_that_stands_or_a_free_charger_is_a_yes() -> None:
    allowing = [Cause.RIGHT_STANDS, Cause.FREE_TO_USE]
    assert [cause for cause in Cause if Decision(cause, NOW).allowed] == allowing
    assert [cause for cause in Cause if Decision(cause, NOW).reason is Reason.ACCEPTED] == allowing


def test_the_reasons_are_ocpp_201s_words() -> None:
    """AuthorizationStatusEnumType, OCPP 2.0.1 part 2."""
    assert {reason.value for reason in Reason} == {
        *("Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid", "NoCredit"),
        *("NotAllowedTypeEVSE", "NotAtThisLocation", "NotAtThisTime", "Unknown"),
    }


def test_an_unknown_charger_still_tells_whose_tag_it_was() -> None:
    assert decide(network(), "ALICE", "NONE", NOW) == Decision(
        Cause.CHARGER_UNKNOWN, NOW, tag=ALICE.tags[0], driver=ALICE
    )


def test_nothing_crosses_customers() -> None:
    ours, theirs = network(), network(RIVAL)
    assert decide(ours, "MALLORY", "DEP-1", NOW).cause is Cause.TAG_UNKNOWN
    assert decide(ours, "ALICE", "RIV-1", NOW).cause is Cause.CHARGER_UNKNOWN
    assert decide(theirs, "ALICE", "RIV-1", NOW).cause is Cause.TAG_UNKNOWN
    assert decide(theirs, "MALLORY", "RIV-1", NOW).charger == RIV_1
    assert decide(theirs, "MALLORY", "RIV-1", NOW).allowed


def test_verdicts_stand_in_the_order_of_the_rights_and_only_before_the_rights_are_asked_are_there_none() -> None:
    trent = driver(
        20, "Trent", On(OFF_1), On(VISITORS), On(COMPANY, valid_from=TOMORROW), On(DEPOT), On(CIR_2, valid_until=NOW)
    )
    asked = network(FACTS._replace(drivers=[trent]))
    decision = decide(asked, "TRENT", "CIR-2", NOW)
    assert decision.verdicts == (
        RightEvaluation(trent.rights[0], RightStatus.ELSEWHERE, ()),
        RightEvaluation(trent.rights[1], RightStatus.STANDS, (CIRCUIT_A.id,)),
        RightEvaluation(trent.rights[2], RightStatus.NOT_YET, (COMPANY.id, DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id)),
        RightEvaluation(trent.rights[3], RightStatus.STANDS, (DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id)),
        RightEvaluation(trent.rights[4], RightStatus.ENDED, (CIRCUIT_A.id,)),
    )
    assert decision.paths == (decision.verdicts[1], decision.verdicts[3])
    for before_rights in ("FRANK", "GRACE", "HEIDI", "IVAN"):
        assert decide(network(), before_rights, "DEP-1", NOW).verdicts == ()


def test_a_no_has_no_path() -> None:
    assert decide(network(), "CAROL", "DEP-1", NOW).paths == ()


def test_at_a_blocked_charger_nobody_may_charge_whoever_he_is_and_elsewhere_all_is_as_before() -> None:
    asked = blocked_at_the_gate()
    for who in FACTS.drivers:
        assert not decide(asked, who.name, "DEP-1", NOW).allowed
        assert not decide_driver(asked, who, "DEP-1", NOW).allowed
        assert decide(asked, who.name, "GF-1", NOW) == decide(network(), who.name, "GF-1", NOW)


def test_a_block_names_itself_where_a_right_stands_and_gives_no_path() -> None:
    decision = decide(blocked_at_the_gate(), "ALICE", "DEP-1", NOW)
    assert (decision.cause, decision.paths) == (Cause.CHARGER_BLOCKED, ())
    assert decision.verdicts == (RightEvaluation(ALICE.rights[0], RightStatus.STANDS, (DEPOT.id,)),)
    assert decision.charger == replace(DEP_1, blocked_until=TOMORROW)
    assert decide_driver(blocked_at_the_gate(), ALICE, "DEP-1", NOW) == replace(decision, tag=None)


@pytest.mark.parametrize("who", [CAROL, DAN, FRANK, GRACE, HEIDI, IVAN, PEGGY, MALLORY], ids=lambda each: each.name)
def test_who_would_be_refused_without_the_block_is_told_why_and_not_of_the_block(who: Driver) -> None:
    assert decide(blocked_at_the_gate(), who.name, "DEP-1", NOW).cause is THE_CASTS_CAUSES[who]


def test_a_block_is_over_at_the_instant_at_which_it_ends() -> None:
    asked = blocked_at_the_gate()
    assert decide(asked, "ALICE", "DEP-1", TOMORROW - AN_INSTANT).cause is Cause.CHARGER_BLOCKED
    assert decide(asked, "ALICE", "DEP-1", TOMORROW).cause is Cause.RIGHT_STANDS


def blocked_at_the_gate() -> Network:
    """The cast's network, DEP-1 blocked until tomorrow."""
    blocked = [replace(each, blocked_until=TOMORROW) if each is DEP_1 else each for each in FACTS.chargers]
    return network(FACTS._replace(chargers=blocked))


def test_a_driver_is_judged_whatever_tag_he_shows() -> None:
    asked = network()
    for who in (GRACE, HEIDI, IVAN):
        assert decide_driver(asked, who, "DEP-1", NOW) == Decision(
            Cause.RIGHT_STANDS,
            NOW,
            DEP_1,
            None,
            who,
            (RightEvaluation(who.rights[0], RightStatus.STANDS, (DEPOT.id,)),),
        )
    assert decide_driver(asked, FRANK, "DEP-1", NOW) == Decision(Cause.DRIVER_DISABLED, NOW, DEP_1, None, FRANK)
    assert decide_driver(asked, ALICE, "NONE", NOW) == Decision(Cause.CHARGER_UNKNOWN, NOW, driver=ALICE)


def test_a_window_is_judged_before_the_hours() -> None:
    never = (Hours(NOW.isoweekday() % 7 + 1, 0, 1),)
    for on, standing in (
        (On(GF_1, valid_from=TOMORROW, hours=never), RightStatus.NOT_YET),
        (On(GF_1, valid_until=YESTERDAY, hours=never), RightStatus.ENDED),
        (On(GF_1, YESTERDAY, TOMORROW, never), RightStatus.OUTSIDE_HOURS),
    ):
        assert [each.standing for each in evaluate_rights(network(), driver(20, "Trent", on), GF_1, NOW)] == [standing]


def test_every_right_is_read_on_the_clock_of_the_chargers_site() -> None:
    from_noon = (Hours(NOW.isoweekday(), 12 * 60, 13 * 60),)
    trent = driver(20, "Trent", On(DEPOT, hours=from_noon), On(OFF_1, hours=from_noon), On(DEP_1, hours=from_noon))
    assert [each.standing for each in evaluate_rights(network(), trent, DEP_1, NOW)] == [
        RightStatus.STANDS,
        RightStatus.ELSEWHERE,
        RightStatus.STANDS,
    ]
    assert [each.standing for each in evaluate_rights(network(), trent, OFF_1, NOW)] == [
        RightStatus.ELSEWHERE,
        RightStatus.OUTSIDE_HOURS,
        RightStatus.ELSEWHERE,
    ]


def test_a_right_whose_place_has_the_chargers_number_but_another_kind_is_elsewhere() -> None:
    """Visitors is access group 1, Company is site 1, and a charger may be called 1."""
    on_group_1, on_site_1 = (Right(1, each) for each in (JUDY.rights[0].place, BOB.rights[0].place))
    trent = replace(DAN, rights=(on_group_1, on_site_1))
    assert [each.standing for each in evaluate_rights(network(), trent, DEP_1, NOW)] == [
        RightStatus.ELSEWHERE,
        RightStatus.STANDS,
    ]
    assert [each.standing for each in evaluate_rights(network(), trent, OFF_1, NOW)] == [
        RightStatus.STANDS,
        RightStatus.ELSEWHERE,
    ]
