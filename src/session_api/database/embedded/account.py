"""Who the server runs as. PostgreSQL refuses root, so root hands it to an unprivileged user."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from session_api.database.embedded.binaries import Binaries
from session_api.database.embedded.errors import EmbeddedPostgresError

UNPRIVILEGED_USER = "nobody"

# Read-only search of folders such as a 0700 /root, and nothing else: every other capability is
# gone for good. `no_setuid_fixup` because access(2), which PostgreSQL asks about its own programs,
# otherwise ignores the capabilities of whoever is not root.
_SEARCH_ONLY = (
    "--clear-groups",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
    "--securebits=+no_setuid_fixup",
    "--no-new-privs",
)


@dataclass(frozen=True, slots=True)
class Account:
    """A user, and how a command of ours becomes that user's."""

    uid: int
    gid: int
    name: str
    changes_user: bool
    setpriv: tuple[str, ...] = ()

    def own(self, path: Path) -> None:
        """Give a path that we have just made to this user."""
        if self.changes_user:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(
        self, command: Sequence[str | Path], *, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, in our process group, so that Ctrl-C reaches it as well."""
        try:
            return subprocess.run(
                [*self.setpriv, *map(str, command)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
                cwd="/",
                env=_environment(),
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedPostgresError(
                f"{Path(command[0]).name} was not done within {seconds:.0f} s"
            ) from error
        except OSError as error:
            raise self._cannot_run(command, error) from error

    def start(self, command: Sequence[str | Path], *, output: int) -> subprocess.Popen[bytes]:
        """Start a child in a session of its own, out of reach of the terminal's Ctrl-C."""
        try:
            return subprocess.Popen(
                [*self.setpriv, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                user=self._user,
                group=self._group,
                extra_groups=self._extra_groups,
            )
        except OSError as error:
            raise self._cannot_run(command, error) from error

    def why_out_of_reach(self, binaries: Binaries, folder: Path) -> str | None:
        """None when this user can run the programs and enter the folder, otherwise a reason.

        Tried rather than computed from modes: ACLs, mounts and security modules have a say too.
        """
        test = 'test -x "$1" && test -r "$2" && test -x "$3"'
        paths = (binaries.postgres, binaries.bootstrap, folder)
        result = self.run(("/bin/sh", "-c", test, "sh", *paths), seconds=10)
        if result.returncode == 0:
            return None
        return result.stderr.strip() or f"{binaries.folder} or {folder} is closed to it"

    # With setpriv the change of user is its work, since only it can keep a capability across it.
    @property
    def _drops(self) -> bool:
        return self.changes_user and not self.setpriv

    @property
    def _user(self) -> int | None:
        return self.uid if self._drops else None

    @property
    def _group(self) -> int | None:
        return self.gid if self._drops else None

    @property
    def _extra_groups(self) -> list[int] | None:
        return [] if self._drops else None

    def _cannot_run(self, command: Sequence[str | Path], error: OSError) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"The embedded PostgreSQL cannot run {command[0]} as user {self.name} on this "
            f"machine: {error.strerror}"
        )


def choose_account(binaries: Binaries, *, folder: Path, cluster: Path) -> Account:
    """Ourselves; or, for root, the owner of an existing cluster, `nobody` for a new one."""
    if os.geteuid() != 0:
        return _ordinary_account(cluster)
    account = _unprivileged_account(cluster)
    if account.why_out_of_reach(binaries, folder) is None:
        return account
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, user {account.name} may not enter {folder} or "
            f"{binaries.folder}, and setpriv (util-linux) is not installed: move them out of "
            f"private folders or run as an ordinary user"
        )
    identity = (f"--reuid={account.uid}", f"--regid={account.gid}")
    searching = Account(
        uid=account.uid,
        gid=account.gid,
        name=account.name,
        changes_user=True,
        setpriv=(setpriv, *identity, *_SEARCH_ONLY, "--"),
    )
    reason = searching.why_out_of_reach(binaries, folder)
    if reason is not None:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and user {account.name} cannot be let in to "
            f"{folder} and {binaries.folder} ({reason}): move them out of private folders or "
            f"run as an ordinary user"
        )
    return searching


def _ordinary_account(cluster: Path) -> Account:
    uid = os.geteuid()
    if cluster.exists():
        owner = cluster.stat().st_uid
        if owner != uid:
            raise EmbeddedPostgresError(
                f"The embedded database in {cluster} belongs to another user (id {owner}, this "
                f"is {uid})"
            )
        # Only initdb asks for the name; a cluster that exists runs under a bare number.
        return Account(uid=uid, gid=os.getegid(), name=str(uid), changes_user=False)
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise EmbeddedPostgresError(
            f"The embedded PostgreSQL cannot be set up because the current user id {uid} has no "
            f"entry in /etc/passwd"
        ) from None
    return Account(uid=uid, gid=os.getegid(), name=name, changes_user=False)


def _unprivileged_account(cluster: Path) -> Account:
    if cluster.exists():
        owner = cluster.stat()
        if owner.st_uid == 0:
            raise EmbeddedPostgresError(
                f"The embedded database in {cluster} belongs to root, and PostgreSQL does not run "
                f"as root"
            )
        return Account(
            uid=owner.st_uid, gid=owner.st_gid, name=str(owner.st_uid), changes_user=True
        )
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED_USER} to run it"
        ) from None
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name, changes_user=True)


def _environment() -> dict[str, str]:
    """Nothing of ours: no secrets for a child that any SQL may question, no stray PG* settings."""
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    if "LD_LIBRARY_PATH" in os.environ:  # some distributions find libz only through it
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment
