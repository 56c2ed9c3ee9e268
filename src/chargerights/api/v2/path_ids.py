"""Ids in paths: camelCase on the wire."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from .shapes import Id

AuthorisationId = Annotated[Id, Path(alias="authorisationId")]
ChargerId = Annotated[str, Path(alias="chargerId")]
DriverId = Annotated[Id, Path(alias="driverId")]
ExternalSiteId = Annotated[str, Path(alias="externalSiteId")]
GroupId = Annotated[Id, Path(alias="groupId")]
ImportId = Annotated[int, Path(alias="importId")]
KeyId = Annotated[Id, Path(alias="keyId")]
OperatorId = Annotated[Id, Path(alias="operatorId")]
RightId = Annotated[Id, Path(alias="rightId")]
SessionId = Annotated[Id, Path(alias="sessionId")]
SiteId = Annotated[Id, Path(alias="siteId")]
TagId = Annotated[Id, Path(alias="tagId")]
WebhookId = Annotated[Id, Path(alias="webhookId")]
