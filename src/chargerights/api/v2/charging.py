"""What chargers asked and were told, their sessions, and their passwords."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, JsonValue
from starlette.responses import StreamingResponse

from ...files import values
from ...rights.decide import Reason
from ...rights.directory import Key
from ...rights.errors import NotFound, TagTaken, UnknownDriver
from ...rights.identifiers import tag_text
from ...rights.model import Tag
from ...rights.operators import Permission
from ...storage import authorisations, charger_passwords, session_keeping, sessions
from ...storage.authorisations import Authorisation
from ...storage.changes import tags
from ...storage.journal import Revision
from ...storage.sessions import EndedBy, Kept, Session, UnknownSession
from ..auth import CallerFirst
from .paging import Paging, as_page, paging, unsorted
from .shapes import REFUSALS, Draft, Id, Instant, Page, SecretAnswer, Shape, shown_before
from .tags import TagShape, shown, tag_of
from .views import View, answer, viewing
from .writing import Change, adding

router = APIRouter(prefix="/v2", tags=["Charging"], route_class=CallerFirst, responses=REFUSALS)

READ = (Permission.READ_CHARGERS, Permission.READ_TAGS)
CSV_ROWS_AT_ONCE = 1_000

ChargerId = Annotated[values.Text | None, Query(alias="chargerId", description="Only of this charger")]
DriverId = Annotated[Id | None, Query(alias="driverId", description="Only of this driver's tags")]
ShownTag = Annotated[
    values.Text | None, Query(alias="idTag", description="Only of this tag, in whatever case it is written")
]
Since = Annotated[Instant | None, Query(alias="startDate", description="Only from this instant on")]
Until = Annotated[Instant | None, Query(alias="endDate", description="Only before this instant")]


class UnknownAuthorisation(NotFound):
    what = "authorisation"


class AuthorisationShape(Shape):
    """What a charger asked about a tag and was told."""

    id: int
    at: datetime
    charger_id: str
    evse_id: int | None = None
    connector_id: int | None = None
    id_tag: str = Field(description="As it was shown")
    message: str = Field(description="The OCPP message that asked")
    allowed: bool
    reason: str = Field(description="OCPP 2.0.1's word")
    cause: str = Field(description="The sentence of the rule that decided, as /v2/access/explain names it")
    driver_id: int | None = None
    right_id: int | None = Field(None, description="Of a yes, the right it was said by")
    place_kind: str | None = None
    place_id: str | None = None


class AuthorisationPage(Page[AuthorisationShape]):
    """Decisions, one page of them."""


class SessionShape(Shape):
    """A charging session. Instants are the charger's own, but receivedAt; energy is in Wh."""

    id: int
    charger_id: str
    transaction_id: str
    received_at: datetime
    site_id: int | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    id_tag: str | None = None
    driver_id: int | None = None
    reason: str | None = Field(None, description="What was decided when it began: chargers may start what was refused")
    started_at: datetime | None = None
    meter_start: float | None = None
    stopped_at: datetime | None = None
    meter_stop: float | None = None
    stop_reason: str | None = None
    stop_id_tag: str | None = None
    ended_by: EndedBy | None = Field(
        None,
        description="charger: its own stop. Otherwise no stop has come, and stoppedAt and meterStop are the last known "
        "values: unmatchedStop, a stop with an unknown transaction id; nextStart, boot and available, what the charger "
        "did next; operator",
    )


class SessionPage(Page[SessionShape]):
    """Sessions, one page of them."""


class UnmatchedStopShape(Shape):
    """A stop of a transaction whose start the server does not know. It is no session."""

    id: int
    charger_id: str
    transaction_id: str
    received_at: datetime
    site_id: int | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    stopped_at: datetime
    meter_stop: float | None = None
    stop_reason: str | None = None
    stop_id_tag: str | None = None
    ends_session: int | None = Field(
        None, description="The session that it ended: the only one it can mean, by charger, EVSE and tag"
    )


