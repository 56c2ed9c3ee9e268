"""Who asks: keys are refused unless everything about them is right."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, select

from chargerights.rights.errors import InvalidIdentifier
from chargerights.rights.permissions import Permission
from chargerights.storage import callers, journal
from chargerights.storage.callers import Caller
from chargerights.storage.changes.api_keys import InvalidExpiry
from chargerights.storage.database import Database
from chargerights.storage.journal import UnknownCustomer
from chargerights.storage.rows import keys
from chargerights.storage.rows.keys import UnknownKey
from chargerights.storage.schema import api_keys
from tests.storage.writing import add_customer, everything, put, revision_of
from tests.support.world import AN_INSTANT, COMPANY, NOW, TOMORROW, YESTERDAY


@pytest.fixture
def secret(database: Database, customer: int) -> str:
    """A key that may write and never expires."""
    return database.write_now(callers.add_key, customer, at=NOW)[1]


def caller_of(database: Database, secret: str, at: datetime = NOW) -> Caller | None:
    return database.read_now(callers.authenticate, secret, at)


def known(database: Database, secret: str, at: datetime = NOW) -> Caller:
    caller = caller_of(database, secret, at)
    assert caller is not None
    return caller


def test_text_that_is_no_key_is_refused(database: Database, customer: int, secret: str) -> None:
    digits = secret.rpartition("_")[2]
    for wrong in (
        "",
        " ",
        "crk_",
        digits,
        secret.upper(),
        f" {secret}",
        f"{secret}\n",
        f"{secret}0",
        secret[:-1],
        f"crk_0{customer}_{digits}",
        f"crk_+{customer}_{digits}",
        f"crk_-1_{digits}",
        f"crk__{digits}",
        f"crk_٣_{digits}",
        f"crk_{customer}_{'０' * 64}",
        f"crk_{customer}_{hashlib.sha256(secret.encode()).hexdigest()}",
        f"crk_{customer}_\x00{digits[1:]}",
        f"crk_{customer}_%",
    ):
        assert caller_of(database, wrong) is None, wrong


@pytest.mark.parametrize("customer_id", [2**63 - 1, 2**63, 10**19 - 1])
def test_a_key_that_names_a_customer_beyond_all_numbers_is_refused_like_any_other(
    database: Database, secret: str, customer_id: int
) -> None:
    assert caller_of(database, f"crk_{customer_id}_{secret.rpartition('_')[2]}") is None


def test_a_key_that_was_never_made_is_refused(database: Database, secret: str) -> None:
    other = "0" if secret[-1] != "0" else "1"
    assert caller_of(database, secret[:-1] + other) is None


def test_a_key_is_refused_under_another_customers_number(database: Database, customer: int, secret: str) -> None:
    other = add_customer(database, "Other")
    assert caller_of(database, f"crk_{other}_{secret.rpartition('_')[2]}") is None
    assert known(database, secret).customer_id == customer


def test_each_key_is_its_own_customers(database: Database, customer: int, secret: str) -> None:
    other = add_customer(database, "Other")
    theirs = database.write_now(callers.add_key, other, at=NOW)[1]
    assert known(database, theirs).customer_id == other
    assert known(database, secret).customer_id == customer


def test_a_key_is_refused_from_the_very_instant_it_expires(database: Database, customer: int) -> None:
    at_noon_elsewhere = TOMORROW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    _, secret = database.write_now(callers.add_key, customer, at=NOW, expires_at=at_noon_elsewhere)
    assert caller_of(database, secret, TOMORROW) is None
    assert caller_of(database, secret, TOMORROW + AN_INSTANT) is None
    assert known(database, secret, TOMORROW - AN_INSTANT).customer_id == customer


@pytest.mark.parametrize("expires_at", [NOW, YESTERDAY])
def test_a_key_that_would_have_expired_before_it_is_made_is_not_made(
    database: Database, customer: int, expires_at: datetime
) -> None:
    with pytest.raises(InvalidExpiry):
        database.write_now(callers.add_key, customer, at=NOW, expires_at=expires_at)
    assert database.read_now(keys.load_with_customers) == []


def test_a_key_that_expires_at_the_end_of_time_works(database: Database, customer: int) -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    key, secret = database.write_now(callers.add_key, customer, at=NOW, expires_at=end)
    assert known(database, secret).key_id == key.id
    assert database.read_now(keys.load_with_customers) == [(customer, key)]


def test_a_revoked_key_is_refused_at_once_and_for_every_instant(database: Database, customer: int) -> None:
    key, secret = database.write_now(callers.add_key, customer, at=NOW)
    database.write_now(callers.revoke_key, customer, key.id, NOW)
    for at in (YESTERDAY, NOW - AN_INSTANT, NOW, TOMORROW):
        assert caller_of(database, secret, at) is None


def test_revoking_a_key_again_keeps_when_it_was_first_revoked(database: Database, customer: int) -> None:
    key, _ = database.write_now(callers.add_key, customer, at=YESTERDAY)
    database.write_now(callers.revoke_key, customer, key.id, NOW)
    database.write_now(callers.revoke_key, customer, key.id, TOMORROW)
    ((_, found),) = database.read_now(keys.load_with_customers, customer)
    assert found.revoked_at == NOW


def test_revoking_one_key_leaves_the_others(database: Database, customer: int, secret: str) -> None:
    key, _ = database.write_now(callers.add_key, customer, at=NOW)
    database.write_now(callers.revoke_key, customer, key.id, NOW)
    assert known(database, secret).key_id != key.id


def test_a_key_cannot_be_revoked_as_another_customers(database: Database, customer: int) -> None:
    key, secret = database.write_now(callers.add_key, customer, at=NOW)
    other = add_customer(database, "Other")
    for wrong in ((other, key.id), (customer, key.id + 1)):
        with pytest.raises(UnknownKey):
            database.write_now(callers.revoke_key, *wrong, NOW)
    assert known(database, secret).key_id == key.id


def test_a_key_for_a_customer_that_there_is_not_is_refused(database: Database, customer: int) -> None:
    with pytest.raises(UnknownCustomer):
        database.write_now(callers.add_key, customer + 1, at=NOW)
    with pytest.raises(UnknownCustomer):
        database.read_now(callers.require_customer, customer + 1)
    database.read_now(callers.require_customer, customer)


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "a\nb", "x" * 501])
def test_a_customer_needs_a_name_that_can_be_shown(database: Database, name: str) -> None:
    with pytest.raises(InvalidIdentifier):
        database.write_now(callers.add_customer, name, NOW)
    assert database.read_now(callers.list_customers) == []


def test_the_key_is_stored_nowhere_only_its_hash(database: Database, customer: int, secret: str) -> None:
    known(database, secret)
    rows = repr(database.read_now(everything))
    digits = secret.rpartition("_")[2]
    assert secret not in rows
    assert digits not in rows
    assert digits[:-4] not in rows
    assert hashlib.sha256(secret.encode()).hexdigest() in rows


def test_no_two_keys_are_alike_and_each_shows_its_prefix(database: Database, customer: int) -> None:
    secrets = [database.write_now(callers.add_key, customer, at=NOW)[1] for _ in range(20)]
    assert len(set(secrets)) == 20
    for secret in secrets:
        assert secret.startswith(f"crk_{customer}_")
        assert len(bytes.fromhex(secret.rpartition("_")[2])) * 8 == 256


def test_a_key_reads_and_writes_unless_it_is_made_to_read_only(database: Database, customer: int, secret: str) -> None:
    reading, read_only = database.write_now(callers.add_key, customer, at=NOW, read_only=True)
    mark = database.read_now(journal.mark_of, customer)
    assert mark.revision == 2
    assert known(database, read_only) == Caller(
        customer, reading.id, 1, frozenset({Permission.GLOBAL_ADMIN}), None, True, mark, 0, None
    )
    assert not known(database, secret).read_only


def test_a_caller_knows_how_new_his_answer_must_be(database: Database, customer: int, secret: str) -> None:
    assert known(database, secret).mark.revision == 1
    database.write_now(put, customer, COMPANY)
    assert known(database, secret).mark.revision == 2 == revision_of(database, customer)


def test_keys_are_listed_by_customer_and_number_with_all_but_the_key(database: Database, customer: int) -> None:
    first, secret = database.write_now(callers.add_key, customer, at=NOW, name="  Back office ")
    second, _ = database.write_now(callers.add_key, customer, at=NOW, read_only=True, expires_at=TOMORROW)
    other = add_customer(database, "Ünïcødé ☃ 株式会社")
    third, _ = database.write_now(callers.add_key, other, at=NOW)
    assert database.read_now(keys.load_with_customers) == [(customer, first), (customer, second), (other, third)]
    assert database.read_now(keys.load_with_customers, other) == [(other, third)]
    assert database.read_now(keys.load_with_customers, other + 1) == []
    assert (first.name, second.name) == ("Back office", "key")
    assert first.last_characters == secret[-4:]
    assert [(each.id, each.name) for each in database.read_now(callers.list_customers)] == [
        (customer, "Customer"),
        (other, "Ünïcødé ☃ 株式会社"),
    ]


def test_the_last_use_moves_forward_only(database: Database, customer: int, secret: str) -> None:
    caller = known(database, secret)
    for at, kept in ((NOW, NOW), (YESTERDAY, NOW), (TOMORROW, TOMORROW), (NOW, TOMORROW)):
        database.write_now(callers.note_use, caller, at)
        assert known(database, secret).last_used_at == kept


def test_the_last_use_of_one_key_is_not_anothers(database: Database, customer: int, secret: str) -> None:
    other = add_customer(database, "Other")
    theirs = database.write_now(callers.add_key, other, at=NOW)[1]
    database.write_now(callers.note_use, known(database, secret), NOW)
    assert known(database, theirs).last_used_at is None


def test_a_use_takes_no_revision(database: Database, customer: int, secret: str) -> None:
    before = revision_of(database, customer)
    database.write_now(callers.note_use, known(database, secret), NOW)
    assert revision_of(database, customer) == before


def test_keys_of_customers_may_have_the_same_number_and_never_the_same_hash(database: Database, customer: int) -> None:
    other = add_customer(database, "Other")
    mine, _ = database.write_now(callers.add_key, customer, at=NOW)
    theirs, _ = database.write_now(callers.add_key, other, at=NOW)
    assert mine.id == theirs.id

    def hashes(connection: Connection) -> list[str]:
        return list(connection.scalars(select(api_keys.c.hash)))

    assert len(set(database.read_now(hashes))) == 2
