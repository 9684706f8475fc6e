"""The same routes as the tutorials of FastAPI and SQLModel write them.

A table model with relationships for each thing, a session of SQLAlchemy for each request by way of
a dependency that yields, the user looked up by the token's subject, Pydantic models as answers.
What the tutorials leave out (versions, encryption, safe repeats, an audit trail, limits) is left
out here too: it does less than the service for each of its requests.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from sqlalchemy import JSON, DateTime
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from sqlmodel import Field, Relationship, SQLModel, col, select

SECRET = os.environ["TUTORIAL_SECRET"]
engine = create_async_engine(os.environ["TUTORIAL_DATABASE_URL"], pool_size=10)
new_session = async_sessionmaker(engine, expire_on_commit=False)
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


def now() -> datetime:
    return datetime.now(UTC)


class User(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    username: str = Field(index=True, unique=True)


class ToolStepBase(SQLModel):
    name: str
    status: str = "pending"
    input: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class ToolStep(ToolStepBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    seq: int
    hop_id: UUID = Field(foreign_key="hop.id", index=True)
    hop: "Hop" = Relationship(back_populates="tool_steps")


class HopBase(SQLModel):
    name: str
    status: str = "pending"


class Hop(HopBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    seq: int
    mission_id: UUID = Field(foreign_key="mission.id", index=True)
    mission: "Mission" = Relationship(back_populates="hops")
    tool_steps: list[ToolStep] = Relationship(
        back_populates="hop", sa_relationship_kwargs={"order_by": "ToolStep.seq"}
    )


class Mission(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    status: str = "pending"
    session_id: UUID = Field(foreign_key="workspace.id", index=True)
    session: "Workspace" = Relationship(back_populates="mission")
    hops: list[Hop] = Relationship(
        back_populates="mission", sa_relationship_kwargs={"order_by": "Hop.seq"}
    )


class MessageBase(SQLModel):
    role: str
    content: Any = Field(sa_type=JSON)


class Message(MessageBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    seq: int
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    session_id: UUID = Field(foreign_key="workspace.id", index=True)
    session: "Workspace" = Relationship(back_populates="messages")


class WorkspaceBase(SQLModel):
    name: str | None = None
    session_metadata: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Workspace(WorkspaceBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    status: str = Field(default="active", index=True)
    user_id: UUID = Field(foreign_key="user.id", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    last_activity_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    messages: list[Message] = Relationship(
        back_populates="session", sa_relationship_kwargs={"order_by": "Message.seq"}
    )
    mission: Mission | None = Relationship(
        back_populates="session", sa_relationship_kwargs={"uselist": False}
    )


class MessageCreate(MessageBase):
    pass


class MessagePublic(MessageBase):
    id: UUID
    seq: int
    created_at: datetime


class ToolStepCreate(ToolStepBase):
    pass


class ToolStepPublic(ToolStepBase):
    id: UUID
    seq: int


class HopCreate(HopBase):
    tool_steps: list[ToolStepCreate] = []


class HopPublic(HopBase):
    id: UUID
    seq: int
    tool_steps: list[ToolStepPublic]


class MissionCreate(SQLModel):
    name: str
    session_id: UUID
    hops: list[HopCreate] = []


class MissionPublic(SQLModel):
    id: UUID
    name: str
    status: str
    hops: list[HopPublic]


class WorkspacePublic(WorkspaceBase):
    id: UUID
    status: str
    created_at: datetime
    last_activity_at: datetime


class WorkspaceWhole(WorkspacePublic):
    messages: list[MessagePublic]
    mission: MissionPublic | None


class WorkspaceUpdate(SQLModel):
    name: str | None = None
    session_metadata: dict[str, Any] | None = None


class Recover(SQLModel):
    session_id: UUID | None = None


async def get_db() -> AsyncIterator[AsyncSession]:
    async with new_session() as db:
        yield db


Db = Annotated[AsyncSession, Depends(get_db)]


async def get_current_user(db: Db, token: Annotated[str, Depends(oauth2_scheme)]) -> User:
    try:
        username = jwt.decode(token, SECRET, algorithms=["HS256"])["sub"]
    except (JWTError, KeyError):
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None
    user = (await db.execute(select(User).where(User.username == username))).scalar_one_or_none()
    if user is None:
        user = User(username=username)
        db.add(user)
        await db.commit()
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


async def get_workspace(session_id: UUID, db: Db, user: CurrentUser) -> Workspace:
    workspace = await db.get(Workspace, session_id)
    if workspace is None or workspace.user_id != user.id:
        raise HTTPException(404)
    return workspace


CurrentWorkspace = Annotated[Workspace, Depends(get_workspace)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/sessions/", response_model=WorkspacePublic, status_code=201)
async def create_session(body: WorkspaceBase, db: Db, user: CurrentUser) -> Workspace:
    workspace = Workspace(user_id=user.id, **body.model_dump())
    db.add(workspace)
    await db.commit()
    return workspace


@app.get("/api/sessions/", response_model=list[WorkspacePublic])
async def list_sessions(db: Db, user: CurrentUser, limit: int = 20) -> list[Workspace]:
    found = await db.execute(
        select(Workspace)
        .where(Workspace.user_id == user.id)
        .order_by(col(Workspace.last_activity_at).desc())
        .limit(limit)
    )
    return list(found.scalars())


@app.post("/api/sessions/recover", response_model=WorkspaceWhole)
async def recover_session(body: Recover, db: Db, user: CurrentUser) -> Workspace:
    query = select(Workspace).where(Workspace.user_id == user.id, Workspace.status == "active")
    if body.session_id is not None:
        query = query.where(Workspace.id == body.session_id)
    found = await db.execute(
        query.order_by(col(Workspace.last_activity_at).desc())
        .limit(1)
        .options(
            selectinload(Workspace.messages),  # type: ignore[arg-type]
            selectinload(Workspace.mission)  # type: ignore[arg-type]
            .selectinload(Mission.hops)  # type: ignore[arg-type]
            .selectinload(Hop.tool_steps),  # type: ignore[arg-type]
        )
    )
    workspace = found.scalar_one_or_none()
    if workspace is None:
        raise HTTPException(404)
    workspace.last_activity_at = now()
    await db.commit()
    return workspace


@app.get("/api/sessions/{session_id}", response_model=WorkspacePublic)
async def get_session(workspace: CurrentWorkspace) -> Workspace:
    return workspace


@app.put("/api/sessions/{session_id}", response_model=WorkspacePublic)
async def update_session(body: WorkspaceUpdate, workspace: CurrentWorkspace, db: Db) -> Workspace:
    workspace.sqlmodel_update(body.model_dump(exclude_unset=True))
    workspace.last_activity_at = now()
    await db.commit()
    return workspace


@app.post("/api/sessions/{session_id}/activity", status_code=204)
async def touch_session(workspace: CurrentWorkspace, db: Db) -> None:
    workspace.last_activity_at = now()
    await db.commit()


@app.post("/api/sessions/{session_id}/messages", response_model=MessagePublic, status_code=201)
async def append_message(body: MessageCreate, workspace: CurrentWorkspace, db: Db) -> Message:
    last = await db.execute(
        select(Message.seq)
        .where(Message.session_id == workspace.id)
        .order_by(col(Message.seq).desc())
        .limit(1)
    )
    seq = (last.scalar_one_or_none() or 0) + 1
    message = Message(session_id=workspace.id, seq=seq, **body.model_dump())
    db.add(message)
    workspace.last_activity_at = now()
    await db.commit()
    return message


@app.get("/api/sessions/{session_id}/messages", response_model=list[MessagePublic])
async def list_messages(
    workspace: CurrentWorkspace, db: Db, before: int = 2**31 - 1, limit: int = 50
) -> list[Message]:
    found = await db.execute(
        select(Message)
        .where(Message.session_id == workspace.id, col(Message.seq) < before)
        .order_by(col(Message.seq).desc())
        .limit(limit)
    )
    return list(reversed(list(found.scalars())))


@app.post("/api/missions/", response_model=MissionPublic, status_code=201)
async def create_mission(body: MissionCreate, db: Db, user: CurrentUser) -> Mission:
    workspace = await db.get(Workspace, body.session_id)
    if workspace is None or workspace.user_id != user.id:
        raise HTTPException(404)
    mission = Mission(
        name=body.name,
        session_id=workspace.id,
        hops=[
            Hop(
                seq=seq,
                **hop.model_dump(exclude={"tool_steps"}),
                tool_steps=[
                    ToolStep(seq=place, **step.model_dump())
                    for place, step in enumerate(hop.tool_steps, start=1)
                ],
            )
            for seq, hop in enumerate(body.hops, start=1)
        ],
    )
    db.add(mission)
    await db.commit()
    return mission


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(os.environ["TUTORIAL_PORT"]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
    )
