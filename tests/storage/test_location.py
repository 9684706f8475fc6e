"""SESSION_API_STORAGE is understood, or refused in one line that quotes nothing of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from session_api.assets.storage import open_store
from session_api.assets.storage.filesystem import FilesystemStore
from session_api.assets.storage.location import Bucket, Folder, parse_location
from session_api.assets.storage.s3 import S3Store
from session_api.ports import new_id, system_clock
from session_api.security import KeyRing
from tests.support.settings import KEYS, test_settings

AWS = Bucket(
    name="files",
    prefix="",
    endpoint=None,
    public_endpoint=None,
    region=None,
    addressing="auto",
    upload="put",
    refuse_overwriting=True,
    digests="trusted",
)


@pytest.mark.parametrize(
    ("url", "path"),
    [("file:///srv/files", "/srv/files"), ("file:///srv/my%20files/", "/srv/my files")],
)
def test_a_folder(url: str, path: str) -> None:
    assert parse_location(url) == Folder(Path(path))


def test_a_bucket_of_aws() -> None:
    assert parse_location("s3://files") == AWS


def test_a_bucket_elsewhere() -> None:
    assert parse_location(
        "s3://files/of/ours?endpoint=http://seaweed:8333/&public_endpoint=https://files.example.com"
        "&region=eu-1&addressing=virtual&upload=post&overwriting=possible&digests=trusted"
    ) == Bucket(
        name="files",
        prefix="of/ours/",
        endpoint="http://seaweed:8333",
        public_endpoint="https://files.example.com",
        region="eu-1",
        addressing="virtual",
        upload="post",
        refuse_overwriting=False,
        digests="trusted",
    )


def test_a_store_of_ones_own_is_not_trusted_and_addressed_by_path() -> None:
    found = parse_location("s3://files?endpoint=http://127.0.0.1:9000")
    assert isinstance(found, Bucket)
    assert (found.digests, found.addressing) == ("read", "path")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "write file:///"),
        ("/srv/files", "write file:///"),
        ("gs://files", "write file:///"),
        ("s3://[", "write file:///"),
        ("file://srv/files", "3 slashes"),
        ("file:relative", "3 slashes"),
        ("file:///srv?x=1", "3 slashes"),
        ("file:///a%00b", "3 slashes"),
        ("s3://files#x", "follow"),
        ("s3://", "3 to 63"),
        ("s3://UPPER", "no credentials and no port"),
        ("s3://a_b_c", "3 to 63"),
        ("s3://files:9000", "no credentials and no port"),
        ("s3://key:hidden@files", "AWS_ACCESS_KEY_ID"),
        ("s3://files/a//b", "prefix"),
        ("s3://files/../b", "prefix"),
        ("s3://files?endpoint=seaweed:8333", "endpoint is written"),
        ("s3://files?endpoint=http://key:hidden@host", "endpoint is written"),
        ("s3://files?endpoint=http://host/path", "endpoint is written"),
        ("s3://files?public_endpoint=http://", "public_endpoint is written"),
        ("s3://files?region=EU+1", "region"),
        ("s3://files?addressing=dns", "addressing is one of"),
        ("s3://files?upload=hidden", "upload is one of post, put"),
        ("s3://files?upload=put&upload=post", "twice"),
        ("s3://files?upload", "name=value"),
        ("s3://files?secret=hidden", "'secret' is not an option"),
    ],
)
def test_what_makes_no_sense(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)) as refusal:
        parse_location(url)
    message = str(refusal.value)
    assert "\n" not in message
    assert "hidden" not in message


def test_the_setting_chooses_the_store() -> None:
    keys = KeyRing.parse(KEYS)

    def opened(storage: str | None) -> object:
        settings = test_settings("postgresql://nobody@localhost/nothing", storage=storage)
        return open_store(settings, keys, system_clock, new_id)

    assert isinstance(opened("file:///srv/files"), FilesystemStore)
    assert isinstance(opened("s3://files"), S3Store)
    with pytest.raises(ValueError, match="SESSION_API_STORAGE is not set"):
        opened(None)


def test_boto_is_not_there_until_it_is_wanted() -> None:
    # It takes 24 MB of each worker.
    code = "import sys, session_api.app; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
