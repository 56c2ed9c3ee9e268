"""Every case holds in the core, and the oracle that the core is held against says the same."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rights.doors import Door, core, facts_of, slow_oracle
from tests.support import oracle
from tests.support.cases import CASES, QUESTIONS, Case


@pytest.mark.parametrize("door", [core, slow_oracle])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, door: Door) -> None:
    facts = facts_of(case)
    wrong = [(question, answer) for question in case.questions if (answer := door(facts, question)) != question.answer]
    assert not wrong


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_speaks_of_facts_that_agree(case: Case) -> None:
    assert oracle.consistent(facts_of(case))


def test_each_sentence_is_proved_once() -> None:
    assert [name for name, times in Counter(case.name for case in CASES).items() if times > 1] == []


def test_the_cases_ask_every_question_and_hear_every_answer_that_rights_can_give() -> None:
    questions = [question for case in CASES for question in case.questions]
    assert {type(question) for question in questions} == {kind for kind, _ in QUESTIONS.values()}
    assert {question.answer for question in questions if isinstance(question.answer, str)} == {
        "Accepted",
        "Blocked",
        "Expired",
        "NotAtThisLocation",
        "NotAtThisTime",
        "Unknown",
    }