class UnmatchedStopPage(Page[UnmatchedStopShape]):
    """Unmatched stops, one page of them."""


class MeterValueShape(Shape):
    """What a charger's meter said at an instant of the charger's clock."""

    at: datetime
    evse_id: int | None = None
    connector_id: int | None = None
    samples: list[dict[str, JsonValue]] = Field(
        description="As the charger sent them, in the words of its version of OCPP: SampledValue of 1.6 or of 2.x"
    )


class MeterValuePage(Page[MeterValueShape]):
    """Meter values of a session, one page of them."""


class HolderDraft(Draft):
    """Whose an unknown tag is to be."""

    driver_id: values.EntityId
    token_name: values.OptionalText = Field(None, description="The card's label")


class PasswordShape(SecretAnswer):
    """A charger's new password, shown this once."""

    charger_id: str
    password: str | None = None


@router.get(
    "/authorisations",
    operation_id="listAuthorisations",
    summary="List what chargers asked and were told",
    response_model=AuthorisationPage,
)
async def list_authorisations(
    view: Annotated[View, Depends(viewing(*READ))],
    asked: Annotated[Paging, Depends(paging)],
    charger_id: ChargerId = None,
    driver_id: DriverId = None,
    id_tag: ShownTag = None,
    reason: Annotated[Reason | None, Query(description="Only with this reason")] = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """The newest first. A decision is here about a second after it was made."""
    asked.key_among("id")
    wanted = authorisations.Filter(
        charger_id=charger_id,
        charger_ids=_seen_chargers(view),
        id_tag=id_tag,
        driver_id=driver_id,
        reason=reason.value if reason is not None else None,
        since=since,
        until=until,
    )
    database, customer_id = view.state.database, view.caller.customer_id
    total = None if asked.walking else await database.read(authorisations.count, customer_id, wanted)
    found = await database.read(
        authorisations.find, customer_id, wanted, asked.count, asked.start, asked.after_number()
    )
    return as_page(found, asked, lambda each: _authorisation(*each), AuthorisationPage, lambda each: (each[0],), total)


@router.post(
    "/authorisations/{authorisationId}/tag",
    status_code=201,
    operation_id="addShownTag",
    summary="Make the tag that was shown a driver's",
    response_model=TagShape,
)
async def add_shown_tag(
    change: Annotated[Change, Depends(adding(Permission.WRITE_TAGS, Permission.READ_CHARGERS))],
    authorisationId: Id,  # noqa: N803
    body: HolderDraft,
) -> Response:
    """For a tag that nobody knew: from now on it is this driver's, as it was shown."""
    view = change.view
    found = await view.state.database.read(authorisations.get, view.caller.customer_id, authorisationId)
    if found is None or not (view.scope.unlimited or view.scope.sees_charger(found.charger_id)):
        raise UnknownAuthorisation((authorisationId,))
    view.in_body("driverId", view.driver, body.driver_id)
    draft = Tag(0, 0, tag_text(found.id_tag), token_name=body.token_name)
    return await change.apply(
        "tag.add",
        lambda revision: tags.add(revision, body.driver_id, draft).id,
        lambda after, tag_id: shown(after, tag_of(after.driver(body.driver_id), tag_id), 201),
        members={UnknownDriver: "driverId", TagTaken: "idTag"},
    )


def _wanted_sessions(
    view: Annotated[View, Depends(viewing(*READ))],
    charger_id: ChargerId = None,
    site_id: Annotated[Id | None, Query(alias="siteId", description="Only at this site")] = None,
    include_subsites: Annotated[bool, Query(alias="includeSubsites", description="And at the sites below it")] = False,
    driver_id: DriverId = None,
    id_tag: ShownTag = None,
    since: Since = None,
    until: Until = None,
    running: Annotated[bool | None, Query(description="true: only those that go on; false: only ended ones")] = None,
) -> sessions.Filter:
    site_ids = None if view.scope.unlimited else view.scope.sites
    if site_id is not None:
        asked = view.network.subtree(view.site(site_id).id) if include_subsites else (view.site(site_id).id,)
        site_ids = frozenset(asked) if site_ids is None else site_ids & frozenset(asked)
    return sessions.Filter(charger_id, site_ids, driver_id, id_tag, since, until, running)


WantedSessions = Annotated[sessions.Filter, Depends(_wanted_sessions)]


@router.get("/sessions", operation_id="listSessions", summary="List charging sessions", response_model=SessionPage)
async def list_sessions(
    view: Annotated[View, Depends(viewing(*READ))],
    asked: Annotated[Paging, Depends(paging)],
    wanted: WantedSessions,
) -> Response:
    """The newest first, by their start; startDate and endDate are asked of that.

    A start at an instant that cannot be right (more than 30 days before its receipt, or a day after) counts as of its
    receipt. Ids are in no order of time."""
    asked.key_among("startedAt", "id")  # the second for those who have known no other
    total, found = await _found_sessions(view, asked, wanted)
    return as_page(found, asked, _session, SessionPage, _key_of_session, total)


@router.get(
    "/sessions.csv",
    operation_id="exportSessions",
    summary="Export charging sessions as CSV",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_sessions(view: Annotated[View, Depends(viewing(*READ))], wanted: WantedSessions) -> Response:
    """All of them in the order and with the members of the list."""
    return StreamingResponse(
        _rows(view, wanted),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="sessions.csv"'},
    )


@router.get(
    "/sessions/{sessionId}",
    operation_id="getSession",
    summary="Get a charging session",
    response_model=SessionShape,
)
async def get_session(view: Annotated[View, Depends(viewing(*READ))], sessionId: Id) -> Response:  # noqa: N803
    """As the list has it."""
    return answer(_session(await _seen_session(view, sessionId)))


@router.post(
    "/sessions/{sessionId}/end",
    operation_id="endSession",
    summary="End a session whose stop does not come",
    response_model=SessionShape,
)
async def end_session(
    change: Annotated[Change, Depends(adding(Permission.OPERATE_CHARGERS, *READ))],
    sessionId: Id,  # noqa: N803
) -> Response:
    """For a charger that is gone or has forgotten the session. Nothing is sent to it: stop-charging does that.

    stoppedAt and meterStop are the last known values, and endedBy is operator. A stop that still comes replaces them.
    A session that has ended is a 409."""
    await _seen_session(change.view, sessionId)
    result, _ = await change.make("session.end", lambda revision: session_keeping.end(revision, sessionId))
    return answer(_session(await _seen_session(change.view, result)))


@router.get(
    "/unmatched-stops",
    operation_id="listUnmatchedStops",
    summary="List stops of unknown transactions",
    response_model=UnmatchedStopPage,
)
async def list_unmatched_stops(
    view: Annotated[View, Depends(viewing(*READ))],
    asked: Annotated[Paging, Depends(unsorted)],
    charger_id: ChargerId = None,
    id_tag: ShownTag = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """The newest first, by their receipt. Each is here once, however often the charger sent it."""
    site_ids = None if view.scope.unlimited else view.scope.sites
    wanted = sessions.Filter(charger_id, site_ids, None, id_tag, since, until, unmatched=True)
    total, found = await _found_sessions(view, asked, wanted)
    return as_page(found, asked, _unmatched_stop, UnmatchedStopPage, _key_of_session, total)


@router.get(
    "/sessions/{sessionId}/meter-values",
    operation_id="listMeterValues",
    summary="List a session's meter values",
    response_model=MeterValuePage,
)
async def list_meter_values(
    view: Annotated[View, Depends(viewing(*READ))],
    sessionId: Id,  # noqa: N803
    asked: Annotated[Paging, Depends(unsorted)],
) -> Response:
    """The oldest first. Each is here once, however often the charger sent it."""
    await _seen_session(view, sessionId)
    found, total = await view.state.database.read(
        sessions.readings,
        view.caller.customer_id,
        sessionId,
        asked.count,
        asked.start,
        asked.after_instant(str),
    )
    return as_page(found, asked, _meter_value, MeterValuePage, _key_of_reading, total)


def _meter_value(kept: Kept) -> MeterValueShape:
    it = kept.reading
    return MeterValueShape(at=it.at, evse_id=it.evse_id, connector_id=it.connector_id, samples=it.samples)


async def _found_sessions(view: View, asked: Paging, wanted: sessions.Filter) -> tuple[int | None, list[Session]]:
    """How many there are in all, unless it is a walk, and those of the asked part."""
    database, customer_id = view.state.database, view.caller.customer_id
    total = None if asked.walking else await database.read(sessions.count, customer_id, wanted)
    before = asked.after_instant(int)
    return total, await database.read(sessions.find, customer_id, wanted, asked.count, asked.start, before)


def _key_of_session(it: Session) -> Key:
    at, id_ = sessions.position(it)
    return at.isoformat(), id_


def _key_of_reading(kept: Kept) -> Key:
    return kept.reading.at.isoformat(), kept.digest


async def _seen_session(view: View, session_id: int) -> Session:
    """Raises UnknownSession, of one that the caller does not see too."""
    found = await view.state.database.read(sessions.get, view.caller.customer_id, session_id)
    if found is None or not (view.scope.unlimited or found.site_id in view.scope.sites):
        raise UnknownSession((session_id,))
    return found


@router.post(
    "/chargers/{chargerId}/password",
    status_code=201,
    operation_id="renewChargerPassword",
    summary="Give a charger a new password",
    response_model=PasswordShape,
)
async def renew_password(
    change: Annotated[Change, Depends(adding(Permission.WRITE_CHARGERS))],
    chargerId: str,  # noqa: N803
) -> Response:
    """It is shown this once. The old one ends at once: if the charger is connected, its socket is closed."""
    change.view.charger(chargerId)
    password: str | None = None

    def work(revision: Revision) -> None:
        nonlocal password
        password = charger_passwords.renew_in(revision, chargerId)

    await change.make("charger.password", work)
    note = shown_before(password, "send the request with another Idempotency-Key for a new one")
    return answer(PasswordShape(charger_id=chargerId, password=password, note=note), 201)


async def _rows(view: View, wanted: sessions.Filter) -> AsyncIterator[str]:
    shape = SessionShape.model_fields
    yield _csv([member.alias for member in shape.values()])
    before: sessions.Position | None = None
    while True:
        found = await view.state.database.read(
            sessions.find, view.caller.customer_id, wanted, CSV_ROWS_AT_ONCE, before=before
        )
        if not found:
            return
        yield "".join(_csv([_cell(getattr(each, name)) for name in shape]) for each in found)
        before = sessions.position(found[-1])


def _csv(cells: list[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cell(value: object) -> object:
    """Spreadsheets run what begins like a formula: such text, which a card may say, is quoted."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _seen_chargers(view: View) -> list[str] | None:
    """None when the caller sees all, removed ones too."""
    if view.scope.unlimited:
        return None
    return [each for site_id in view.scope.sites for each in view.network.chargers_at(site_id)]


def _authorisation(number: int, it: Authorisation) -> AuthorisationShape:
    members = {name: value for name, value in it._asdict().items() if name != "tag_key"}
    return AuthorisationShape(id=number, allowed=it.reason == Reason.ACCEPTED.value, **members)


def _unmatched_stop(it: Session) -> UnmatchedStopShape:
    return UnmatchedStopShape(**{name: getattr(it, name) for name in UnmatchedStopShape.model_fields})


def _session(it: Session) -> SessionShape:
    return SessionShape(**{name: getattr(it, name) for name in SessionShape.model_fields})
