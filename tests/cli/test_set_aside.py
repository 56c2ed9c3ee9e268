"""chargerights set-aside list, and retry."""

from __future__ import annotations

from sqlalchemy import text

from chargerights.storage.charging import charger_batches, sessions
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.messages import Unreadable
from chargerights.storage.charging.session_notices import SessionNotice
from tests.cli.conftest import DEPOT, Cli
from tests.support.servers import opened
from tests.support.world import NOW


def test_a_message_that_was_set_aside_is_shown_and_written_when_it_can_be(run_both: Cli) -> None:
    customer = run_both.customer(DEPOT)
    assert run_both("set-aside", "list", "--customer", customer).out == "No message was set aside.\n"
    notice = SessionNotice("DEP-1", NOW, "7", "key", None, {"started_at": NOW, "id_tag": "ALICE"})
    with opened(run_both.url) as database:
        for number, message in enumerate((notice, Unreadable("nonsense")), 1):
            batch = Batch(number, NOW, messages=(message,), first=number, origin="node")
            database.write_now(charger_batches.put_aside, customer, "node", batch, "NotNullViolation: é \0")
    nonsense, kept = run_both("set-aside", "list", "--customer", customer, "--json").json
    assert (kept["charger_id"], kept["error"]) == ("DEP-1", "NotNullViolation: \\xe9 \\x00")
    assert kept["message"]["notice"]["says"]["id_tag"] == "ALICE"
    assert "ALICE" in run_both("set-aside", "list", "--customer", customer).out
    done = run_both("set-aside", "retry", kept["id"], "--customer", customer)
    assert (done.status, done.out) == (0, f"Message {kept['id']} is written.\n")
    assert run_both("set-aside", "retry", kept["id"], "--customer", customer).status == 2
    refused = run_both("set-aside", "retry", nonsense["id"], "--customer", customer)
    assert refused.status == 2
    assert "stays in the list" in refused.err
    assert len(run_both("set-aside", "list", "--customer", customer, "--json").json) == 1
    with opened(run_both.url) as database:
        (session,) = database.read_now(sessions.find, customer, sessions.SessionFilter(), 9)
        assert (session.id_tag, session.started_at) == ("ALICE", NOW)
        applied = database.read_now(lambda each: each.execute(text("SELECT applied FROM live_nodes")).scalar())
    assert applied == 2
