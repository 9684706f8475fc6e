"""Messages as requests send them and as answers show them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from session_api.fields import (
    MAX_CONTENT_BYTES,
    UNION_BRANCH,
    Answer,
    ClientId,
    Content,
    JsonObject,
    JsonPatch,
    Offset,
    PathId,
    Request,
    Timestamp,
    left_out,
    refuse_null,
)

Role = Literal["user", "assistant", "system", "tool"]
MessageStatus = Literal["complete", "in_progress", "failed", "cancelled"]


class MessageCreate(Request):
    """A message to append."""

    id: ClientId | None = Field(
        default=None, description="A client-made UUID v4 or v7; sending it again is safe."
    )
    role: Role
    content: Content = Field(
        description="Text, or a list of JSON parts. It comes back exactly as it was sent."
    )
    metadata: JsonObject = Field(default_factory=dict)
    asset_ids: list[PathId] = Field(
        default_factory=list, max_length=100, description="Attachments: assets of this session."
    )
    parent_id: PathId | None = Field(
        default=None, description="The message this one answers, in the same chat."
    )
    status: Literal["complete", "in_progress"] = Field(
        default="complete", description="`in_progress` for an answer that is still being written."
    )


class MessageBatch(Request):
    """Up to 100 messages, appended all or not at all."""

    messages: Annotated[list[MessageCreate], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _refuse_repeated_ids(self) -> "MessageBatch":
        ids = [message.id for message in self.messages if message.id is not None]
        if len(ids) != len(set(ids)):
            raise ValueError("two messages of one batch have the same id")
        return self


_ONE = f"{UNION_BRANCH}message"
_MANY = f"{UNION_BRANCH}batch"


def _branch(body: Any) -> str:
    return _MANY if isinstance(body, dict) and "messages" in body else _ONE


MessagesCreate = Annotated[
    Annotated[MessageCreate, Tag(_ONE)] | Annotated[MessageBatch, Tag(_MANY)],
    Discriminator(_branch),
]


class MessagePatch(Request):
    """What to change of a message; metadata is merged (RFC 7396), content replaced."""

    content: Content | None = left_out()
    metadata: JsonPatch | None = None
    status: Literal["complete", "failed", "cancelled"] | None = left_out(
        description="Ends a message that is `in_progress`."
    )

    _refuse_null = field_validator("content", "status", mode="before")(refuse_null)


class MessageGrowth(Request):
    """More text of a message that is in progress."""

    offset: Offset = Field(
        description="The length in code points of the text so far, so that a repeat is safe."
    )
    text: Annotated[str, Field(min_length=1, max_length=MAX_CONTENT_BYTES)]


class Message(Answer):
    """A message of a chat."""

    id: UUID
    seq: int = Field(ge=1, description="1, 2, 3 … within the chat, never given twice.")
    role: Role
    content: str | list[Any]
    metadata: dict[str, Any]
    asset_ids: list[UUID]
    parent_id: UUID | None
    status: MessageStatus
    created_at: Timestamp
    edited_at: Timestamp | None


class MessagesAppended(Answer):
    """The messages as they stand, and the session's version."""

    messages: list[Message]
    version: int


class MessagePage(Answer):
    """Messages in the order of the chat."""

    items: list[Message]
    has_more: bool = Field(description="Whether there is more in the direction that was read.")
    next_before: int | None = Field(description="`before` of the page of older messages.")
    next_after: int | None = Field(description="`after` of the page of newer messages.")


class MessageGrown(Answer):
    """How far the message has come."""

    length: int = Field(description="In code points: the next `offset`.")
    version: int


class Chat(Answer):
    """The chat of a session, with its latest messages."""

    id: UUID
    message_count: int
    messages: list[Message] = Field(description="Oldest first.")
    has_more: bool = Field(description="Whether there are older messages.")
    next_before: int | None = Field(description="`before` of the page of older messages.")
